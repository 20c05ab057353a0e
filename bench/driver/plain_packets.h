// What a packet meets of NDIS and of the switch, with nothing but what has to be done: lists, their
// pools and destinations, sends and completions, for a driver that runs on one processor at a time.
// Takes those functions' places among an emulated host's imports; the rest of that host (OIDs,
// ports, the driver's life) stays as it is. No rule is looked at.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes/span.h"
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

  // FilterSendNetBufferLists at DISPATCH_LEVEL: frames that a NIC of this port sends together. Each
  // is copied into memory of the NIC's, in lines of kFrameBytes; `size` of its bytes are the frame.
  static constexpr std::size_t kFrameBytes = 64;
  enum class Memory : bool { Guests, Safe };  // a guest may still write to it
  void send(std::uint16_t port, Memory memory, Span<const std::uint8_t* const> frames,
            std::uint32_t size);

  // Frames that arrived at a destination.
  std::uint64_t delivered() const { return delivered_; }

 private:
  struct Imports;
  PlainList& make(NDIS_HANDLE pool);
  PlainList* take_of_driver();

  NDIS_FILTER_DRIVER_CHARACTERISTICS how_ = {};
  NDIS_HANDLE context_ = nullptr;
  std::uint64_t delivered_ = 0;
  std::vector<std::unique_ptr<PlainList[]>> all_;
  std::size_t made_ = 0;
  std::vector<PlainList*> of_driver_;   // that the driver may allocate
  NET_BUFFER_LIST* of_nics_ = nullptr;  // that are not under way
};

}  // namespace ovs::bench
