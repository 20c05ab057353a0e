// What a list's out-of-band fields say of its packets' checksums, segments and tags: written for
// what NICs send, read for what arrives. Which format they have is decided by the packet's source:
// the external NIC's is the receive format (rule 78).
#pragma once
#include "emulator/ndis/buffers/net_buffers.h"
#include "emulator/vmswitch/delivery.h"

namespace ovs::emulator {

enum class InfoFormat : bool { Send, Receive };

void put_tag(NET_BUFFER_LIST* list, const Tag& tag);
Tag tag_of(NET_BUFFER_LIST* list);

// A NIC of the switch's guests leaves work to others: says so. `bytes` get what Windows' stack puts
// there.
void put_send_info(NET_BUFFER_LIST* list, const NicFrame& frame, LargeSends large_sends,
                   MutableBytes bytes);
// The large send, if it is one, is done, as a NIC says it; and whether it has been said.
void complete_large_send(NET_BUFFER_LIST* list);
bool is_large_send_open(NET_BUFFER_LIST* list);
// A physical NIC has done its work: does it, and says so.
void put_receive_info(NET_BUFFER_LIST* list, const NicFrame& frame, MutableBytes bytes);

// Of what goes down. A violation of 78 if the fields are not of that format.
void read_info(NET_BUFFER_LIST* list, InfoFormat format, Parcel& parcel);

}  // namespace ovs::emulator
