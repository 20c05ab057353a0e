#include "emulator/nt/kernel.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "emulator/nt/callback.h"
#include "emulator/nt/parts.h"
#include "emulator/nt/text.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

constexpr std::size_t kMaxMessages = 10'000;

// The driver's imports are given no context: whose they are is known by there being one kernel.
std::atomic<Kernel*> current_kernel{nullptr};
std::atomic<std::uint64_t> current_id{0};
std::atomic<std::uint64_t> kernels_made{0};
std::function<std::string(const void*)> describe_address;

PoolForm form_of_pool(const KernelConfig& config) {
  if (config.detectors == Detectors::Off) return PoolForm::Plain;
  return config.guarded_pool ? PoolForm::Guarded : PoolForm::Checked;
}

KernelConfig complete(KernelConfig config) {
  config.max_processors = std::max(config.max_processors, config.processors);
  if (config.seed) config.detectors = Detectors::On;
  return config;
}

}  // namespace

// ---- parts.h ----

Kernel::Parts& parts() {
  return Kernel::current().parts();
}

std::uint64_t kernel_id() {
  return current_id;
}

Scheduler& current_scheduler() {
  return parts().scheduler;
}

std::string place_in_image(const void* address) {
  return describe_address ? describe_address(address) : std::string();
}

Kernel::Parts::Parts(const KernelConfig& given)
    : config(complete(given)),
      scheduler(config.seed),
      pool(form_of_pool(config)),
      threads(scheduler),
      processors(scheduler, config.max_processors) {}

void MessageLog::add(std::string line) {
  while (!line.empty() && line.back() == '\n') line.pop_back();
  const std::lock_guard lock(mutex_);
  if (listener_) listener_(line);
  if (lines_.size() == kMaxMessages) lines_.erase(lines_.begin());
  lines_.push_back(std::move(line));
}

std::vector<std::string> MessageLog::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

void MessageLog::listen(std::function<void(const std::string&)> listener) {
  const std::lock_guard lock(mutex_);
  listener_ = std::move(listener);
}

// ---- failures ----

void Failures::fail_nth(std::int64_t nth) {
  nth_ = nth;
  asked_ = 0;
}

std::int64_t Failures::asked() const {
  return asked_;
}

bool Failures::has_failed() const {
  return nth_ >= 0 && asked_ > nth_;
}

bool Failures::ask() {
  return asked_++ == nth_;
}

// ---- live objects ----

struct LiveObjects::Parts {
  mutable std::mutex mutex;
  std::map<std::pair<std::string, const void*>, std::string> objects;
};

LiveObjects::LiveObjects() : parts_(std::make_unique<Parts>()) {}
LiveObjects::~LiveObjects() = default;

void LiveObjects::add(const char* kind, const void* object, std::string text) {
  const std::lock_guard lock(parts_->mutex);
  parts_->objects[{kind, object}] = std::move(text);
}

bool LiveObjects::remove(const char* kind, const void* object) {
  const std::lock_guard lock(parts_->mutex);
  return parts_->objects.erase({kind, object}) != 0;
}

std::size_t LiveObjects::count(std::string_view kind) const {
  const std::lock_guard lock(parts_->mutex);
  return std::size_t(std::count_if(parts_->objects.begin(), parts_->objects.end(),
                                   [&](const auto& each) { return each.first.first == kind; }));
}

std::string LiveObjects::list() const {
  const std::lock_guard lock(parts_->mutex);
  std::string text;
  for (const auto& [key, words] : parts_->objects) {
    text +=
        "  " + key.first + " " + text_of(key.second) + (words.empty() ? "" : ": " + words) + "\n";
  }
  return text;
}

// ---- host threads ----

struct HostThread::Parts {
  bool is_over = false;  // under the scheduler's lock
  std::thread thread;
};

HostThread::HostThread(std::string name, std::function<void()> main)
    : parts_(std::make_unique<Parts>()) {
  Scheduler& scheduler = current_scheduler();
  parts_->thread =
      start_kernel_thread(scheduler, std::move(name), std::move(main), [this, &scheduler] {
        parts_->is_over = true;
        scheduler.notify();
      });
}

HostThread::~HostThread() {
  join();
}

void HostThread::join() {
  if (!parts_->thread.joinable()) return;
  {
    Scheduler& scheduler = current_scheduler();
    KernelLock lock = scheduler.lock();
    scheduler.wait(lock, [this] { return parts_->is_over; }, {});
  }
  parts_->thread.join();
}

// ---- the kernel ----

Kernel::Kernel(const KernelConfig& config) {
  if (current_kernel.exchange(this) != nullptr)
    violate(kBugCheck, "there is a kernel already in this process");
  parts_ = std::make_unique<Parts>(config);
  report_faults();
  current_id = ++kernels_made;
  auto self = std::make_unique<Thread>("main thread");
  parts_->scheduler.join(*self);
  Thread::adopt(std::move(self));
  for (unsigned i = 0; i < parts_->config.processors; ++i) parts_->processors.add();
}

Kernel::~Kernel() {
  parts_->processors.stop();
  parts_->pool.check_all();
  parts_->threads.join_all();
  if (const auto self = Thread::forget()) parts_->scheduler.leave(*self);
  current_id = 0;
  leave_faults();
  parts_ = nullptr;
  current_kernel = nullptr;
  describe_address = nullptr;
}

Kernel& Kernel::current() {
  Kernel* kernel = current_kernel;
  if (kernel == nullptr) violate(kBugCheck, "a function of the kernel is called, and no kernel is");
  return *kernel;
}

const KernelConfig& Kernel::config() const {
  return parts_->config;
}

void Kernel::add_functions(ImportTable& table) {
  const Detectors detectors = parts_->config.detectors;
  for (ImportTable* to : {&table, &parts_->routines}) {
    Exports kernel(*to, "ntoskrnl.exe", parts_->config.windows, detectors);
    add_ke_locks(kernel);
    add_ke_waits(kernel);
    add_ke_dpcs(kernel);
    add_ke_threads(kernel);
    add_ex(kernel);
    add_mm(kernel);
    add_rtl(kernel);
    add_etw(kernel);
    add_io(kernel);
    Exports hal(*to, "hal.dll", parts_->config.windows, detectors);
    add_hal(hal);
  }
}

const platform::Clock& Kernel::clock() const {
  return parts_->scheduler;
}
Failures& Kernel::failures() {
  return parts_->failures;
}
LiveObjects& Kernel::live_objects() {
  return parts_->live;
}

bool Kernel::wait_until(FunctionRef<bool()> ready, std::optional<std::uint64_t> timeout_ms) {
  const Call call("Kernel::wait_until", kPassive);
  Scheduler& scheduler = parts_->scheduler;
  std::optional<std::uint64_t> deadline_ns;
  if (timeout_ms) deadline_ns = scheduler.now_ns() + *timeout_ms * 1'000'000;
  KernelLock lock = scheduler.lock();
  return scheduler.wait(lock, ready, deadline_ns);
}

void Kernel::change(FunctionRef<void()> change) {
  const KernelLock lock = parts_->scheduler.lock();
  change();
  parts_->scheduler.notify();
}

void Kernel::take(bool& taken) {
  for (bool is_mine = false; !is_mine;) {
    wait_until([&] { return !taken; });
    change([&] { is_mine = !std::exchange(taken, true); });
  }
}

void Kernel::sleep_ms(std::uint64_t ms) {
  wait_until([] { return false; }, ms);
}

void Kernel::flush_dpcs() {
  wait_until([this] { return parts_->processors.are_idle(); });
}

void Kernel::check_nothing_left(int rule, std::string_view when) {
  std::string left = parts_->live.list() + parts_->pool.list() + parts_->threads.list();
  {
    const KernelLock lock = parts_->scheduler.lock();
    const KDPC* dpc = parts_->processors.find_dpc(nullptr, std::size_t(-1));
    if (dpc != nullptr) left += "  DPC " + text_of(dpc) + ", queued or running\n";
  }
  if (!left.empty()) violate(rule, "after " + std::string(when) + " the driver has left:\n" + left);
  parts_->pool.check_all();
}

std::vector<std::string> Kernel::messages() const {
  return parts_->messages.lines();
}
void Kernel::on_message(std::function<void(const std::string&)> listener) {
  parts_->messages.listen(std::move(listener));
}
void Kernel::describe_addresses(std::function<std::string(const void*)> describe) {
  describe_address = std::move(describe);
}

}  // namespace ovs::emulator
