// A module's states: attach, restart, pause, detach (rules 9 to 17).
#include <algorithm>
#include <string_view>

#include "emulator/ndis/buffers/buffer_pool.h"
#include "emulator/ndis/imports.h"
#include "emulator/ndis/module/filter_driver.h"
#include "emulator/ndis/module/module.h"
#include "emulator/ndis/module/requests.h"
#include "emulator/ndis/module/stack.h"

namespace ovs::emulator {
namespace {

// Text that lives through a call, as the driver is given it: not ended by a zero.
struct CountedText {
  explicit CountedText(const std::u16string& from) : text(from) {
    string = {static_cast<USHORT>(2 * text.size()), static_cast<USHORT>(2 * text.size()),
              reinterpret_cast<PWCH>(text.data())};
  }
  CountedText(const CountedText&) = delete;

  std::u16string text;
  NDIS_STRING string;
};

std::u16string wide(const std::string& text) {
  return std::u16string(text.begin(), text.end());
}

// Of revision 4, NDIS 6.30's.
constexpr UCHAR kAttachRevision = 4;
constexpr ULONG64 kLinkSpeed = 10'000'000'000;

NDIS_FILTER_ATTACH_PARAMETERS parameters_of(const StackConfig& config) {
  NDIS_FILTER_ATTACH_PARAMETERS parameters = {};
  parameters.Header = {NDIS_OBJECT_TYPE_FILTER_ATTACH_PARAMETERS, kAttachRevision,
                       sizeof(parameters)};
  parameters.IfIndex = config.if_index + 1;
  parameters.NetLuid.Value = config.net_luid;
  parameters.BaseMiniportIfIndex = config.if_index;
  parameters.MediaConnectState = MediaConnectStateConnected;
  parameters.MediaDuplexState = MediaDuplexStateFull;
  parameters.XmitLinkSpeed = parameters.RcvLinkSpeed = kLinkSpeed;
  parameters.MiniportMediaType = NdisMedium802_3;
  parameters.MiniportPhysicalMediaType = NdisPhysicalMediumUnspecified;
  parameters.MacAddressLength = 6;
  parameters.LowerIfIndex = config.if_index;
  return parameters;
}

}  // namespace

Module::Module(NdisImpl& ndis, Stack& stack, FilterDriver& driver)
    : ndis_(ndis), stack_(stack), driver_(driver) {}
Module::~Module() = default;

FilterStack& Module::stack() {
  return stack_;
}
Edge& Module::edge() {
  return stack_.edge();
}
const NDIS_FILTER_DRIVER_CHARACTERISTICS& Module::how() const {
  return driver_.how;
}
std::string Module::describe() const {
  return "module " + hex(this) + " (" + text_of(state()) + ")";
}

void Module::enter(ModuleState state) {
  state_ = state;
  edge().state_changed(*this);
}

void Module::check_may_act(const char* call) const {
  if (state_ == ModuleState::Attaching) violate(10, std::string(call) + " in Attaching");
  if (state_ == ModuleState::Detached) violate(17, std::string(call) + " after detaching");
}

NDIS_STATUS Module::attach() {
  const StackConfig& config = stack_.config();
  const CountedText guid(wide(config.miniport_name + "-" + narrow(driver_.unique_name) + "-0000"));
  const CountedText instance(wide(config.miniport_instance));
  const CountedText miniport(wide(config.miniport_name));
  NDIS_FILTER_ATTACH_PARAMETERS parameters = parameters_of(config);
  parameters.FilterModuleGuidName = const_cast<PNDIS_STRING>(&guid.string);
  parameters.BaseMiniportInstanceName = const_cast<PNDIS_STRING>(&instance.string);
  parameters.BaseMiniportName = const_cast<PNDIS_STRING>(&miniport.string);
  const std::string before = ndis_.kernel().live_objects().list();
  enter(ModuleState::Attaching);
  const NDIS_STATUS status =
      call_driver("FilterAttach", how().AttachHandler, handle(), driver_.context, &parameters);
  if (status == NDIS_STATUS_PENDING) violate(9, "FilterAttach is pending: it has to be final");
  if (status == NDIS_STATUS_SUCCESS) {
    if (attribute_calls_ != 1) violate(9, "FilterAttach succeeds without NdisFSetAttributes");
    if (stack_.config().kind == StackKind::Adapter && asked_for_handlers_) {
      violate(11, "FilterAttach succeeds where there is no switch");
    }
    enter(ModuleState::Paused);
    return status;
  }
  check_nothing_kept(12);
  enter(ModuleState::Detached);
  if (is_alone()) check_live_objects(before);
  return status;
}

// Whether no other module lives, so that what the driver has grows and shrinks by this one alone.
bool Module::is_alone() const {
  const std::lock_guard lock(ndis_.mutex);
  return std::none_of(ndis_.modules.begin(), ndis_.modules.end(), [this](const auto& each) {
    return each.get() != this && each->state() != ModuleState::Detached;
  });
}

// What an attach that failed took is given back, if not at once then by the driver's own threads.
void Module::check_live_objects(const std::string& before) {
  constexpr int kPatience = 400;
  std::string now = ndis_.kernel().live_objects().list();
  for (int i = 0; now != before && i < kPatience; ++i) {
    ndis_.kernel().sleep_ms(5);
    now = ndis_.kernel().live_objects().list();
  }
  if (now != before) violate(12, "FilterAttach fails and leaves:\n" + now + "\nbefore:\n" + before);
}

NDIS_STATUS Module::set_attributes(NDIS_HANDLE context, const NDIS_FILTER_ATTRIBUTES& attributes) {
  if (state_ != ModuleState::Attaching) violate(9, "NdisFSetAttributes in " + describe());
  if (++attribute_calls_ > 1) violate(9, "NdisFSetAttributes for the second time");
  const NDIS_OBJECT_HEADER& header = attributes.Header;
  if (header.Type != NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES ||
      header.Revision != NDIS_FILTER_ATTRIBUTES_REVISION_1 ||
      header.Size < NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1) {
    violate(9, "NdisFSetAttributes: the header is not that of filter attributes");
  }
  if (fails_now()) {
    attribute_calls_ = 0;
    return NDIS_STATUS_RESOURCES;
  }
  context_ = context;
  return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS Module::switch_handlers(NDIS_SWITCH_CONTEXT* context,
                                    NDIS_SWITCH_OPTIONAL_HANDLERS* handlers) {
  const NDIS_OBJECT_HEADER header = handlers->Header;
  if (header.Type != NDIS_OBJECT_TYPE_SWITCH_OPTIONAL_HANDLERS ||
      header.Revision != NDIS_SWITCH_OPTIONAL_HANDLERS_REVISION_1 ||
      header.Size != NDIS_SIZEOF_SWITCH_OPTIONAL_HANDLERS_REVISION_1) {
    violate(11, "NdisFGetOptionalSwitchHandlers: the header is type " +
                    hex(std::uint64_t{header.Type}) + ", revision " +
                    std::to_string(header.Revision) + ", size " + std::to_string(header.Size));
  }
  if (state_ != ModuleState::Attaching) {
    violate(11, "NdisFGetOptionalSwitchHandlers in " + describe());
  }
  asked_for_handlers_ = true;
  if (stack_.config().kind == StackKind::Adapter) return NDIS_STATUS_NOT_SUPPORTED;
  if (fails_now()) return NDIS_STATUS_RESOURCES;
  return edge().switch_handlers(*this, *context, *handlers);
}

NDIS_STATUS Module::restart() {
  OVS_ASSERT(state_ == ModuleState::Paused);
  NDIS_FILTER_RESTART_PARAMETERS parameters = {};
  parameters.Header = {NDIS_OBJECT_TYPE_FILTER_RESTART_PARAMETERS, 1, sizeof(parameters)};
  parameters.MiniportMediaType = NdisMedium802_3;
  parameters.LowerIfIndex = stack_.config().if_index;
  ndis_.kernel().change([&] { completed_.reset(); });
  was_restarted_ = true;
  was_told_to_pause_ = false;
  enter(ModuleState::Restarting);
  NDIS_STATUS status = call_driver("FilterRestart", how().RestartHandler, context_, &parameters);
  if (status == NDIS_STATUS_PENDING) {
    ndis_.kernel().wait_until([&] { return completed_.has_value(); });
    status = *completed_;
  } else if (completed_.has_value()) {
    violate(13, "FilterRestart: NdisFRestartComplete, and a final status besides");
  }
  enter(status == NDIS_STATUS_SUCCESS ? ModuleState::Running : ModuleState::Paused);
  return status;
}

void Module::restart_complete(NDIS_STATUS status) {
  if (state_ != ModuleState::Restarting || completed_.has_value()) {
    violate(13, "NdisFRestartComplete when no restart is pending: " + describe());
  }
  if (status == NDIS_STATUS_PENDING) violate(13, "NdisFRestartComplete with a status of pending");
  ndis_.kernel().change([&] { completed_ = status; });
}

void Module::pause() {
  OVS_ASSERT(state_ == ModuleState::Running);
  NDIS_FILTER_PAUSE_PARAMETERS parameters = {};
  parameters.Header = {NDIS_OBJECT_TYPE_FILTER_PAUSE_PARAMETERS, 1, sizeof(parameters)};
  ndis_.kernel().change([&] { completed_.reset(); });
  enter(ModuleState::Pausing);
  if (!ndis_.holds_completions()) flush_completions();
  const NDIS_STATUS status = call_driver("FilterPause", how().PauseHandler, context_, &parameters);
  was_told_to_pause_ = true;
  if (status == NDIS_STATUS_PENDING) {
    const auto is_complete = [&] { return completed_.has_value(); };
    while (ndis_.mixes_completions() && !ndis_.kernel().wait_until(is_complete, 1)) {
      flush_completions();
    }
    ndis_.kernel().wait_until(is_complete);
  } else if (status != NDIS_STATUS_SUCCESS) {
    violate(14, "FilterPause fails: " + hex(std::uint64_t{static_cast<ULONG>(status)}));
  } else if (completed_.has_value()) {
    violate(14, "FilterPause: NdisFPauseComplete, and success besides");
  } else {
    check_paused_account("FilterPause returns success");
  }
  enter(ModuleState::Paused);
}

void Module::pause_complete() {
  if (state_ != ModuleState::Pausing || completed_.has_value()) {
    violate(14, "NdisFPauseComplete when no pause is pending: " + describe());
  }
  check_paused_account("NdisFPauseComplete");
  ndis_.kernel().change([&] { completed_ = NDIS_STATUS_SUCCESS; });
}

void Module::check_paused_account(const char* when) const {
  if (held_ == 0 && originated_ == 0) return;
  violate(14, std::string(when) + ": the driver holds " + std::to_string(held_) +
                  " lists of the host's, and " + std::to_string(originated_) +
                  " of its own are below");
}

void Module::detach() {
  OVS_ASSERT(state_ == ModuleState::Paused);
  enter(ModuleState::Detaching);
  {
    const NothingToBeHad none;
    call_driver("FilterDetach", how().DetachHandler, context_);
  }
  check_nothing_kept(17);
  enter(ModuleState::Detached);
}

// The driver's packets that are somewhere, its requests, its clones, its pools.
void Module::check_nothing_kept(int rule) {
  check_paused_account("FilterDetach");
  if (const std::string kept = live_pools_of(this); !kept.empty()) violate(rule, kept);
  const std::lock_guard lock(requests_mutex_);
  if (!own_requests_.empty()) violate(rule, describe() + ": requests of its own are under way");
  if (!flights_.empty()) violate(20, describe() + ": has not ended a request of the host's");
  if (const std::string kept = live_clones_of(*this); !kept.empty()) violate(21, kept);
}

void Module::check_quiescent() {
  flush_completions();
  if (held_ != 0) {
    violate(51, describe() + " has neither sent nor completed " + std::to_string(held_) +
                    " lists of the host's");
  }
  const std::lock_guard lock(requests_mutex_);
  if (!flights_.empty()) violate(20, describe() + " has not ended a request of the host's");
}

Module& module_of(NDIS_HANDLE handle, const char* call) {
  auto* module = static_cast<Module*>(handle);
  if (handle == nullptr || handle == kPoisonHandle || module->magic != Module::kMagic) {
    check_handle(handle, call);
    violate(4, std::string(call) + ": " + hex(handle) + " is no module's handle");
  }
  if (module->state() == ModuleState::Detached) {
    violate(17, std::string(call) + ": the handle of a module that is detached");
  }
  return *module;
}

namespace {

NDIS_STATUS set_attributes(NDIS_HANDLE handle, NDIS_HANDLE context,
                           PNDIS_FILTER_ATTRIBUTES attributes) {
  return module_of(handle, "NdisFSetAttributes").set_attributes(context, *attributes);
}
NDIS_STATUS get_optional_switch_handlers(NDIS_HANDLE handle, PNDIS_SWITCH_CONTEXT context,
                                         PNDIS_SWITCH_OPTIONAL_HANDLERS handlers) {
  return module_of(handle, "NdisFGetOptionalSwitchHandlers").switch_handlers(context, handlers);
}
void restart_complete(NDIS_HANDLE handle, NDIS_STATUS status) {
  module_of(handle, "NdisFRestartComplete").restart_complete(status);
}
void pause_complete(NDIS_HANDLE handle) {
  module_of(handle, "NdisFPauseComplete").pause_complete();
}

}  // namespace

void add_module_functions(Exports& exports) {
  OVS_NDIS_EXPORT(exports, set_attributes, NdisFSetAttributes, kPassive);
  OVS_NDIS_EXPORT(exports, get_optional_switch_handlers, NdisFGetOptionalSwitchHandlers, kPassive,
                  SpinLocks::MayBeHeld, 0x0602);
  OVS_NDIS_EXPORT(exports, restart_complete, NdisFRestartComplete, kUpToDispatch, SpinLocks::None);
  OVS_NDIS_EXPORT(exports, pause_complete, NdisFPauseComplete, kUpToDispatch, SpinLocks::None);
}

}  // namespace ovs::emulator
