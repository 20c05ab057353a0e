#include "platform/nt/start.h"

#include "base/bytes/hash.h"
#include "platform/nt/clock.h"
#include "platform/nt/machine.h"
#include "platform/nt/trace.h"
#include "platform/nt/worker.h"

namespace ovs::platform::nt {
namespace {

constexpr int kDraws = 64;

}  // namespace

struct Platform::Parts {
  static constexpr MemoryTag kTag = memory_tag("ovsP");

  explicit Parts(Owned<Machine> machine_, const GUID& trace_provider)
      : own_machine(std::move(machine_)), trace(trace_provider) {}
  ~Parts() {
    worker = nullptr;
    machine = nullptr;  // the member's destructor is the last that needs none
  }

  Owned<Machine> own_machine;
  KernelClock clock;
  EtwTrace trace;
  Owned<SystemThreadWorker> worker;
};

Result<Owned<Platform>> Platform::start(const GUID& trace_provider) {
  OVS_ASSERT(machine == nullptr);
  OVS_TRY(auto made, Machine::create());
  Machine* const raw = made.raw();
  OVS_TRY(auto parts, try_make<Parts>(std::move(made), trace_provider));
  machine = raw;
  OVS_TRY(parts->worker, SystemThreadWorker::create(parts->clock));
  return try_make<Platform>(std::move(parts));
}

Platform::Platform(Owned<Parts> parts) : parts_(std::move(parts)) {}
Platform::~Platform() = default;

const Clock& Platform::clock() const {
  return parts_->clock;
}
Trace& Platform::trace() const {
  return parts_->trace;
}
Worker& Platform::worker() const {
  return *parts_->worker;
}
unsigned Platform::processor_count() const {
  return parts_->own_machine->processor_count();
}

std::uint64_t Platform::draw_secret() const {
  std::uint64_t secret = parts_->clock.wall_ms();
  ULONG seed = static_cast<ULONG>(reinterpret_cast<ULONG_PTR>(parts_.raw()) >> 4);
  for (int i = 0; i < kDraws; ++i) {
    secret = hash_mix(secret, RtlRandomEx(&seed));
    secret = hash_mix(secret, std::uint64_t(KeQueryPerformanceCounter(nullptr).QuadPart));
  }
  return secret;
}

}  // namespace ovs::platform::nt
