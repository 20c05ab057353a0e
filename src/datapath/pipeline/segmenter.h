// Cuts a TCP packet with a segment size into packets of that size, as the device would to which its
// sender left that: for exits and readers that take no larger ones. Checksums are closed. Used by
// datapath.cc; the host's own exits may use it as well.
#pragma once
#include "datapath/pipeline/packet.h"

namespace ovs::datapath {

class Segmenter {
 public:
  // `packet` has a segment size, and what the engine knows of its headers is right; it is not
  // changed.
  Segmenter(const Packet& packet, PacketHost& host);

  // Segments that it becomes; 0: it cannot be cut, because it is no whole TCP packet, or there
  // would be more than kMaxSegments.
  unsigned count() const { return count_; }
  // The next of them, there being one; null: the host had none, and it is lost.
  Packet* next();

 private:
  void fix_ip(Packet& segment) const;
  void fix_tcp(Packet& segment) const;

  const Packet& packet_;
  PacketHost& host_;
  std::uint32_t header_size_;
  std::uint32_t payload_ = 0;
  unsigned count_ = 0, at_ = 0;
};

// Calls `use` for each segment, which is use's then. Those that are lost.
template <class F>
unsigned for_each_segment(const Packet& packet, PacketHost& host, F&& use) {
  Segmenter segmenter(packet, host);
  if (segmenter.count() == 0) return 1;
  unsigned lost = 0;
  for (unsigned i = 0; i < segmenter.count(); ++i) {
    if (Packet* segment = segmenter.next()) {
      use(segment);
    } else {
      ++lost;
    }
  }
  return lost;
}

}  // namespace ovs::datapath
