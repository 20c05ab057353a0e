// A TCP frame that its sender left to the device to cut (TSO), cut: what an AF_PACKET socket
// receives from a veth whose other end relies on the device. No sockets here.
#pragma once
#include "platform/api/frame_port.h"

namespace ovs::platform {

class Segmentation {
 public:
  // `frame` stays alive; its TCP header begins at `l4`; segments carry `size` bytes each.
  // Malformed: it is not TCP over IP.
  static Result<Segmentation> begin(Bytes frame, std::size_t l4, std::size_t size);

  bool at_end() const { return offset_ >= payload_.count(); }
  // The next segment, its checksum left open. NoSpace: the room is too small for it.
  Result<void> next(FrameRoom& room);

 private:
  Segmentation(Bytes headers, Bytes payload, std::size_t l3, std::size_t l4, std::size_t size)
      : headers_(headers), payload_(payload), l3_(l3), l4_(l4), size_(size) {}
  void fix_ip(std::uint8_t* frame, std::size_t size) const;
  void fix_tcp(std::uint8_t* frame, std::size_t size, bool last) const;

  Bytes headers_, payload_;
  std::size_t l3_, l4_, size_;
  std::size_t offset_ = 0;
  std::uint16_t count_ = 0;
};

}  // namespace ovs::platform
