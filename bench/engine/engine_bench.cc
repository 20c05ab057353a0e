// What a packet costs the engine: a buffer is taken, a frame copied into it, received, parsed,
// looked up, counted, acted on, sent to a port that gives it back. Ticks of the time-stamp counter,
// minimum and median of several runs, on one pinned processor. Prints "NAME MIN MEDIAN" a line;
// bench/run makes the table.
#include <sched.h>
#include <x86intrin.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "datapath/control/flow_store.h"
#include "datapath/datapath.h"
#include "datapath/pipeline/packet_pool.h"
#include "datapath/port/port_provider.h"
#include "flow/action/action.h"
#include "platform/posix/clock.h"

using namespace ovs;
using namespace ovs::datapath;

namespace {

constexpr std::size_t kFrameSize = 60;
constexpr unsigned kRuns = 99;
constexpr std::size_t kPacketsPerRun = 1 << 17;  // short, so that the least disturbed run shows

struct Frame {
  alignas(64) std::uint8_t bytes[64];
};

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
  if (made) return std::move(*made);
  std::fprintf(stderr, "engine_bench: %s\n", error_name(made.error()));
  std::exit(1);
}

// A UDP packet whose destination, port and source say which it is.
Frame make_frame(std::uint32_t number) {
  Frame frame{};
  const std::uint8_t head[] = {2, 0,    0, 0, 0,  2, 2, 0, 0, 0,  0,  1, 8,
                               0, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0};
  std::memcpy(frame.bytes, head, sizeof head);
  store(frame.bytes + 26, Be32(0x0a000000u | (number >> 8)));
  store(frame.bytes + 30, Be32(0x0b000000u | number));
  store(frame.bytes + 34, Be16(std::uint16_t(1024 + number % 50000)));
  store(frame.bytes + 36, Be16(std::uint16_t(number % 60000)));
  store(frame.bytes + 38, Be16(26));
  return frame;
}

class Bench {
 public:
  Bench()
      : pool_(or_die(PacketPool::create(512, 128))),
        host_(*pool_),
        datapath_(or_die(Datapath::create({.processors = 1, .secret = 42, .cache_bits = 9}, clock_,
                                          reclaimer_, events_))),
        flows_(or_die(FlowStore::create(datapath_->flows(), reclaimer_, 7))) {
    datapath_->processor(0).host = &host_;
    for (std::uint32_t number = 1; number <= 5; ++number) {
      Vport::Spec spec;
      spec.number = PortNo{number};
      spec.name = PortName::cut("p");
      spec.device = this;
      auto port = or_die(Vport::create(spec, 1, devices_));
      if (!datapath_->add_port(port)) std::exit(1);
    }
  }
  ~Bench() {
    flows_->clear();
    reclaimer_.drain(Passive::here());
    for (std::uint32_t number = 1; number <= 5; ++number)
      (void)datapath_->remove_port(PortNo{number});
    reclaimer_.drain(Passive::here());
    flows_ = nullptr;
    datapath_ = nullptr;
    reclaimer_.drain(Passive::here());
  }

  // `flows` packets of their own, spread over `masks` masks; each flow has one megaflow when
  // `exact`, else a mask has few.
  void fill(std::uint32_t flows, unsigned masks,
            const std::function<void(wire::Writer&)>& actions) {
    frames_.clear();
    for (std::uint32_t i = 0; i < flows; ++i) frames_.push_back(make_frame(i));
    std::shuffle(frames_.begin(), frames_.end(), std::mt19937_64(5));
    std::vector<std::uint8_t> list;
    wire::ContainerRoom<std::vector<std::uint8_t>> room(list);
    wire::Writer writer(room);
    actions(writer);
    list.resize(writer.size());
    for (const Frame& frame : frames_) add_flow(frame, masks, list);
  }
  void measure(const char* name) {
    for (int i = 0; i < 4; ++i) {
      run(kPacketsPerRun);
      datapath_->flows().maintain();
      reclaimer_.drain(Passive::here());
    }
    std::vector<double> ticks;
    const std::uint64_t before = host_.sent;
    for (unsigned i = 0; i < kRuns; ++i) ticks.push_back(run(kPacketsPerRun));
    std::sort(ticks.begin(), ticks.end());
    if (host_.sent - before < kRuns * kPacketsPerRun) {
      std::fprintf(stderr, "engine_bench: %s: packets were lost\n", name);
      std::exit(1);
    }
    std::printf("%s %.1f %.1f\n", name, ticks.front(), ticks[kRuns / 2]);
    std::fflush(stdout);
  }
  // Taking, copying and giving back alone.
  void measure_floor() {
    frames_.assign(1000, make_frame(1));
    std::vector<double> ticks;
    for (unsigned i = 0; i < kRuns; ++i) ticks.push_back(run_floor(kPacketsPerRun));
    std::sort(ticks.begin(), ticks.end());
    std::printf("floor %.1f %.1f\n", ticks.front(), ticks[kRuns / 2]);
  }

 private:
  // Mask m looks at the destination and, by its number, at some bits of the source: as many masks
  // as are wanted, disjoint by the destination's low bits.
  void add_flow(const Frame& frame, unsigned masks, const std::vector<std::uint8_t>& actions) {
    flow::PacketMetadata metadata;
    metadata.in_port = 1;
    const flow::FlowKey key = flow::extract(Bytes(frame.bytes, kFrameSize), metadata);
    flow::FlowMask mask;
    flow::store_number<flow::StorageId::InPort>(mask, 0xffff);
    flow::store_number<flow::StorageId::EthType>(mask, 0xffff);
    flow::store_number<flow::StorageId::NwDst>(mask, 0xffffffff);
    flow::store_number<flow::StorageId::NwProto>(mask, 0xff);
    const unsigned which = unsigned(flow::load_stored<flow::StorageId::NwDst>(key)) % masks;
    flow::store_number<flow::StorageId::NwSrc>(mask,
                                               masks == 1 ? 0 : (std::uint64_t{1} << which) - 1);
    FlowStore::Spec spec{{}, key, mask, actions};
    const auto added = flows_->add(spec);
    if (!added && added.error().error != Error::Exists) {
      std::fprintf(stderr, "engine_bench: a flow was refused\n");
      std::exit(1);
    }
  }
  unsigned take(Packet** batch) {
    for (unsigned i = 0; i < kBatch; ++i) {
      const Frame& frame = frames_[next_];
      next_ = next_ + 1 == frames_.size() ? 0 : next_ + 1;
      __builtin_prefetch(&frames_[next_ + 8 < frames_.size() ? next_ + 8 : 0]);
      Packet* packet = pool_->take();
      std::memcpy(packet->data, frame.bytes, 64);
      packet->head_size = kFrameSize;
      packet->in_port = 1;
      batch[i] = packet;
    }
    return kBatch;
  }
  double run(std::size_t packets) {
    Packet* batch[kBatch];
    const std::uint64_t begin = __rdtsc();
    for (std::size_t done = 0; done < packets; done += kBatch) {
      const unsigned count = take(batch);
      datapath_->receive(datapath_->processor(0), Span<Packet* const>(batch, count));
    }
    return double(__rdtsc() - begin) / double(packets);
  }
  double run_floor(std::size_t packets) {
    Packet* batch[kBatch];
    const std::uint64_t begin = __rdtsc();
    for (std::size_t done = 0; done < packets; done += kBatch) {
      const unsigned count = take(batch);
      host_.transmit(nullptr, Span<Packet* const>(batch, count));
    }
    return double(__rdtsc() - begin) / double(packets);
  }

  platform::SystemClock clock_;
  Reclaimer reclaimer_;
  NoEvents events_;
  NoDevices devices_;
  Owned<PacketPool> pool_;
  NullHost host_;
  Owned<Datapath> datapath_;
  Owned<FlowStore> flows_;
  std::vector<Frame> frames_;
  std::size_t next_ = 0;
};

void to_port(wire::Writer& writer) {
  flow::put_output(writer, 2);
}

// The only case to be measured, or null.
const char* only_case = nullptr;

void measure(const char* name, std::uint32_t flows, unsigned masks,
             const std::function<void(wire::Writer&)>& actions) {
  if (only_case != nullptr && std::strcmp(only_case, name) != 0) return;
  Bench bench;
  bench.fill(flows, masks, actions);
  bench.measure(name);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) only_case = argv[1];
  cpu_set_t first;
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  sched_setaffinity(0, sizeof first, &first);
  if (only_case == nullptr) Bench().measure_floor();
  measure("flows=1,masks=1", 1, 1, to_port);
  measure("flows=1000,masks=1", 1000, 1, to_port);
  measure("flows=100000,masks=1", 100000, 1, to_port);
  measure("flows=1000,masks=20", 1000, 20, to_port);
  measure("flows=100000,masks=20", 100000, 20, to_port);
  measure("push_vlan", 1000, 1, [](wire::Writer& writer) {
    flow::put_push_vlan(writer, Be16(0x8100), Be16(0x1005));
    flow::put_output(writer, 2);
  });
  measure("output_to_4", 1000, 1, [](wire::Writer& writer) {
    for (std::uint32_t port = 2; port <= 5; ++port) flow::put_output(writer, port);
  });
  return 0;
}
