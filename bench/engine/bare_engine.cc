#include "bench/engine/bare_engine.h"

#include <x86intrin.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "datapath/control/flow_store.h"
#include "datapath/datapath.h"
#include "datapath/pipeline/packet_pool.h"
#include "datapath/port/port_provider.h"
#include "platform/posix/clock.h"

namespace ovs::bench {

using namespace datapath;

namespace {

constexpr std::uint32_t kPorts = 5;

class NullHost final : public PacketHost {
 public:
  explicit NullHost(PacketPool& pool) : pool_(pool) {}
  Packet* clone(const Packet& packet) override { return pool_.clone(packet); }
  void release(Span<Packet* const> packets) override { pool_.give_back(packets); }
  void transmit(void*, Span<Packet* const> packets) override {
    sent += packets.count();
    pool_.give_back(packets);
  }
  void copy_tail(const Packet&, std::uint8_t*) override {}
  std::uint16_t sum_tail(const Packet&) override { return 0; }
  std::uint64_t sent = 0;

 private:
  PacketPool& pool_;
};

class NoEvents final : public PacketEvents {
 public:
  bool upcall(const Upcall&, Processor&) override { return false; }
  void neighbour_wanted(PortNo, Ipv4Address, Processor&) override {}
  void flush(Processor&) override {}
};

class NoDevices final : public PortProvider {
 public:
  PortNo preferred_number(Text, VportKind) override { return kNoPort; }
  Result<PortDevice> attach(Text, VportKind, PortNo) override { return Error::NotFound; }
  void detach(void*) override {}
  void release(void*) override {}
  PortState state(void*) override { return {}; }
  Result<void> change(void*, const PortChange&) override { return Error::Unsupported; }
};

template <class T>
T or_die(Result<T> made) {
  if (!made) fail(error_name(made.error()));
  return std::move(*made);
}

}  // namespace

void fail(const char* what) {
  std::fprintf(stderr, "bench: %s\n", what);
  std::exit(1);
}

struct BareEngine::Parts {
  explicit Parts(const Case& which);
  ~Parts();
  void fill(const Case& which);
  unsigned take(Packet** batch);
  double run();
  double run_floor();

  platform::SystemClock clock;
  Reclaimer reclaimer;
  NoEvents events;
  NoDevices devices;
  Owned<PacketPool> pool;
  NullHost host;
  Owned<Datapath> datapath;
  Owned<FlowStore> flows;
  std::vector<Frame> frames;
  std::size_t next = 0;
};

BareEngine::Parts::Parts(const Case& which)
    : pool(or_die(PacketPool::create(512, 128))),
      host(*pool),
      datapath(or_die(Datapath::create({.processors = 1, .secret = 42, .cache_bits = 9}, clock,
                                       reclaimer, events))),
      flows(or_die(FlowStore::create(datapath->flows(), reclaimer, 7))) {
  datapath->processor(0).host = &host;
  for (std::uint32_t number = 1; number <= kPorts; ++number) {
    Vport::Spec spec;
    spec.number = PortNo{number};
    spec.name = PortName::cut("p");
    spec.device = this;
    auto port = or_die(Vport::create(spec, 1, devices));
    if (!datapath->add_port(port)) fail("a port was refused");
  }
  fill(which);
}

BareEngine::Parts::~Parts() {
  flows->clear();
  reclaimer.drain(Passive::here());
  for (std::uint32_t number = 1; number <= kPorts; ++number)
    (void)datapath->remove_port(PortNo{number});
  reclaimer.drain(Passive::here());
  flows = nullptr;
  datapath = nullptr;
  reclaimer.drain(Passive::here());
}

void BareEngine::Parts::fill(const Case& which) {
  frames = frames_of(which);
  const std::vector<std::uint8_t> actions = actions_of(which);
  for (const Frame& frame : frames) {
    const flow::FlowKey key = key_of(frame);
    const FlowStore::Spec spec{{}, key, mask_of(key, which.masks), actions};
    const auto added = flows->add(spec);
    if (!added && added.error().error != Error::Exists) fail("a flow was refused");
  }
}

unsigned BareEngine::Parts::take(Packet** batch) {
  for (unsigned i = 0; i < kBatch; ++i) {
    const Frame& frame = frames[next];
    next = next + 1 == frames.size() ? 0 : next + 1;
    __builtin_prefetch(&frames[next + 8 < frames.size() ? next + 8 : 0]);
    Packet* packet = pool->take();
    std::memcpy(packet->data, frame.bytes, 64);
    packet->head_size = kFrameSize;
    packet->in_port = 1;
    batch[i] = packet;
  }
  return kBatch;
}

double BareEngine::Parts::run() {
  Packet* batch[kBatch];
  const std::uint64_t begin = __rdtsc();
  for (std::size_t done = 0; done < kPacketsPerRun; done += kBatch) {
    const unsigned count = take(batch);
    datapath->receive(datapath->processor(0), Span<Packet* const>(batch, count));
  }
  return double(__rdtsc() - begin) / double(kPacketsPerRun);
}

double BareEngine::Parts::run_floor() {
  Packet* batch[kBatch];
  const std::uint64_t begin = __rdtsc();
  for (std::size_t done = 0; done < kPacketsPerRun; done += kBatch) {
    const unsigned count = take(batch);
    host.transmit(nullptr, Span<Packet* const>(batch, count));
  }
  return double(__rdtsc() - begin) / double(kPacketsPerRun);
}

BareEngine::BareEngine(const Case& which) : parts_(std::make_unique<Parts>(which)) {
  for (int i = 0; i < 4; ++i) {
    parts_->run();
    parts_->datapath->flows().maintain();
    parts_->reclaimer.drain(Passive::here());
  }
}
BareEngine::~BareEngine() = default;

double BareEngine::run() {
  const std::uint64_t before = parts_->host.sent;
  const double ticks = parts_->run();
  if (parts_->host.sent - before < kPacketsPerRun) fail("packets were lost");
  return ticks;
}

double BareEngine::run_floor() {
  return parts_->run_floor();
}

}  // namespace ovs::bench
