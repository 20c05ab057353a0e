// A packet under way: a descriptor over a private, contiguous prefix that holds all headers, and an
// opaque tail that only the host can reach. The host owns the memory of both; the engine reads and
// writes nothing but the prefix, which no guest sees.
#pragma once
#include <utility>

#include "base/bytes/big.h"
#include "base/bytes/span.h"
#include "flow/match/extract.h"

namespace ovs::datapath {

inline constexpr unsigned kHeadroom = 128;  // in front of a frame as it comes: two encapsulations
inline constexpr unsigned kMaxPasses = 6;   // lookups of one packet: recirculations and tunnels
inline constexpr unsigned kMinPrefix =
    192;  // of a frame, or all of it: enough for all headers that are looked at
inline constexpr unsigned kMaxSegments = 128;  // of one packet, where it has to be cut here

// A checksum that the sender left to the last device: the bytes from `start` to the end are to be
// summed, the sum stored `offset` bytes behind `start`, where the sum of the pseudo-header stands.
// From the first byte of the frame.
struct OpenChecksum {
  std::uint16_t start = 0;  // 0: none is open
  std::uint16_t offset = 0;
};

struct alignas(64) Packet {
  std::uint8_t* data = nullptr;  // the frame's first byte
  std::uint32_t head_size = 0;   // of the frame, in the prefix
  std::uint32_t tail_size = 0;   // of the frame, behind it
  std::uint32_t in_port = 0;
  std::uint32_t recirc_id = 0;
  std::uint32_t skb_priority = 0;
  std::uint32_t pkt_mark = 0;
  std::uint32_t dp_hash = 0;
  std::uint32_t limit = 0;     // bytes that the next output or upcall sees at most; 0: all
  flow::HeaderOffsets at;      // as of the last extraction, kept right by what moves headers
  std::uint16_t eth_type = 0;  // as of the last extraction
  OpenChecksum open;
  std::uint8_t nw_proto = 0;
  std::uint8_t nw_frag = 0;
  std::uint8_t passes = 0;
  bool has_tunnel = false;    // came through a tunnel, or is to go through one
  bool is_rewritten = false;  // not the frame that came in: the host cannot send that instead
  bool is_retagged =
      false;  // nor with its outermost 802.1Q tag, unless it has that beside the bytes
  // TCP payload bytes that each packet on a wire is to have of this one; 0: it is one as it is. Its
  // checksum is open, but for a packet that a device put together of those that it received.
  std::uint16_t segment_size = 0;
  // What the device that received it said of its checksums: the host's, opaque. Zero once it speaks
  // of headers that are not the first any more.
  std::uint8_t verdict = 0;
  std::uint8_t* room = nullptr;  // the prefix's memory begins here
  std::uint32_t room_size = 0;
  void* owner = nullptr;  // the host's
  flow::TunnelMetadata tunnel;

  // As one that comes in, of no bytes yet; its memory is what it was.
  void clear(std::uint8_t* first_byte) {
    __builtin_memset(static_cast<void*>(this), 0, __builtin_offsetof(Packet, room));
    data = first_byte;
    in_port = flow::kNoInPort;
  }

  std::uint32_t size() const { return head_size + tail_size; }
  // Of the largest packet that a wire sees of it.
  std::uint32_t wire_size() const {
    const std::uint32_t first = std::uint32_t{at.payload} + segment_size;
    return segment_size == 0 || size() < first ? size() : first;
  }
  Bytes head() const { return Bytes(data, head_size); }
  std::size_t headroom() const { return std::size_t(data - room); }
  // Moves the start of the frame: `size` bytes more in front, whose content is undefined. There is
  // headroom.
  void grow_front(std::uint32_t size) {
    data -= size;
    head_size += size;
    if (open.start != 0) open.start = std::uint16_t(open.start + size);
  }
  // `size` bytes fewer; the prefix has them.
  void shrink_front(std::uint32_t size) {
    data += size;
    head_size -= size;
    if (open.start != 0) open.start = std::uint16_t(open.start - size);
  }
  flow::PacketMetadata metadata() const {
    return {.in_port = std::uint16_t(in_port),
            .recirc_id = recirc_id,
            .skb_priority = skb_priority,
            .pkt_mark = pkt_mark,
            .dp_hash = dp_hash,
            .tunnel = has_tunnel ? &tunnel : nullptr,
            .tail_size = tail_size};
  }
};

// What every packet's way touches lies in one line.
static_assert(__builtin_offsetof(Packet, room) <= 64);

// Who lends packets to the engine and takes them back: a thread of userdp, the driver, a test. One
// for each processor, called on that processor alone.
class PacketHost {
 public:
  // Another packet of the same content, or null: then something is lost and counted.
  virtual Packet* clone(const Packet& packet) = 0;
  // A packet of this one's first `header_size` bytes, and of `size` bytes from `from` on; all in
  // its prefix, if they fit. Null: as above. Only for hosts whose packets have a segment size.
  virtual Packet* clone_part(const Packet&, std::uint32_t /*header_size*/, std::uint32_t /*from*/,
                             std::uint32_t /*size*/) {
    return nullptr;
  }
  // The engine needs them no more.
  virtual void release(Span<Packet* const> packets) = 0;
  // Sends packets through a host's port and releases them. `port` is what the port was made with.
  virtual void transmit(void* port, Span<Packet* const> packets) = 0;
  // Sends them as they are now; the engine keeps them. Says what was sent, which is less where
  // there was no buffer. A host that has no cheaper way sends clones.
  struct Sent {
    unsigned packets = 0;
    std::uint64_t bytes = 0;
  };
  virtual Sent transmit_copies(void* port, Span<Packet* const> packets) {
    constexpr unsigned kAtOnce = 32;
    Packet* copies[kAtOnce];
    unsigned count = 0;
    Sent sent;
    for (const Packet* packet : packets) {
      Packet* const copy = clone(*packet);
      if (copy == nullptr) continue;
      ++sent.packets;
      sent.bytes += packet->size();
      copies[count++] = copy;
      if (count < kAtOnce) continue;
      transmit(port, Span<Packet* const>(copies, std::exchange(count, 0)));
    }
    if (count != 0) transmit(port, Span<Packet* const>(copies, count));
    return sent;
  }
  // Copies what lies behind the prefix to `to`, which has tail_size bytes.
  virtual void copy_tail(const Packet& packet, std::uint8_t* to) = 0;
  // The sum (RFC 1071, folded, not complemented) of the tail's bytes.
  virtual std::uint16_t sum_tail(const Packet& packet) = 0;

 protected:
  ~PacketHost() = default;
};

}  // namespace ovs::datapath
