#include "emulator/ndis/ndis.h"

#include <cstdio>
#include <utility>

#include "emulator/ndis/buffers/buffer_pool.h"
#include "emulator/ndis/buffers/guarded_memory.h"
#include "emulator/ndis/imports.h"
#include "emulator/ndis/module/filter_driver.h"
#include "emulator/ndis/module/module.h"
#include "emulator/ndis/ndis_impl.h"
#include "emulator/nt/schedule/processor.h"

namespace ovs::emulator {
namespace {

// The driver's calls carry nothing that would lead to it.
NdisImpl* the_ndis = nullptr;

UINT get_version() {
  return NdisImpl::current().version();
}

PVOID get_routine_address(PNDIS_STRING name) {
  return NdisImpl::current().imports().find("ndis.sys", narrow(text_of(*name)));
}

NdisConfig completed(NdisConfig config, const Kernel& kernel) {
  if (config.version == 0) config.version = kernel.config().ndis;
  return config;
}

}  // namespace

std::string hex(std::uint64_t number) {
  char text[20];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
  return text;
}
std::string hex(const void* address) {
  return hex(static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(address)));
}

NdisImpl& NdisImpl::current() {
  return *the_ndis;
}

NdisImpl::NdisImpl(Kernel& kernel, ImportTable& imports, NdisConfig config)
    : kernel_(kernel),
      imports_(imports),
      config_(completed(std::move(config), kernel)),
      has_detectors_(kernel.config().detectors == Detectors::On),
      completions_(config_.completions),
      answers_(config_.answers),
      shapes_(config_.shapes),
      random_state_(config_.seed) {
  the_ndis = this;
  report_frame_faults();
  Exports exports(imports, "ndis.sys", kernel.config().windows, kernel.config().detectors);
  OVS_NDIS_EXPORT(exports, get_version, NdisGetVersion, kPassive);
  OVS_NDIS_EXPORT(exports, get_routine_address, NdisGetRoutineAddress, kPassive);
  add_registration_functions(exports);
  add_module_functions(exports);
  add_packet_functions(exports);
  add_request_functions(exports);
  add_event_functions(exports);
  add_device_functions(exports);
  add_pool_functions(exports);
  add_clone_functions(exports);
  add_data_functions(exports);
}

NdisImpl::~NdisImpl() {
  kernel_.change([&] { is_ending_ = true; });
  late_.reset();
  the_ndis = nullptr;
}

void NdisImpl::set_layout(const FrameLayout& layout) {
  const std::lock_guard lock(layout_mutex_);
  layout_ = layout;
  shapes_ = Shapes::Given;
}

FrameLayout NdisImpl::layout_for(std::size_t frame_size) {
  switch (shapes_) {
    case Shapes::Plain: break;
    case Shapes::Mixed: return any_layout(random(), frame_size);
    case Shapes::Given: {
      const std::lock_guard lock(layout_mutex_);
      return layout_;
    }
  }
  return {};
}

// splitmix64: each call takes the next number, on whichever thread.
std::uint64_t NdisImpl::random() {
  std::uint64_t z = random_state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

void NdisImpl::configure(FunctionRef<void()> body) {
  kernel_.take(is_configuring_);
  body();
  kernel_.change([&] { is_configuring_ = false; });
}

// ---- completions that are put off ----
void NdisImpl::set_completions(Completions completions) {
  completions_ = completions;
  if (completions == Completions::Mixed && late_ == nullptr) {
    late_ = std::make_unique<HostThread>("late completions", [this] { complete_late(); });
  }
  flush_modules();
}

void NdisImpl::note_put_off() {
  kernel_.change([&] { has_put_off_ = true; });
}

// On whichever processor: a completion may come up on another than its send went down on.
void NdisImpl::complete_late() {
  while (true) {
    kernel_.wait_until([&] { return is_ending_ || has_put_off_; });
    bool is_over = false;
    kernel_.change([&] {
      is_over = is_ending_;
      has_put_off_ = false;
    });
    if (is_over) return;
    kernel_.sleep_ms(1 + random() % 3);
    const auto processor = static_cast<unsigned>(random() % kernel_.config().processors);
    run_on(processor, DISPATCH_LEVEL, [this] { flush_modules(); });
  }
}

void NdisImpl::flush_modules() {
  std::vector<Module*> all;
  {
    const std::lock_guard lock(mutex);
    for (const auto& module : modules) all.push_back(module.get());
  }
  for (Module* module : all) module->flush_completions();
}

std::unique_ptr<Ndis> Ndis::start(Kernel& kernel, ImportTable& imports, NdisConfig config) {
  auto made = std::make_unique<NdisImpl>(kernel, imports, std::move(config));
  made->set_completions(made->config().completions);
  return made;
}

}  // namespace ovs::emulator
