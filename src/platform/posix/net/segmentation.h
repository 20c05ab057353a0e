// A TCP frame that its sender left to the device to cut (TSO), cut: what an AF_PACKET socket
// receives from a veth whose other end relies on the device. The TCP may lie in VXLAN or GRE, which
// the sender's kernel put around it. No sockets here.
#pragma once
#include "base/containers/fixed_vector.h"
#include "platform/api/frame_port.h"

namespace ovs::platform {

class Segmentation {
 public:
  // `frame` stays alive; its (innermost) TCP header begins at `l4`; segments carry `size` bytes
  // each. Malformed: it is not TCP over IP, plain or in a tunnel that is known here.
  static Result<Segmentation> begin(Bytes frame, std::size_t l4, std::size_t size);

  bool at_end() const { return offset_ >= payload_.count(); }
  // The next segment, its checksum left open, unless a tunnel's checksum needs it. NoSpace: the
  // room is too small for it.
  Result<void> next(FrameRoom& room);

 private:
  // An IP header, and what stands behind it.
  struct Layer {
    std::size_t l3 = 0, l4 = 0;
    std::uint8_t protocol = 0;
  };
  static constexpr std::size_t kMaxLayers = 3;

  Segmentation(Bytes headers, Bytes payload, std::size_t size)
      : headers_(headers), payload_(payload), size_(size) {}
  static Result<Layer> parse_layer(Bytes frame, std::size_t l3);
  // Where the Ethernet header of the next layer begins.
  static Result<std::size_t> skip_tunnel(Bytes frame, const Layer& layer);
  Result<void> find_layers(Bytes frame, std::size_t l4);

  void fix_ip(std::uint8_t* frame, std::size_t size, const Layer& layer) const;
  void fix_tcp(std::uint8_t* frame, std::size_t size, const Layer& layer, bool last) const;
  // Tunnels from the inside out; true if one of them had a checksum.
  bool fix_tunnels(std::uint8_t* frame, std::size_t size) const;

  Bytes headers_, payload_;
  std::size_t size_;
  FixedVector<Layer, kMaxLayers> layers_;  // from the outside in
  std::size_t offset_ = 0;
  std::uint16_t count_ = 0;
};

}  // namespace ovs::platform
