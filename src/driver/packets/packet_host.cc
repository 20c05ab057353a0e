#include "driver/packets/packet_host.h"

#include "datapath/pipeline/header_set.h"
#include "driver/extension/switch_module.h"
#include "driver/packets/offload.h"
#include "driver/packets/packet_path.h"

namespace ovs::driver {

using datapath::Packet;

namespace {

Packet* packet_of(Frame* frame) {
  return frame != nullptr ? &frame->packet : nullptr;
}

}  // namespace

void ProcessorHost::begin(Burst& burst, const RcuReader& reader) {
  burst_ = &burst;
  reader_ = &reader;
}

// What the engine still has waits for a neighbour.
void ProcessorHost::end(datapath::Processor& processor) {
  for (unsigned i = 0; i < processor.held_count; ++i) {
    Frame& frame = Frame::of(*processor.held[i].packet);
    (void)pool_.keep_tail(frame);
    if (frame.arrival != nullptr) frame.arrival->is_held = true;
    frame.arrival = nullptr;
  }
  burst_ = nullptr;
  reader_ = nullptr;
}

void ProcessorHost::drop(Frame& frame, datapath::PortNo to, datapath::Drop why) {
  engine_->count_lost(engine_->processor(processor_), to, why);
  hand_.give_back(frame);
}

Packet* ProcessorHost::clone(const Packet& packet) {
  return packet_of(pool_.clone(Frame::of(packet), hand_));
}

Packet* ProcessorHost::clone_part(const Packet& packet, std::uint32_t header_size,
                                  std::uint32_t from, std::uint32_t size) {
  return packet_of(pool_.clone_part(Frame::of(packet), header_size, from, size, hand_));
}

void ProcessorHost::release(Span<Packet* const> packets) {
  for (Packet* packet : packets) hand_.give_back(Frame::of(*packet));
}

void ProcessorHost::transmit(void* port, Span<Packet* const> packets) {
  const VportDevice& device = VportDevice::of(port);
  const HypervNic* const nic = device.nic(*reader_);
  for (Packet* packet : packets) {
    Frame& frame = Frame::of(*packet);
    if (nic == nullptr || !nic->is_connected()) {
      drop(frame, device.number(), datapath::Drop::DeviceGone);
    } else if (frame.is_broken) {
      drop(frame, device.number(), datapath::Drop::NoHostRoom);
    } else {
      deliver(frame, *nic, device.number());
    }
  }
}

// What the port's owner has set is done to the frame. False: it may not go there.
bool ProcessorHost::apply_policy(Frame& frame, const HypervNic& nic) {
  const PortPolicy& policy = nic.port().policy(*reader_);
  if (!policy.rules_vlans()) return true;
  Packet& packet = frame.packet;
  const VlanVerdict verdict = driver::deliver(policy, vlan_of(packet));
  switch (verdict.what) {
    case VlanVerdict::What::Keep: return true;
    case VlanVerdict::What::Drop: return false;
    case VlanVerdict::What::Pop: frame.target.keeps_tag = false; return true;
    case VlanVerdict::What::Push:
      if (packet.headroom() < 4) return false;
      set_vlan(packet, verdict.vlan);
      packet.is_rewritten = true;
      return true;
  }
  return false;
}

void ProcessorHost::deliver(Frame& frame, const HypervNic& nic, datapath::PortNo number) {
  frame.target = {.path = &nic.module().packets(),
                  .port = nic.port_id(),
                  .nic = nic.index(),
                  .is_outside = nic.kind() == NicKind::External,
                  .number = number};
  if (!apply_policy(frame, nic)) return drop(frame, number, datapath::Drop::Policy);
  FrameQueue& queue = frame.arrival != nullptr ? frame.arrival->outputs : burst_->outputs;
  queue.push_back(frame);
}

void ProcessorHost::copy_tail(const Packet& packet, std::uint8_t* to) {
  // What cannot be read is not made up: zeros.
  if (!driver::copy_tail(Frame::of(packet), 0, packet.tail_size, to))
    __builtin_memset(to, 0, packet.tail_size);
}

std::uint16_t ProcessorHost::sum_tail(const Packet& packet) {
  return driver::sum_tail(Frame::of(packet));
}

}  // namespace ovs::driver
