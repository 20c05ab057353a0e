// What NDIS says of a frame beside its bytes (tag, checksums left to the device), as the engine has
// it: in the bytes, and as an open checksum; and back. Pure: bytes and words in, bytes and words
// out.
#pragma once
#include <ndis.h>

#include "base/core/maybe.h"
#include "datapath/pipeline/packet.h"

namespace ovs::driver {

// The entry Ieee8021QNetBufferListInfo; 0: there is no tag.
std::uint32_t tag_info(std::uint16_t tci);
std::uint16_t tci_of(std::uint32_t info);
// The VLAN of the outermost 802.1Q tag in the bytes; nothing: there is none.
Maybe<std::uint16_t> vlan_of(const datapath::Packet& packet);
// The entry of that tag; 0: there is none.
std::uint32_t tag_in(const datapath::Packet& packet);
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

}  // namespace ovs::driver
