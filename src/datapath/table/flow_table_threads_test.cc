// Readers beside a writer, on real threads: what a lookup finds is a flow that matches, however the
// table changes meanwhile. Run under the thread sanitizer too.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "datapath/table/flow_table.h"

using namespace ovs;
using namespace ovs::datapath;

namespace {

constexpr unsigned kReaders = 2, kKeys = 512;

// Its key stands in the body too, where readers compare it.
struct CheckedFlow final : RcuObject, FlowBody {
  FlowTable& table;
  FlowIndex index = kNoFlow;
  std::uint64_t wanted;

  CheckedFlow(FlowTable& table_, std::uint64_t wanted_) : table(table_), wanted(wanted_) {}
  ~CheckedFlow() { table.release(index); }
};

flow::FlowKey key_of(std::uint64_t number) {
  flow::FlowKey key;
  key.words[3] = number * 0x9e3779b97f4a7c15;
  return key;
}

}  // namespace

TEST_CASE("FlowTable: readers beside a writer find only flows that match") {
  Reclaimer reclaimer;
  auto made = FlowTable::create({.processors = kReaders, .cache_bits = 3, .secret = 9}, reclaimer);
  REQUIRE(made.ok());
  Owned<FlowTable> table = std::move(*made);
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> wrong{0}, hits{0};
  const auto read = [&](unsigned processor) {
    std::mt19937_64 random(processor);
    alignas(64) flow::PacketKey keys[kBatch];
    FlowIndex found[kBatch];
    std::uint64_t numbers[kBatch];
    while (!stop.load(std::memory_order_relaxed)) {
      for (unsigned i = 0; i < kBatch; ++i) {
        numbers[i] = 1 + random() % kKeys;
        keys[i].assign(key_of(numbers[i]));
      }
      const RcuReader reader;
      table->lookup(keys, found, processor, reader);
      for (unsigned i = 0; i < kBatch; ++i) {
        if (found[i] == kNoFlow) continue;
        const FlowBody* body = table->record(found[i]).body.load(Order::Acquire);
        hits.fetch_add(1, std::memory_order_relaxed);
        if (static_cast<const CheckedFlow*>(body)->wanted != numbers[i]) wrong.fetch_add(1);
        table->counters(processor, found[i]).packets.add_unshared(1);
      }
    }
  };
  std::vector<std::thread> readers;
  for (unsigned i = 0; i < kReaders; ++i) readers.emplace_back(read, i);
  std::vector<Owned<CheckedFlow>> flows(kKeys + 1);
  std::mt19937_64 random(77);
  flow::FlowMask masks[3];
  masks[0].words[3] = ~std::uint64_t{0};
  masks[1].words[3] = ~std::uint64_t{0}, masks[1].words[0] = 1;
  masks[2].words[3] = ~std::uint64_t{0}, masks[2].words[8] = 1;
  for (int step = 0; step < 60000; ++step) {
    const std::uint64_t number = 1 + random() % kKeys;
    Owned<CheckedFlow>& flow = flows[number];
    if (flow) {
      table->remove(flow->index);
      reclaimer.take(Retired<CheckedFlow>(std::move(flow)));
    } else {
      auto body = try_make<CheckedFlow>(*table, number);
      auto index = table->insert(key_of(number), masks[number % 3], **body, kNoOnlyPort);
      REQUIRE(index.ok());
      (*body)->index = *index;
      flow = std::move(*body);
    }
    if (step % 64 == 0) reclaimer.poll(Passive::here());
    if (step % 4096 == 0) table->maintain();
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(wrong.load() == 0);
  CHECK(hits.load() > 0);
  for (Owned<CheckedFlow>& flow : flows) {
    if (!flow) continue;
    table->remove(flow->index);
    reclaimer.take(Retired<CheckedFlow>(std::move(flow)));
  }
  reclaimer.drain(Passive::here());
  table = nullptr;
}
