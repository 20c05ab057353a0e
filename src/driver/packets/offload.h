// What NDIS says of a frame beside its bytes (tag, checksums and segments left to the device, what
// a device found and put together), as the engine has it: in the bytes, as an open checksum, as a
// segment size; and back. Pure: bytes and words in, bytes and words out.
#pragma once
#include <ndis.h>

#include "base/bytes/big.h"
#include "base/core/maybe.h"
#include "datapath/pipeline/packet.h"

namespace ovs::driver {

// As NDIS has an entry of 32 bits.
inline PVOID entry_of(std::uint32_t info) {
  return reinterpret_cast<PVOID>(ULONG_PTR{info});
}

// The entry Ieee8021QNetBufferListInfo; 0: there is no tag.
inline std::uint32_t tag_info(std::uint16_t tci) {
  NDIS_NET_BUFFER_LIST_8021Q_INFO info = {};
  info.TagHeader.UserPriority = tci >> 13 & 7;
  info.TagHeader.CanonicalFormatId = tci >> 12 & 1;
  info.TagHeader.VlanId = tci & 0x0fff;
  return std::uint32_t(reinterpret_cast<ULONG_PTR>(info.Value));
}
std::uint16_t tci_of(std::uint32_t info);
// The VLAN of the outermost 802.1Q tag in the bytes; nothing: there is none.
Maybe<std::uint16_t> vlan_of(const datapath::Packet& packet);
// Of 18 bytes of a frame.
inline bool has_tag(const std::uint8_t* bytes) {
  return load<Be16>(bytes + 12).host() == 0x8100;
}
inline bool has_tag(const datapath::Packet& packet) {
  return packet.head_size >= 18 && has_tag(packet.data);
}
inline std::uint16_t tci_in(const datapath::Packet& packet) {
  return load<Be16>(packet.data + 14).host();
}
// The entry of that tag; 0: there is none.
inline std::uint32_t tag_in(const datapath::Packet& packet) {
  return has_tag(packet) ? tag_info(tci_in(packet)) : 0;
}
// In front of the EtherType. There is headroom.
void put_tag(datapath::Packet& packet, std::uint16_t tci);
// The outermost 802.1Q tag leaves the bytes: its entry, or 0.
std::uint32_t take_tag(datapath::Packet& packet);
// The outermost tag is of this VLAN, whatever was there: a tag of VLAN 0 keeps its priority.
void set_vlan(datapath::Packet& packet, std::uint16_t vlan);

// The entry TcpIpChecksumNetBufferListInfo of a frame that is being sent: its open checksum is
// noted, its IPv4 header's filled in. `at` is where its headers are.
void take_send_checksum(datapath::Packet& packet, std::uint32_t info,
                        const flow::HeaderOffsets& at);
// The entry that asks for what is open; 0: nothing is, or NDIS has no word for it (then it is still
// open).
std::uint32_t send_checksum_info(const datapath::Packet& packet);

// IP's length becomes what the frame has: a sender of large packets may leave it out.
void fix_ip_length(datapath::Packet& packet, std::uint32_t l3);
// The entry TcpLargeSendNetBufferListInfo of a frame that is being sent, whose length is fixed: it
// has a segment size then, and an open checksum as it has without. False: the frame is no TCP
// packet, or the entry has no size that a segment can have.
bool take_large_send(datapath::Packet& packet, std::uint32_t info, const flow::HeaderOffsets& at);
// Whether there is an entry that leaves the packet's segments to a device.
bool can_leave_segments(const datapath::Packet& packet);
// That entry; the checksum, which is open, is as the device wants it then.
std::uint32_t put_large_send(datapath::Packet& packet);
// What the entry is when the frames are sent, of `payload` bytes of TCP.
std::uint32_t large_send_completion(std::uint32_t info, std::uint32_t payload);

// The entries TcpIpChecksumNetBufferListInfo and TcpRecvSegCoalesceInfo of a frame that a device
// received.
void take_received(datapath::Packet& packet, std::uint32_t checksum, std::uint32_t coalesced,
                   const flow::HeaderOffsets& at);
// And back. 0: it is one packet as it is.
std::uint32_t coalesced_info(const datapath::Packet& packet);
// A packet that a device put together of several is as one whose segments are left to a device.
void leave_segments_open(datapath::Packet& packet);

}  // namespace ovs::driver
