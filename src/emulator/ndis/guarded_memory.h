// Memory between pages that nobody may touch. What it held is unmapped when it is freed.
#pragma once
#include <cstddef>

namespace ovs::emulator {

// `size` bytes that end where a forbidden page begins; the page before the first is forbidden too.
std::byte* allocate_guarded(std::size_t size);
void free_guarded(std::byte* start, std::size_t size);
void make_read_only(std::byte* start, std::size_t size);
void make_writable(std::byte* start, std::size_t size);
// Whether an address lies in guarded memory that is read-only now, for the report of a fault.
bool is_read_only(const void* address);

}  // namespace ovs::emulator
