// Packets, flow-mods, port changes and rounds of revalidation at once, over a datapath in memory
// whose packets come on threads of their own. Meant for the thread sanitizer; what must hold
// whatever the order is checked by all builds.
#include <doctest/doctest.h>

#include <chrono>
#include <mutex>
#include <random>
#include <shared_mutex>
#include <thread>

#include "daemon/log/memory_log_output.h"
#include "daemon/stream/memory_network.h"
#include "flow/match/match_text.h"
#include "flow/match/odp_text.h"
#include "vswitch/dpif/memory_dpif_test.h"
#include "vswitch/ofproto/switches_impl.h"

namespace ovs::vswitch {
namespace {

class RunningClock final : public platform::Clock {
 public:
  std::uint64_t now_ns() const override {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::uint64_t(std::chrono::nanoseconds(now).count());
  }
  std::uint64_t wall_ms() const override { return now_ms(); }
};

// A MemoryDpif under a lock, whose upcalls come on the thread that brings a packet.
class BusyDpif final : public Dpif {
  template <class F>
  auto locked(F&& work) {
    const std::lock_guard lock(mutex_);
    return work();
  }

 public:
  const std::string& type() const override { return inner_.type(); }
  const std::string& name() const override { return inner_.name(); }
  Threading threading() const override { return Threading::Threaded; }
  DpifResult<DpPort> port_add(const DpifPortSpec& spec) override {
    return locked([&] { return inner_.port_add(spec); });
  }
  DpifResult<void> port_del(DpPort port) override {
    return locked([&] { return inner_.port_del(port); });
  }
  DpifResult<DpifPort> port_by_name(std::string_view wanted) override {
    return locked([&] { return inner_.port_by_name(wanted); });
  }
  DpifResult<std::vector<DpifPort>> port_dump() override {
    return locked([&] { return inner_.port_dump(); });
  }
  DpifResult<DpifPortStats> port_stats(DpPort) override { return DpifPortStats{}; }
  DpifResult<DpifStats> stats() override { return DpifStats{}; }
  DpifResult<void> flow_put(const FlowPut& put) override {
    return locked([&] { return inner_.flow_put(put); });
  }
  DpifResult<DpifFlowStats> flow_del(const Ufid& ufid, const flow::FlowKey& key) override {
    return locked([&] { return inner_.flow_del(ufid, key); });
  }
  DpifResult<DpifFlow> flow_find(const Ufid& ufid, const flow::FlowKey& key) override {
    return locked([&] { return inner_.flow_find(ufid, key); });
  }
  DpifResult<void> flow_dump(const FlowVisitor& visit) override {
    auto flows = locked([&] { return inner_.flows; });
    for (auto& [id, flow] : flows) visit(flow);
    return kOk;
  }
  DpifResult<void> flow_flush() override {
    return locked([&] { return inner_.flow_flush(); });
  }
  DpifResult<void> execute(const Execute&) override { return kOk; }
  std::uint32_t upcall_pid(DpPort) const override { return 0; }
  void set_upcall_handler(UpcallHandler handler, const UpcallThreads&) override {
    const std::unique_lock lock(calling_);
    handler_ = std::move(handler);
  }
  void set_port_event_handler(PortEventHandler) override {}

  // A packet comes in; any thread.
  void receive(const flow::FlowKey& key, std::uint64_t now_ms) {
    const bool is_known = locked([&] {
      for (auto& [id, flow] : inner_.flows) {
        if (!key.equals_under(flow.key, flow.mask)) continue;
        ++flow.stats.packets;
        flow.stats.bytes += 60;
        flow.stats.used_ms = now_ms;
        return true;
      }
      return false;
    });
    if (is_known) return;
    const std::shared_lock lock(calling_);
    std::vector<Upcall> upcalls(1);
    upcalls[0].key = key;
    upcalls[0].packet.resize(60);
    if (handler_) handler_(upcalls);
  }

 private:
  std::mutex mutex_;
  MemoryDpif inner_;
  std::shared_mutex calling_;  // guards the handler
  UpcallHandler handler_;
};

flow::FlowKey key_of(const std::string& text) {
  const auto parsed = flow::parse_odp(text);
  REQUIRE(parsed.ok());
  return parsed->key;
}

// br0 with ports p1 to p4 that stay (number N is datapath port N). p4's packets are NORMAL's.
struct Storm {
  static constexpr unsigned kSources = 2;

  Storm() {
    auto made = std::make_unique<BusyDpif>();
    dpif = made.get();
    Backer& over = switches.add_datapath(std::move(made));
    bridge = &switches.add("br0", over, 1);
    bridge->set_fail_mode(FailMode::Secure);
    for (unsigned i = 1; i <= 4; ++i) add_port("p" + std::to_string(i), OfPort(std::uint16_t(i)));
    over.set_settled_hook([this](std::uint64_t ticket) { settled = ticket; });
    openflow::FlowMod normal;
    normal.match = *flow::parse_match("in_port=4");
    normal.priority = 9;
    normal.table = 0;
    normal.actions = {openflow::Output{openflow::kPortNormal, 0}};
    apply(normal);
  }

  Backer& backer() { return bridge->impl().backer; }
  unsigned number(unsigned n) { return unsigned(random() % n); }

  void add_port(const std::string& name, OfPort number) {
    PortSettings port;
    port.name = name;
    port.type = "dummy";
    port.requested = number;
    REQUIRE(bridge->add_port(port).ok());
    BundleSettings bundle;
    bundle.name = name;
    bundle.ports = {number};
    bridge->set_bundle(bundle);
  }

  void apply(const openflow::FlowMod& mod) {
    std::vector<RemovedRule> removed;
    REQUIRE(bridge->impl().tables.apply(mod, clock.now_ms(), removed).ok());
  }

  void change_flows() {
    openflow::FlowMod mod;
    const std::string text = "in_port=" + std::to_string(1 + number(3)) + ",ip,nw_dst=10.0.0." +
                             std::to_string(number(8)) + (number(2) != 0 ? "" : "/30");
    mod.match = *flow::parse_match(text);
    mod.priority = std::uint16_t(10 + number(3));
    mod.table = 0;
    mod.actions = {openflow::Output{std::uint16_t(1 + number(4)), 0}};
    if (number(3) == 0) mod.actions = {openflow::Action(openflow::Controller{})};
    if (number(3) == 0) mod.command = openflow::FlowCommand::DeleteStrict;
    apply(mod);
  }

  void change_ports() {
    if (passing) {
      REQUIRE(bridge->remove_port(*passing).ok());
      passing.reset();
    } else {
      passing = OfPort(9);
      add_port("p9", *passing);
    }
  }

  void send(unsigned seed) {
    std::mt19937 own(seed);
    std::vector<flow::FlowKey> keys;
    for (unsigned i = 0; i < 128; ++i) {
      const std::string text =
          "in_port(" + std::to_string(1 + i % 4) + "),eth(src=50:54:00:00:00:0" +
          std::to_string(i % 8) + ",dst=50:54:00:00:00:0" + std::to_string(i % 5) +
          "),eth_type(0x0800),ipv4(src=10.1.1.1,dst=10.0.0." + std::to_string(i % 16) +
          ",proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=" + std::to_string(i / 64) + ")";
      keys.push_back(key_of(text));
    }
    while (!is_over.load()) {
      dpif->receive(keys[own() % keys.size()], clock.now_ms());
      sent.fetch_add(1);
    }
  }

  void run_until(const std::function<bool()>& is_done) {
    while (!is_done()) loop.run_once(10);
  }

  // What the datapath has for ports 1 to 3 is what the tables say now.
  void check_flows() {
    switches.commit();
    const std::uint64_t ticket = backer().settle();
    if (ticket != 0) run_until([&] { return settled >= ticket; });
    const Shared<SwitchView> view = backer().view();
    unsigned wrong = 0;
    REQUIRE(dpif->flow_dump([&](DpifFlow& flow) {
                  const PortPlace place = find_ingress(*view, flow.key);
                  if (place && place.port->number == OfPort(4)) return;
                  TranslationRequest request;
                  request.view = view.raw();
                  request.bridge = place.bridge;
                  request.key = pipeline_key(flow.key, place ? place.port->number : OfPort(0));
                  request.frozen = &backer().frozen();
                  wrong += !place || translate(request).actions != flow.actions;
                })
                .ok());
    CHECK(wrong == 0);
  }

  RunningClock clock;
  daemon::MemoryLogOutput output;
  daemon::Log log{clock, output, "test", 1};
  daemon::Loop loop{clock};
  daemon::MemoryNetwork network{loop};
  Switches switches{{loop, log, network, "/run", "3.7.1"}};
  BusyDpif* dpif = nullptr;
  Ofproto* bridge = nullptr;
  std::mt19937 random{4711};
  std::optional<OfPort> passing;
  std::uint64_t settled = 0;
  std::atomic<bool> is_over{false};
  std::atomic<std::uint64_t> sent{0};
};

}  // namespace

TEST_CASE("Churn: a settled datapath does what the tables say, and each packet counts once") {
  Storm storm;
  storm.switches.commit();
  std::vector<std::thread> sources;
  for (unsigned i = 0; i < Storm::kSources; ++i) {
    sources.emplace_back([&storm, i] { storm.send(i); });
  }
  for (unsigned turn = 0; turn < 2000; ++turn) {
    storm.change_flows();
    if (turn % 16 == 0) storm.change_ports();
    if (turn % 8 == 0) storm.backer().revalidate();
    if (turn % 50 == 0) storm.switches.configure({.revalidator_threads = 1 + turn / 50 % 3});
    if (turn % 64 == 0) storm.backer().purge();
    storm.loop.run_once(1);
    if (turn % 4 == 0) storm.check_flows();
  }
  storm.is_over = true;
  for (std::thread& source : sources) source.join();
  bool is_done = false;
  storm.backer().revalidate([&] { is_done = true; });
  storm.run_until([&] { return is_done; });
  storm.check_flows();
  const auto& table = storm.bridge->impl().table_counters->of[0];
  CHECK(table.lookups.load() == storm.sent.load());
  CHECK(storm.sent.load() > 2000);
}

}  // namespace ovs::vswitch
