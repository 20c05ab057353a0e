#include "driver/packets/departures.h"

#include "datapath/pipeline/header_set.h"
#include "datapath/pipeline/segmenter.h"
#include "driver/extension/switch_module.h"
#include "driver/packets/offload.h"
#include "driver/packets/packet_path.h"

namespace ovs::driver {
namespace {

// What is beside the bytes of a list of ours.
struct Beside {
  std::uint32_t tag = 0, checksum = 0, segments = 0, coalesced = 0;
};

bool is_from_outside(const Source& source) {
  if (source.arrival != nullptr) return source.arrival->kind == NicKind::External;
  return source.nic != nullptr && source.nic->kind() == NicKind::External;
}

// Whether NDIS has no words for it on this way: what comes from outside is not left to a device.
bool has_to_be_cut(const datapath::Packet& packet, const HypervNic& to, bool from_outside) {
  if (packet.segment_size == 0) return false;
  if (from_outside) return to.kind() == NicKind::External || packet.open.start != 0;
  return !can_leave_segments(packet);
}

// Of a frame that is no segments; what NDIS has no words for is filled in.
std::uint32_t put_checksum(datapath::Packet& packet, bool from_outside,
                           datapath::PacketHost& host) {
  if (packet.open.start != 0) {
    const std::uint32_t info = from_outside ? 0 : send_checksum_info(packet);
    if (info != 0) return info;
    datapath::close_checksum(packet, host);
  }
  return from_outside ? packet.verdict : 0;
}

// What comes from outside says what was found right, not what is to be filled in.
Beside put_beside(Frame& frame, bool from_outside, datapath::PacketHost& host) {
  datapath::Packet& packet = frame.packet;
  Beside beside;
  beside.tag = take_tag(packet);
  if (!from_outside && packet.segment_size != 0) {
    if (packet.open.start == 0) leave_segments_open(packet);
    beside.segments = put_large_send(packet);
    return beside;
  }
  beside.checksum = put_checksum(packet, from_outside, host);
  if (from_outside) beside.coalesced = coalesced_info(packet);
  return beside;
}

// The frame's memory as a chain of MDLs: its room up to the prefix's end, and its blocks.
void link_mdls(Frame& frame) {
  const bool has_more = frame.blocks != nullptr;
  const std::uint32_t used = std::uint32_t(frame.packet.headroom()) + frame.packet.head_size;
  frame.mdl.link(has_more ? used : kFrameRoom, has_more ? &frame.blocks->mdl.mdl : nullptr);
  for (Block* block = frame.blocks; block != nullptr; block = block->next) {
    block->mdl.link(kBlockSize, block->next != nullptr ? &block->next->mdl.mdl : nullptr);
  }
}

// False, for whom it is to go nowhere.
bool lose(Frame& frame, datapath::Drop why, ProcessorHost& host) {
  host.count_lost(frame.nic->number(), why);
  host.frames().give_back(frame);
  return false;
}

// What NDIS has words for.
bool originate_list(Burst& burst, Frame& frame, const Source& source, ProcessorHost& host) {
  PacketPath& path = frame.nic->module().packets();
  Departures* const departures = burst.departures_of(path);
  if (departures == nullptr || !host.frames().keep_tail(frame)) {
    return lose(frame, datapath::Drop::NoHostRoom, host);
  }
  if (!path.enter()) return lose(frame, datapath::Drop::DeviceGone, host);
  const PNET_BUFFER_LIST list = make_list(frame, source, frame.target(), host);
  if (list == nullptr) {
    path.leave();
    return lose(frame, datapath::Drop::NoHostRoom, host);
  }
  departures->add(list, source_of(list), frame.nic);
  return true;
}

// False: not one of its segments goes.
bool originate_segments(Burst& burst, Frame& frame, const Source& source, ProcessorHost& host) {
  bool goes_any = false;
  const unsigned lost =
      datapath::for_each_segment(frame.packet, host, [&](datapath::Packet* packet) {
        Frame& segment = Frame::of(*packet);
        segment.send_to(frame.target());
        goes_any = originate_list(burst, segment, source, host) || goes_any;
      });
  for (unsigned i = 0; i < lost; ++i) {
    host.count_lost(frame.nic->number(), datapath::Drop::NoSegment);
  }
  host.frames().give_back(frame);
  return goes_any;
}

}  // namespace

PNET_BUFFER_LIST make_list(Frame& frame, const Source& source, const Target& target,
                           ProcessorHost& host) {
  const Beside beside = put_beside(frame, is_from_outside(source), host);
  link_mdls(frame);
  const PNET_BUFFER_LIST list = target.nic->module().packets().make_list(frame, source, target);
  if (list == nullptr) return nullptr;
  NET_BUFFER_LIST_INFO(list, TcpIpChecksumNetBufferListInfo) = entry_of(beside.checksum);
  NET_BUFFER_LIST_INFO(list, TcpLargeSendNetBufferListInfo) = entry_of(beside.segments);
  NET_BUFFER_LIST_INFO(list, TcpRecvSegCoalesceInfo) = entry_of(beside.coalesced);
  NET_BUFFER_LIST_INFO(list, Ieee8021QNetBufferListInfo) = entry_of(beside.tag);
  return list;
}

bool originate(Burst& burst, Frame& frame, const Source& source, ProcessorHost& host) {
  if (has_to_be_cut(frame.packet, *frame.nic, is_from_outside(source))) {
    return originate_segments(burst, frame, source, host);
  }
  return originate_list(burst, frame, source, host);
}

void commit(Burst& burst, ProcessorHost& host, const RcuReader& reader) {
  while (Frame* frame = burst.outputs.take_first()) {
    const HypervNic* nic = host.nic_of(frame->packet.in_port, reader);
    const bool is_usable =
        nic != nullptr && nic->is_connected() && &nic->module() == &frame->nic->module();
    originate(burst, *frame, Source{nullptr, is_usable ? nic : nullptr}, host);
  }
}

void depart(Burst& burst, ULONG dispatch) {
  for (Departures& each : burst.departures) {
    if (each.path == nullptr) return;
    if (each.first != nullptr) each.path->send_down(each, dispatch);
  }
}

}  // namespace ovs::driver
