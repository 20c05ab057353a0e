// The one Ndis as the rest of this folder knows it: what is registered, what lives, chance.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "base/core/function_ref.h"
#include "emulator/ndis/buffers/net_buffers.h"
#include "emulator/ndis/ndis.h"
#include "emulator/ndis/report.h"
#include "emulator/nt/kernel.h"

namespace ovs::emulator {

class Exports;
class FilterDriver;
class Module;
class Stack;

class NdisImpl final : public Ndis {
 public:
  // Of the process; there is one.
  static NdisImpl& current();

  NdisImpl(Kernel& kernel, ImportTable& imports, NdisConfig config);
  ~NdisImpl() override;

  const NdisConfig& config() const override { return config_; }
  void set_completions(Completions completions) override;
  void set_answers(Answers answers) override { answers_ = answers; }
  void set_shapes(Shapes shapes) override { shapes_ = shapes; }
  void set_layout(const FrameLayout& layout) override;

  Kernel& kernel() { return kernel_; }
  const ImportTable& imports() const { return imports_; }
  UINT version() const { return config_.version; }
  // 30 to 85: of 6.30 to 6.85.
  unsigned minor() const { return config_.version & 0xffff; }
  // Without, lists are nobody's: what the driver does with them is not looked at.
  bool has_detectors() const { return has_detectors_; }
  bool mixes_completions() const { return completions_ == Completions::Mixed; }
  bool holds_completions() const { return completions_ == Completions::Held; }
  bool mixes_answers() const { return answers_ == Answers::Mixed; }
  // Of a frame for which nobody says.
  FrameLayout layout_for(std::size_t frame_size);
  // A module has put completions off: they come up within some milliseconds. At most
  // DISPATCH_LEVEL.
  void note_put_off();
  // One time in `of`, by the seed.
  bool chance(unsigned of) { return random() % of == 0; }
  std::uint64_t random();

  // What registers, attaches and detaches happens one after the other. PASSIVE_LEVEL; may wait.
  void configure(FunctionRef<void()> body);

  // --- under `mutex`
  std::mutex mutex;
  std::vector<FilterDriver*> drivers;
  std::vector<Stack*> stacks;
  std::set<const void*> pools;
  // Every module that ever was, so that a handle is known to be a detached one's.
  std::vector<std::unique_ptr<Module>> modules;

 private:
  Kernel& kernel_;
  const ImportTable& imports_;
  const NdisConfig config_;
  const bool has_detectors_;
  std::atomic<Completions> completions_;
  std::atomic<Answers> answers_;
  std::atomic<Shapes> shapes_;
  std::mutex layout_mutex_;
  FrameLayout layout_;
  std::atomic<std::uint64_t> random_state_;
  // Changed where nobody waits (Kernel::change).
  bool is_configuring_ = false;
  bool is_ending_ = false;
  bool has_put_off_ = false;
  std::unique_ptr<HostThread> late_;  // completes what was put off

  void complete_late();
  void flush_modules();
};

// What a handle holds before its driver is registered.
inline NDIS_HANDLE const kPoisonHandle = reinterpret_cast<NDIS_HANDLE>(0xdead0004dead0004);
// A violation (4, 17) unless `handle` is a registered driver's or an attached module's.
void check_handle(NDIS_HANDLE handle, const char* call);
// Of a module's handle that lives; a violation otherwise.
Module& module_of(NDIS_HANDLE handle, const char* call);

void add_registration_functions(Exports& exports);
void add_module_functions(Exports& exports);
void add_packet_functions(Exports& exports);
void add_clone_request_functions(Exports& exports);
void add_request_functions(Exports& exports);
void add_event_functions(Exports& exports);
void add_device_functions(Exports& exports);

}  // namespace ovs::emulator
