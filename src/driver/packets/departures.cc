#include "driver/packets/departures.h"

#include "datapath/pipeline/header_set.h"
#include "driver/extension/switch_module.h"
#include "driver/packets/offload.h"
#include "driver/packets/packet_path.h"

namespace ovs::driver {
namespace {

// What is beside the bytes of a list of ours.
struct Beside {
  std::uint32_t tag = 0, checksum = 0;
};

bool is_from_outside(const Source& source) {
  if (source.arrival != nullptr) return source.arrival->kind == NicKind::External;
  return source.nic != nullptr && source.nic->kind() == NicKind::External;
}

// What comes from outside says what was found right, not what is to be filled in.
Beside put_beside(Frame& frame, const Source& source, datapath::PacketHost& host) {
  datapath::Packet& packet = frame.packet;
  Beside beside;
  beside.tag = take_tag(packet);
  if (!frame.target.keeps_tag) beside.tag = 0;
  if (packet.open.start == 0) return beside;
  if (!is_from_outside(source)) beside.checksum = send_checksum_info(packet);
  if (beside.checksum == 0) datapath::close_checksum(packet, host);
  return beside;
}

// The frame's memory as a chain of MDLs: its room, which its prefix ends, and its blocks.
void link_mdls(Frame& frame) {
  MDL* last = &frame.mdl.mdl;
  for (Block* block = frame.blocks; block != nullptr; block = block->next) {
    last->Next = &block->mdl.mdl;
    last = last->Next;
  }
  last->Next = nullptr;
}

PVOID entry_of(std::uint32_t info) {
  return reinterpret_cast<PVOID>(ULONG_PTR{info});
}

}  // namespace

bool originate(Burst& burst, Frame& frame, const Source& source, PacketProcessors& processors) {
  PacketPath& path = *frame.target.path;
  Departures* const departures = burst.departures_of(path);
  if (departures == nullptr || !processors.frames().keep_tail(frame) || !path.enter()) {
    processors.frames().give_back(frame);
    return false;
  }
  const Beside beside = put_beside(frame, source, processors.host());
  link_mdls(frame);
  const PNET_BUFFER_LIST list = path.make_list(frame, source);
  if (list == nullptr) {
    processors.frames().give_back(frame);
    path.leave();
    return false;
  }
  NET_BUFFER_LIST_INFO(list, TcpIpChecksumNetBufferListInfo) = entry_of(beside.checksum);
  NET_BUFFER_LIST_INFO(list, TcpLargeSendNetBufferListInfo) = nullptr;
  NET_BUFFER_LIST_INFO(list, TcpRecvSegCoalesceInfo) = nullptr;
  NET_BUFFER_LIST_INFO(list, Ieee8021QNetBufferListInfo) = entry_of(beside.tag);
  departures->add(list, &frame.target);
  return true;
}

void commit(Burst& burst, PacketProcessors& processors, const RcuReader& reader) {
  while (Frame* frame = burst.outputs.take_first()) {
    const HypervNic* nic = processors.nic_of(frame->packet.in_port, reader);
    const bool is_usable =
        nic != nullptr && nic->is_connected() && &nic->module().packets() == frame->target.path;
    originate(burst, *frame, Source{nullptr, is_usable ? nic : nullptr}, processors);
  }
}

void depart(Burst& burst, ULONG dispatch) {
  for (Departures& each : burst.departures) {
    if (each.path == nullptr) return;
    if (each.first != nullptr) each.path->send_down(each, dispatch);
  }
}

}  // namespace ovs::driver
