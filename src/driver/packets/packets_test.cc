// What of packets needs no kernel: reading frames out of MDLs, what NDIS says beside them, chains,
// the gate, and what a learning switch knows.
#include <doctest/doctest.h>

#include <vector>

#include "base/bytes/checksum.h"
#include "driver/packets/frame.h"
#include "driver/packets/gate.h"
#include "driver/packets/mac_table.h"
#include "driver/packets/nbl_chain.h"
#include "driver/packets/offload.h"

// Of an MDL that has no address yet: there is no room to map it.
extern "C" PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL, KPROCESSOR_MODE, MEMORY_CACHING_TYPE,
                                                    PVOID, ULONG, ULONG) {
  return nullptr;
}

namespace ovs::driver {
namespace {

// A frame's bytes over MDLs of these sizes, which may be zero.
class SplitFrame {
 public:
  SplitFrame(const std::vector<std::uint8_t>& bytes, const std::vector<std::size_t>& sizes,
             std::uint32_t offset)
      : bytes_(bytes), mdls_(sizes.size()) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      mdls_[i] = {};
      mdls_[i].MdlFlags = MDL_MAPPED_TO_SYSTEM_VA;
      mdls_[i].MappedSystemVa = bytes_.data() + at;
      mdls_[i].ByteCount = ULONG(sizes[i]);
      mdls_[i].Next = i + 1 < sizes.size() ? &mdls_[i + 1] : nullptr;
      at += sizes[i];
    }
    buffer_.MdlChain = buffer_.CurrentMdl = mdls_.data();
    buffer_.DataOffset = buffer_.CurrentMdlOffset = offset;
    buffer_.DataLength = ULONG(bytes.size() - offset);
  }
  const NET_BUFFER& buffer() const { return buffer_; }
  MDL& mdl(std::size_t i) { return mdls_[i]; }

 private:
  std::vector<std::uint8_t> bytes_;
  std::vector<MDL> mdls_;
  NET_BUFFER buffer_ = {};
};

std::vector<std::uint8_t> counted(std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = std::uint8_t(i);
  return bytes;
}

TEST_CASE("Frame: bytes are read wherever MDLs split them, with empty ones between") {
  const auto bytes = counted(100);
  for (std::size_t split = 0; split <= 100; ++split) {
    CAPTURE(split);
    const SplitFrame frame(bytes, {split, 0, 100 - split}, 0);
    std::vector<std::uint8_t> read(100);
    CHECK(copy_from(frame.buffer(), 0, 100, read.data()));
    CHECK(read == bytes);
    std::vector<std::uint8_t> rest(60);
    CHECK(copy_from(frame.buffer(), 40, 60, rest.data()));
    CHECK(std::equal(rest.begin(), rest.end(), bytes.begin() + 40));
  }
  const SplitFrame many(bytes, std::vector<std::size_t>(100, 1), 3);
  std::vector<std::uint8_t> read(97);
  CHECK(copy_from(many.buffer(), 0, 97, read.data()));
  CHECK(read.front() == 3);
  CHECK(read.back() == 99);
}

TEST_CASE("82 Frame: what is not there, or not mapped, is not read") {
  SplitFrame frame(counted(100), {50, 50}, 0);
  std::vector<std::uint8_t> read(200);
  CHECK(!copy_from(frame.buffer(), 0, 101, read.data()));
  CHECK(!copy_from(frame.buffer(), 90, 20, read.data()));
  frame.mdl(1).MdlFlags = 0;
  CHECK(copy_from(frame.buffer(), 0, 50, read.data()));
  CHECK(!copy_from(frame.buffer(), 0, 51, read.data()));
}

// ---- beside the bytes --------------------------------------------------------------------------

// An IPv4 frame in memory with headroom.
struct Sample {
  explicit Sample(std::uint8_t protocol) {
    packet.room = room;
    packet.room_size = sizeof room;
    packet.data = room + 64;
    packet.head_size = 14 + 20 + 20;
    std::uint8_t* const at = packet.data;
    for (unsigned i = 0; i < packet.head_size; ++i) at[i] = std::uint8_t(i * 7);
    store(at + 12, Be16(0x0800));
    at[14] = 0x45;
    at[14 + 9] = protocol;
    store(at + 16, Be16(40));
    packet.at.l3 = 14;
    packet.at.l4 = 34;
  }
  std::uint8_t room[256] = {};
  datapath::Packet packet;
};

TEST_CASE("Offload: a tag beside a frame and a tag in it are the same tag") {
  for (unsigned tci : {1u, 0x0fffu, 0x1005u, 0x2005u, 0xe000u, 0xffffu}) {
    CAPTURE(tci);
    CHECK(tci_of(tag_info(std::uint16_t(tci))) == tci);
    Sample sample(6);
    const std::vector<std::uint8_t> before(sample.packet.data, sample.packet.data + 54);
    sample.packet.open = {34, 16};
    put_tag(sample.packet, std::uint16_t(tci));
    CHECK(vlan_of(sample.packet) == Maybe<std::uint16_t>(std::uint16_t(tci & 0xfff)));
    CHECK(sample.packet.head_size == 58);
    CHECK(sample.packet.open.start == 38);
    CHECK(take_tag(sample.packet) == tag_info(std::uint16_t(tci)));
    CHECK(std::equal(before.begin(), before.end(), sample.packet.data));
    CHECK(!vlan_of(sample.packet));
    CHECK(take_tag(sample.packet) == 0);
  }
}

TEST_CASE("Offload: a VLAN is set in a priority tag, or in a new one") {
  Sample sample(6);
  set_vlan(sample.packet, 7);
  CHECK(tci_of(take_tag(sample.packet)) == 7);
  put_tag(sample.packet, 0xa000);
  set_vlan(sample.packet, 9);
  CHECK(tci_of(take_tag(sample.packet)) == 0xa009);
}

TEST_CASE("78 Offload: a checksum that NDIS is asked for is open, and asked for again") {
  for (const bool is_tcp : {true, false}) {
    Sample sample(is_tcp ? 6 : 17);
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info = {};
    info.Transmit.IsIPv4 = 1;
    info.Transmit.IpHeaderChecksum = 1;
    info.Transmit.TcpChecksum = is_tcp;
    info.Transmit.UdpChecksum = !is_tcp;
    info.Transmit.TcpHeaderOffset = 34;
    const auto entry = std::uint32_t(reinterpret_cast<ULONG_PTR>(info.Value));
    take_send_checksum(sample.packet, entry, sample.packet.at);
    CHECK(sample.packet.open.start == 34);
    CHECK(sample.packet.open.offset == (is_tcp ? 16 : 6));
    CHECK(checksum(Bytes(sample.packet.data + 14, 20)) == Be16());
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO again = {};
    again.Value = reinterpret_cast<PVOID>(ULONG_PTR{send_checksum_info(sample.packet)});
    CHECK(ULONG{again.Transmit.IsIPv4} == 1);
    CHECK(ULONG{again.Transmit.TcpChecksum} == is_tcp);
    CHECK(ULONG{again.Transmit.UdpChecksum} == !is_tcp);
    CHECK(ULONG{again.Transmit.TcpHeaderOffset} == 34);
    CHECK(ULONG{again.Transmit.IpHeaderChecksum} == 0);
    sample.packet.open = {};
    CHECK(send_checksum_info(sample.packet) == 0);
  }
}

TEST_CASE("Offload: what a device found of a frame's checksums stays with it, and what it joined") {
  Sample sample(6);
  sample.packet.at.payload = 54;
  sample.packet.tail_size = 3001;
  NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO found = {};
  found.Receive.IpChecksumSucceeded = found.Receive.TcpChecksumFailed = 1;
  NDIS_RSC_NBL_INFO joined = {};
  joined.Info.CoalescedSegCount = 3;
  const auto word = [](PVOID value) { return std::uint32_t(reinterpret_cast<ULONG_PTR>(value)); };
  take_received(sample.packet, word(found.Value), word(joined.Value), sample.packet.at);
  CHECK(sample.packet.verdict == word(found.Value));
  CHECK(sample.packet.segment_size == 1001);
  CHECK(coalesced_info(sample.packet) == word(joined.Value));
  take_received(sample.packet, 0, 0, sample.packet.at);
  CHECK(sample.packet.verdict == 0);
}

TEST_CASE("Offload: a segment size of zero is none, and one above the payload needs no segments") {
  const auto entry = [](ULONG size) {
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO info = {};
    info.LsoV2Transmit.MSS = size & 0xfffff;
    info.LsoV2Transmit.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
    return std::uint32_t(reinterpret_cast<ULONG_PTR>(info.Value));
  };
  for (const ULONG size : {0u, 0x10000u, 0xfffffu}) {
    Sample sample(6);
    sample.packet.at.payload = 54;
    CHECK(!take_large_send(sample.packet, entry(size), sample.packet.at));
  }
  Sample sample(6);
  sample.packet.at.payload = 54;
  sample.packet.tail_size = 1000;
  CHECK(take_large_send(sample.packet, entry(1000), sample.packet.at));
  CHECK(sample.packet.segment_size == 0);
  CHECK(sample.packet.open.start == 34);
  CHECK(take_large_send(sample.packet, entry(999), sample.packet.at));
  CHECK(sample.packet.segment_size == 999);
  sample.packet.at.payload = 0;  // no TCP header
  CHECK(!take_large_send(sample.packet, entry(999), sample.packet.at));
}

TEST_CASE("Offload: a large send that is done says so in its own version's words") {
  NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO asked = {}, done = {};
  asked.LsoV1Transmit.MSS = 1460;
  asked.LsoV1Transmit.TcpHeaderOffset = 34;
  const auto word = [&] { return std::uint32_t(reinterpret_cast<ULONG_PTR>(asked.Value)); };
  done.Value = reinterpret_cast<PVOID>(ULONG_PTR{large_send_completion(word(), 60000)});
  CHECK(ULONG{done.LsoV1TransmitComplete.TcpPayload} == 60000);
  CHECK(ULONG{done.LsoV1TransmitComplete.Type} == NDIS_TCP_LARGE_SEND_OFFLOAD_V1_TYPE);
  asked.LsoV2Transmit.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
  done.Value = reinterpret_cast<PVOID>(ULONG_PTR{large_send_completion(word(), 60000)});
  CHECK(ULONG{done.LsoV2TransmitComplete.Reserved} == 0);
  CHECK(ULONG{done.LsoV2TransmitComplete.Type} == NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE);
}

// ---- ownership ---------------------------------------------------------------------------------

TEST_CASE("NblChain: lists come out in the order in which they went in") {
  NET_BUFFER_LIST lists[3] = {};
  NblChain chain;
  for (NET_BUFFER_LIST& list : lists) chain.push_back(&list);
  NblChain moved(std::move(chain));
  CHECK(chain.empty());  // NOLINT(bugprone-use-after-move): that is the point
  CHECK(moved.take_first() == &lists[0]);
  CHECK(lists[0].Next == nullptr);
  NblChain again(moved.release());
  CHECK(again.take_first() == &lists[1]);
  CHECK(again.take_first() == &lists[2]);
  CHECK(again.empty());
}

TEST_CASE("14 Gate: closed, it lets nothing in, and tells the last to leave") {
  Gate gate;
  CHECK(!gate.enter());
  gate.open();
  CHECK(gate.enter());
  CHECK(gate.enter());
  CHECK(gate.enter());
  CHECK(!gate.leave());
  CHECK(!gate.close());
  CHECK(!gate.enter());
  CHECK(!gate.leave());
  CHECK(gate.leave());
  gate.open();
  CHECK(gate.enter());
  CHECK(!gate.leave());
  CHECK(gate.close());
}

// ---- learning ----------------------------------------------------------------------------------

TEST_CASE("MacTable: an address is where it was last seen; groups are nowhere") {
  auto made = MacTable::create();
  REQUIRE(made.ok());
  MacTable& table = *made;
  constexpr std::uint64_t kMac = 0x00155d000001, kGroup = 0x01005e000001;
  CHECK(!table.find(kMac));
  table.learn(kMac, {3});
  CHECK(table.find(kMac) == Maybe<MacPlace>(MacPlace{3}));
  table.learn(kMac, {5});
  CHECK(table.find(kMac) == Maybe<MacPlace>(MacPlace{5}));
  table.learn(kGroup, {3});
  CHECK(!table.find(kGroup));
}

TEST_CASE("MacTable: more addresses than it has room for displace others") {
  auto made = MacTable::create();
  REQUIRE(made.ok());
  const std::uint64_t first = 0x020000000000;
  for (std::uint64_t i = 0; i < 4 * MacTable::kEntries; ++i) {
    made->learn(first + i, {std::uint16_t(i)});
    REQUIRE(made->find(first + i) == Maybe<MacPlace>(MacPlace{std::uint16_t(i)}));
  }
  std::size_t known = 0;
  for (std::uint64_t i = 0; i < 4 * MacTable::kEntries; ++i) known += bool(made->find(first + i));
  CHECK(known > MacTable::kEntries / 2);
  CHECK(known <= MacTable::kEntries);
}

}  // namespace
}  // namespace ovs::driver
