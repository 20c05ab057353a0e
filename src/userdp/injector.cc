#include "userdp/injector.h"

namespace ovs::userdp {

using datapath::Packet;

Packet* make_packet(datapath::PacketPool& pool, Bytes frame, const flow::PacketMetadata& metadata) {
  Packet* packet = pool.take(frame);
  if (packet == nullptr) return nullptr;
  packet->in_port = metadata.in_port;
  packet->recirc_id = metadata.recirc_id;
  packet->skb_priority = metadata.skb_priority;
  packet->pkt_mark = metadata.pkt_mark;
  packet->dp_hash = metadata.dp_hash;
  packet->has_tunnel = metadata.tunnel != nullptr;
  if (packet->has_tunnel) packet->tunnel = *metadata.tunnel;
  return packet;
}

void Injector::start(datapath::Datapath& datapath, unsigned processor) {
  datapath_ = &datapath;
  processor_ = &datapath.processor(processor);
  processor_->host = &host_;
}

Result<void> Injector::run(Bytes frame, const flow::PacketMetadata& metadata,
                           const datapath::Program& program) {
  const std::lock_guard lock(mutex_);
  if (frame.count() > host_.pool().frame_capacity()) return Error::Range;
  Packet* packet = make_packet(host_.pool(), frame, metadata);
  if (packet == nullptr) return Error::NoMemory;
  datapath_->execute(*processor_, packet, program);
  return kOk;
}

void Injector::retry_held() {
  const std::lock_guard lock(mutex_);
  datapath_->retry_held(*processor_);
}

}  // namespace ovs::userdp
