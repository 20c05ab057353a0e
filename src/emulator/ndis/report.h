// How the rest of this folder says what a driver did wrong.
#pragma once
#include <cstdint>
#include <string>

#include "emulator/nt/violation.h"

namespace ovs::emulator {

std::string hex(const void* address);
std::string hex(std::uint64_t number);

}  // namespace ovs::emulator
