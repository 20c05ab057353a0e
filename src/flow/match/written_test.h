// What a function writes into a netlink writer, as bytes; for tests.
#pragma once
#include <cstdint>
#include <vector>

#include "wire/netlink/attribute.h"

namespace ovs::flow {

template <class Put>
std::vector<std::uint8_t> written(Put&& put) {
  std::vector<std::uint8_t> bytes;
  wire::ContainerRoom room(bytes);
  wire::Writer writer(room);
  put(writer);
  bytes.resize(writer.size());
  return bytes;
}

}  // namespace ovs::flow
