// What a packet meets of NDIS and of the switch, with nothing but what has to be done: lists, their
// pools and destinations, sends and completions, for a driver that runs on one processor at a time.
// Takes those functions' places among an emulated host's imports; the rest of that host (OIDs,
// ports, the driver's life) stays as it is. No rule is looked at.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "emulator/host/loader/driver_image.h"
#include "emulator/sdk/ndis.h"

namespace ovs::bench {

struct PlainList;

class PlainPackets {
 public:
  // One in a process, because a driver's calls carry no context.
  explicit PlainPackets(emulator::ImportTable& imports);
  ~PlainPackets();
  PlainPackets(const PlainPackets&) = delete;

  // Of the switch that the driver is attached to: a list as a NIC's frame arrives in it, `size`
  // bytes of what is in `frame()`.
  enum class Memory : bool { Guests, Safe };  // a guest may still write to it
  NET_BUFFER_LIST* take(std::uint16_t port, std::uint32_t size, Memory memory);
  static std::uint8_t* frame(NET_BUFFER_LIST* list);
  // FilterSendNetBufferLists, at DISPATCH_LEVEL, from one port.
  void send(NET_BUFFER_LIST* chain);

  // Frames that arrived at a destination.
  std::uint64_t delivered() const { return delivered_; }

 private:
  struct Imports;
  PlainList* take(std::vector<PlainList*>& free);

  NDIS_FILTER_DRIVER_CHARACTERISTICS how_ = {};
  NDIS_HANDLE context_ = nullptr;
  std::uint64_t delivered_ = 0;
  std::vector<std::unique_ptr<PlainList>> all_;
  std::vector<PlainList*> of_nics_, of_driver_;
};

}  // namespace ovs::bench
