// A switch with nothing around it, for tests: its ports are names, what it sends is counted and
// kept, requests are netlink.
#pragma once
#include <string>
#include <vector>

#include "datapath/control/control.h"
#include "datapath/pipeline/packet_pool.h"
#include "platform/fake/virtual_clock.h"

namespace ovs::datapath {

class RigHost final : public PacketHost, public PortProvider, public PacketRunner {
 public:
  Result<void> start() {
    OVS_TRY(pool_, PacketPool::create(512, frame_size));
    return kOk;
  }

  Packet* clone(const Packet& packet) override { return pool_->clone(packet); }
  Packet* clone_part(const Packet& packet, std::uint32_t header_size, std::uint32_t from,
                     std::uint32_t size) override {
    return pool_->clone_part(packet, header_size, from, size);
  }
  void release(Span<Packet* const> packets) override { pool_->give_back(packets); }
  void transmit(void*, Span<Packet* const> packets) override {
    sent += packets.count();
    if (keeps) {
      for (const Packet* packet : packets)
        frames.emplace_back(packet->data, packet->data + packet->head_size);
    }
    pool_->give_back(packets);
  }
  void copy_tail(const Packet&, std::uint8_t*) override {}
  std::uint16_t sum_tail(const Packet&) override { return 0; }

  PortNo preferred_number(Text, VportKind) override { return kNoPort; }
  Result<PortDevice> attach(Text, VportKind, PortNo) override {
    ++attached;
    return PortDevice{this, MacAddress{{{2, 0, 0, 0, 0, 9}}}, 1500};
  }
  void detach(void*) override {}
  void release(void*) override { --attached; }
  PortState state(void*) override { return {}; }
  Result<void> change(void*, const PortChange&) override { return kOk; }

  Result<void> run(Bytes frame, const flow::PacketMetadata& metadata,
                   const Program& program) override {
    Packet* packet = pool_->take(frame);
    if (packet == nullptr) return Error::Range;
    packet->in_port = metadata.in_port;
    packet->recirc_id = metadata.recirc_id;
    packet->has_tunnel = metadata.tunnel != nullptr;
    if (packet->has_tunnel) packet->tunnel = *metadata.tunnel;
    control->datapath().execute(control->datapath().processor(0), packet, program);
    return kOk;
  }

  PacketPool& pool() { return *pool_; }

  Control* control = nullptr;
  std::uint64_t sent = 0;
  int attached = 0;
  std::size_t frame_size = 2048;
  bool keeps = false;
  std::vector<std::vector<std::uint8_t>> frames;

 private:
  Owned<PacketPool> pool_;
};

class ControlRig {
 public:
  static Result<void> start(ControlRig& rig) {
    OVS_TRY(rig.host.start());
    Control::Config config;
    config.name = PortName::cut("ovs-system");
    OVS_TRY(rig.control_, Control::create(config, {rig.clock, rig.host, rig.host}));
    rig.host.control = rig.control_.raw();
    rig.control_->datapath().processor(0).host = &rig.host;
    OVS_TRY(rig.handle_, rig.control_->open());
    return kOk;
  }
  // Packets that wait for a neighbour go back first.
  ~ControlRig() {
    handle_ = platform::OpenDevice();
    if (!control_) return;
    Processor& processor = control_->datapath().processor(0);
    for (unsigned i = 0; i < processor.held_count; ++i) {
      host.release(Span<Packet* const>(&processor.held[i].packet, 1));
    }
    control_ = nullptr;
  }

  // 0, a netlink error number, or -1000 - the device's error.
  template <class Command, class Fill>
  int request(wire::Family family, Command command, Fill fill, std::uint16_t flags = 0,
              platform::DeviceControl code = platform::DeviceControl::Transact) {
    std::uint8_t bytes[8192];
    wire::Writer writer{MutableBytes(bytes)};
    wire::Message header{};
    header.type = std::uint16_t(family);
    header.flags = std::uint16_t(wire::kFlagRequest | flags);
    header.command = std::uint8_t(command);
    std::uint8_t pid[4];
    OVS_ASSERT(handle_->control(platform::DeviceControl::GetPid, Bytes(), pid).ok());
    header.pid = load<std::uint32_t>(pid);
    const std::size_t at = wire::begin_message(writer, header);
    fill(writer);
    wire::end_message(writer, at);
    return send(code, Bytes(bytes, writer.size()));
  }
  int send(platform::DeviceControl code, Bytes message) {
    const auto size = handle_->control(code, message, output_);
    if (!size) return -1000 - int(size.error());
    answer_size_ = *size;
    const auto error = wire::parse_error(answer());
    return error ? error->error : 0;
  }
  // What the last request was answered.
  Bytes answer() const { return Bytes(output_, answer_size_); }
  void receive(std::uint32_t port, const std::vector<std::uint8_t>& frame) {
    receive(port, frame, [](Packet&) {});
  }
  // `change` is done to the packet before.
  template <class Change>
  void receive(std::uint32_t port, const std::vector<std::uint8_t>& frame, Change change) {
    Packet* packet = host.pool().take(Bytes(frame));
    OVS_ASSERT(packet != nullptr);
    packet->in_port = port;
    change(*packet);
    control_->datapath().receive(control_->datapath().processor(0),
                                 Span<Packet* const>(&packet, 1));
  }

  Control& control() { return *control_; }
  platform::DeviceHandle& handle() { return *handle_; }

  platform::VirtualClock clock;
  RigHost host;

 private:
  Owned<Control> control_;
  platform::OpenDevice handle_;
  std::uint8_t output_[65536];
  std::size_t answer_size_ = 0;
};

}  // namespace ovs::datapath
