// The flow table against a list that compares one by one, under the same random operations; and its
// promises about memory.
#include "datapath/table/flow_table.h"

#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <vector>

#include "platform/fake/failing_allocator.h"

using namespace ovs;
using namespace ovs::datapath;

namespace {

// Words drawn from few values, so that keys meet masks often.
flow::FlowKey random_key(std::mt19937_64& random) {
  flow::FlowKey key;
  for (unsigned i = 0; i < flow::kFlowWords; ++i) {
    if (i >= flow::kHotWords && random() % 8 != 0) continue;
    key.words[i] = (random() % 3) * 0x0101010101010101;
  }
  return key;
}

std::vector<flow::FlowMask> random_masks(std::mt19937_64& random, unsigned count) {
  std::vector<flow::FlowMask> masks(count);
  for (flow::FlowMask& mask : masks) {
    for (unsigned i = 0; i < flow::kFlowWords; ++i) {
      const bool hot = i < flow::kHotWords;
      if (random() % (hot ? 2 : 12) == 0)
        mask.words[i] = random() % 2 == 0 ? ~std::uint64_t{0} : 0xff00ff00;
    }
  }
  return masks;
}

struct ModelFlow {
  flow::FlowKey key;
  flow::FlowMask mask;
  FlowIndex index;
  std::unique_ptr<FlowBody> body;
};

struct Rig {
  Reclaimer reclaimer;
  Owned<FlowTable> table;
  std::vector<ModelFlow> model;

  explicit Rig(unsigned cache_bits = 4) {
    auto made =
        FlowTable::create({.processors = 1, .cache_bits = cache_bits, .secret = 7}, reclaimer);
    REQUIRE(made.ok());
    table = std::move(*made);
  }
  ~Rig() {
    while (!model.empty()) remove(model.size() - 1);
    table = nullptr;
    reclaimer.drain(Passive::here());
  }
  bool insert(const flow::FlowKey& key, const flow::FlowMask& mask) {
    ModelFlow flow{key, mask, kNoFlow, std::make_unique<FlowBody>()};
    auto index = table->insert(key, mask, *flow.body, kNoOnlyPort);
    if (!index) return false;
    flow.index = *index;
    model.push_back(std::move(flow));
    return true;
  }
  void remove(std::size_t at) {
    ModelFlow flow = std::move(model[at]);
    model[at] = std::move(model.back());
    model.pop_back();
    table->remove(flow.index);
    reclaimer.drain(Passive::here());
    synchronize(Passive::here());
    table->release(flow.index);
  }
  bool is_right(const flow::FlowKey& key, FlowIndex found) const {
    bool any = false;
    for (const ModelFlow& flow : model) {
      if (key.under(flow.mask) != flow.key) continue;
      any = true;
      if (flow.index == found) return true;
    }
    return !any && found == kNoFlow;
  }
  void check_batch(std::mt19937_64& random) {
    alignas(64) flow::PacketKey keys[kBatch];
    flow::FlowKey wanted[kBatch];
    FlowIndex found[kBatch];
    const unsigned count = 1 + random() % kBatch;
    for (unsigned i = 0; i < count; ++i) {
      wanted[i] = random_key(random);
      keys[i].assign(wanted[i]);
    }
    const RcuReader reader;
    table->lookup(Span<flow::PacketKey>(keys, count), found, 0, reader);
    for (unsigned i = 0; i < count; ++i) CHECK(is_right(wanted[i], found[i]));
  }
};

}  // namespace

TEST_CASE("FlowTable: finds what a list that compares one by one finds") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Rig rig(seed % 3 + 1);
    const auto masks = random_masks(random, seed % 2 == 0 ? 1 : 12);
    for (int step = 0; step < 3000; ++step) {
      const auto what = random() % 16;
      if (what < 6) {
        const flow::FlowMask& mask = masks[random() % masks.size()];
        const flow::FlowKey key = random_key(random).under(mask);
        const bool exists = rig.table->find_exactly(key, mask) != kNoFlow;
        CHECK(rig.insert(key, mask) == !exists);
      } else if (what < 10 && !rig.model.empty()) {
        rig.remove(random() % rig.model.size());
      } else if (what == 10) {
        rig.table->maintain();
      } else {
        rig.check_batch(random);
      }
    }
    CHECK(rig.table->count() == rig.model.size());
  }
}

TEST_CASE("FlowTable: gives back the key and mask it was given") {
  std::mt19937_64 random(3);
  Rig rig;
  for (const flow::FlowMask& mask : random_masks(random, 40))
    rig.insert(random_key(random).under(mask), mask);
  for (const ModelFlow& flow : rig.model) {
    CHECK(rig.table->mask_of(flow.index) == flow.mask);
    CHECK(rig.table->key_of_flow(flow.index) == flow.key);
    CHECK(rig.table->find_exactly(flow.key, flow.mask) == flow.index);
  }
}

TEST_CASE("FlowTable: refuses one mask too many, and takes it when another has gone") {
  Rig rig;
  flow::FlowMask mask;
  for (unsigned i = 1; i < kMaxMasks; ++i) {
    mask.words[1] = i;
    REQUIRE(rig.insert(flow::FlowKey(), mask));
  }
  FlowBody body;
  mask.words[1] = kMaxMasks;
  const auto refused = rig.table->insert(flow::FlowKey(), mask, body, kNoOnlyPort);
  REQUIRE(!refused.ok());
  CHECK(refused.error() == Error::Full);
  rig.remove(5);
  CHECK(rig.insert(flow::FlowKey(), mask));
}

TEST_CASE("FlowTable: whichever allocation of an insertion fails, nothing has changed") {
  std::mt19937_64 random(11);
  const auto masks = random_masks(random, 3);
  for (int nth = 0;; ++nth) {
    Rig rig;
    FlowBody body;
    const flow::FlowKey key = random_key(random).under(masks[1]);
    REQUIRE(rig.insert(random_key(random).under(masks[0]), masks[0]));
    bool done = false;
    {
      platform::FailingAllocator memory(nth);
      const auto index = rig.table->insert(key, masks[1], body, kNoOnlyPort);
      done = index.ok();
      if (!done) {
        CHECK(index.error() == Error::NoMemory);
        CHECK(rig.table->count() == 1);
        CHECK(rig.table->find_exactly(key, masks[1]) == kNoFlow);
      } else {
        rig.table->remove(*index);
        synchronize(Passive::here());
        rig.table->release(*index);
      }
      rig.check_batch(random);
    }
    if (done) break;
    REQUIRE(nth < 100);
  }
}

TEST_CASE("FlowTable: a lookup takes no memory") {
  std::mt19937_64 random(5);
  Rig rig;
  for (const flow::FlowMask& mask : random_masks(random, 20))
    rig.insert(random_key(random).under(mask), mask);
  platform::FailingAllocator memory;
  for (int i = 0; i < 1000; ++i) {
    alignas(64) flow::PacketKey keys[kBatch];
    FlowIndex found[kBatch];
    for (flow::PacketKey& key : keys) key.assign(random_key(random));
    const RcuReader reader;
    rig.table->lookup(keys, found, 0, reader);
  }
  CHECK(memory.count() == 0);
}
