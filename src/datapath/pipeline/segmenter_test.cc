#include "datapath/pipeline/segmenter.h"

#include <doctest/doctest.h>

#include <vector>

#include "base/bytes/checksum.h"
#include "datapath/control/control_rig_test.h"
#include "tests/support/tcp_frame.h"

namespace ovs::datapath {
namespace {

using tests::Family;
using tests::tcp_frame_of;
using Frame = std::vector<std::uint8_t>;

bool are_sums_right(const Frame& frame, Family family) {
  const std::size_t l4 = family == Family::V4 ? 34 : 62;
  const Bytes bytes(frame);
  if (family == Family::V4 && checksum(bytes.part(14, 20)) != Be16()) return false;
  Checksum sum;
  sum.add(family == Family::V4 ? bytes.part(26, 8) : bytes.part(22, 32));
  sum.add(Be16(6));
  sum.add(Be16(std::uint16_t(frame.size() - l4)));
  sum.add(bytes.from(l4));
  return sum.value() == Be16();
}

struct Bench {
  Bench() {
    host.frame_size = 70000;
    REQUIRE(host.start().ok());
  }
  // The segments of a frame.
  std::vector<Frame> cut(const Frame& frame, std::uint16_t segment_size) {
    Packet* packet = host.pool().take(Bytes(frame));
    REQUIRE(packet != nullptr);
    packet->segment_size = segment_size;
    flow::PacketKey key;
    packet->at = flow::extract(packet->head(), {}, key);
    packet->eth_type = load<Be16>(frame.data() + 12).host();
    packet->nw_proto = 6;
    packet->nw_frag = 0;
    std::vector<Frame> segments;
    lost = for_each_segment(*packet, host, [&](Packet* segment) {
      segments.emplace_back(segment->data, segment->data + segment->head_size);
      host.release(Span<Packet* const>(&segment, 1));
    });
    host.release(Span<Packet* const>(&packet, 1));
    return segments;
  }
  RigHost host;
  unsigned lost = 0;
};

TEST_CASE("Segmenter: every segment is a packet of its own") {
  Bench bench;
  for (const Family family : {Family::V4, Family::V6}) {
    const std::size_t l4 = family == Family::V4 ? 34 : 62, header = l4 + 32;
    for (const std::size_t payload : {1001u, 2000u, 2001u, 9000u, 60001u}) {
      CAPTURE(payload);
      const Frame frame = tcp_frame_of(family, payload);
      const std::vector<Frame> segments = bench.cut(frame, 1000);
      REQUIRE(segments.size() == (payload + 999) / 1000);
      CHECK(bench.lost == 0);
      Frame joined(frame.begin(), frame.begin() + long(header));
      for (std::size_t i = 0; i < segments.size(); ++i) {
        const Frame& segment = segments[i];
        const bool is_last = i + 1 == segments.size();
        CHECK(are_sums_right(segment, family));
        CHECK(segment.size() == header + (is_last ? payload - 1000 * i : 1000));
        CHECK(load<Be32>(segment.data() + l4 + 4).host() ==
              std::uint32_t(tests::kTcpSequence + 1000 * i));
        const unsigned flags = tests::kTcpFlags & ~(i == 0 ? 0u : 0x80u) & ~(is_last ? 0u : 0x09u);
        CHECK(segment[l4 + 13] == flags);
        if (family == Family::V4)
          CHECK(load<Be16>(segment.data() + 18).host() == ((i - 1) & 0xffff));
        joined.insert(joined.end(), segment.begin() + long(header), segment.end());
      }
      CHECK(joined == frame);
    }
  }
  CHECK(bench.host.pool().free_count() == bench.host.pool().count());
}

TEST_CASE("Segmenter: the size of segments has bounds") {
  Bench bench;
  const Frame frame = tcp_frame_of(Family::V4, 1280);
  CHECK(bench.cut(frame, 1280).size() == 1);
  CHECK(bench.cut(frame, 0xffff).size() == 1);
  CHECK(bench.cut(frame, 10).size() == kMaxSegments);
  CHECK(bench.cut(frame, 9).empty());
  CHECK(bench.lost == 1);
  CHECK(bench.cut(frame, 1).empty());
  CHECK(bench.cut(frame, 0).empty());
}

TEST_CASE("Segmenter: what is no whole TCP packet is not cut") {
  Bench bench;
  Frame fragment = tcp_frame_of(Family::V4, 3000);
  fragment[20] = 0x20;  // more fragments
  Packet* packet = bench.host.pool().take(Bytes(fragment));
  REQUIRE(packet != nullptr);
  packet->segment_size = 1000;
  packet->at = {14, 34, 66};
  packet->eth_type = 0x0800;
  packet->nw_proto = 6;
  packet->nw_frag = flow::kFragAny;
  CHECK(Segmenter(*packet, bench.host).count() == 0);
  packet->nw_frag = 0;
  CHECK(Segmenter(*packet, bench.host).count() == 3);
  packet->nw_proto = 17;
  CHECK(Segmenter(*packet, bench.host).count() == 0);
  packet->nw_proto = 6;
  packet->at = {14, 34, 50};  // less than a TCP header
  CHECK(Segmenter(*packet, bench.host).count() == 0);
  bench.host.release(Span<Packet* const>(&packet, 1));
}

}  // namespace
}  // namespace ovs::datapath
