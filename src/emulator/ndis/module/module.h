// A filter module in full: what FilterModule promises the switch, and what the driver's calls come
// to. Its parts: module_life.cc, module_packets.cc, module_requests.cc, module_events.cc.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "emulator/ndis/buffers/list_block.h"
#include "emulator/ndis/filter_module.h"
#include "emulator/ndis/ndis_impl.h"

namespace ovs::emulator {

class FilterDriver;
class Stack;
struct Flight;
struct OidClone;
struct Passing;

class Module final : public FilterModule {
 public:
  static constexpr std::uint64_t kMagic = 0x6c75'646f'6d76'6f34;

  Module(NdisImpl& ndis, Stack& stack, FilterDriver& driver);
  ~Module();

  // FilterModule
  ModuleState state() const override { return state_; }
  FilterStack& stack() override;
  NDIS_HANDLE handle() override { return this; }
  NDIS_STATUS restart() override;
  void pause() override;
  void send(NET_BUFFER_LIST* chain, ULONG flags) override;
  void cancel_send(void* cancel_id) override;
  void return_lists(NET_BUFFER_LIST* chain, ULONG flags) override;
  void send_complete(NET_BUFFER_LIST* chain, ULONG flags) override;
  void receive(NET_BUFFER_LIST* chain, ULONG flags) override;
  bool takes_received() const override { return how().ReceiveNetBufferListsHandler != nullptr; }
  void start_oid(NDIS_OID_REQUEST& request, OidDone done) override;
  NDIS_STATUS oid_request(NDIS_OID_REQUEST& request) override;
  void cancel_oid(void* request_id) override;
  void oid_complete(NDIS_OID_REQUEST* request, NDIS_STATUS status) override;
  void indicate_status(NDIS_STATUS_INDICATION& status) override;
  NDIS_STATUS net_pnp_event(NET_PNP_EVENT_NOTIFICATION& event) override;
  void check_quiescent() override;
  std::size_t held_count() const override { return held_; }
  std::size_t originated_count() const override { return originated_; }

  // --- life, called by the stack
  // Paused afterwards, or Detached with the driver's refusal.
  NDIS_STATUS attach();
  void detach();

  // --- what the driver calls
  NDIS_STATUS set_attributes(NDIS_HANDLE context, const NDIS_FILTER_ATTRIBUTES& attributes);
  NDIS_STATUS switch_handlers(NDIS_SWITCH_CONTEXT* context,
                              NDIS_SWITCH_OPTIONAL_HANDLERS* handlers);
  void restart_complete(NDIS_STATUS status);
  void pause_complete();
  void driver_sends(NET_BUFFER_LIST* chain, ULONG flags);
  void driver_completes(NET_BUFFER_LIST* chain, ULONG flags);
  void driver_cancels_send(void* cancel_id);
  void driver_indicates(NET_BUFFER_LIST* chain, ULONG count, ULONG flags);
  void driver_returns(NET_BUFFER_LIST* chain, ULONG flags);
  NDIS_STATUS driver_requests(NDIS_OID_REQUEST* request);
  void driver_completes_request(NDIS_OID_REQUEST* request, NDIS_STATUS status);
  void driver_cancels_request(void* request_id);
  void driver_indicates_status(NDIS_STATUS_INDICATION* status);
  NDIS_STATUS driver_passes_event(NET_PNP_EVENT_NOTIFICATION* event);

  // "module 0x.. (Running)".
  std::string describe() const;
  NdisImpl& ndis() { return ndis_; }
  bool is_driver(const FilterDriver& driver) const { return &driver == &driver_; }
  const std::uint64_t magic = kMagic;

  // Lists whose completion was put off come up now (Completions::Mixed).
  void flush_completions();

 private:
  const NDIS_FILTER_DRIVER_CHARACTERISTICS& how() const;
  Edge& edge();
  void enter(ModuleState state);
  // Attaching asks for nothing, indicates nothing and sends nothing (10); gone is gone (17).
  void check_may_act(const char* call) const;
  void check_paused_account(const char* when) const;
  void check_nothing_kept(int rule);
  bool is_alone() const;
  void check_live_objects(const std::string& before);

  // packets
  // Whether the driver may send what it is given now.
  bool is_open() const { return state_ != ModuleState::Paused && !was_told_to_pause_; }
  void give(NET_BUFFER_LIST* chain, bool is_received);
  void check_sent(ListBlock& block);
  void check_originated(ListBlock& block);
  void check_send_flags(NET_BUFFER_LIST* chain, ULONG flags);
  void check_given_back(ListBlock& block, const char* call);
  void take_up(NET_BUFFER_LIST* chain, bool has_handler);
  void complete_up(NET_BUFFER_LIST* chain, ULONG flags);
  void hold(NET_BUFFER_LIST* chain);
  NET_BUFFER_LIST* put_off(NET_BUFFER_LIST* chain);

  // requests
  void check_own_request(const NDIS_OID_REQUEST& request);
  NDIS_STATUS pass_down(NDIS_OID_REQUEST* request, OidClone* clone);
  void note_answer(NDIS_OID_REQUEST* request, NDIS_STATUS status);
  void check_answer(Flight& flight, NDIS_STATUS status);
  void finish(NDIS_OID_REQUEST* original, NDIS_STATUS status, const char* how);
  void run_request(NDIS_OID_REQUEST& request);

  NdisImpl& ndis_;
  Stack& stack_;
  FilterDriver& driver_;
  std::atomic<ModuleState> state_{ModuleState::Detached};
  NDIS_HANDLE context_ = nullptr;
  int attribute_calls_ = 0;
  bool asked_for_handlers_ = false;
  bool was_restarted_ = false;
  // From the return of FilterPause on: before it the driver cannot know.
  std::atomic<bool> was_told_to_pause_{false};
  // Of the restart or pause under way; changed where nobody waits (Kernel::change).
  std::optional<NDIS_STATUS> completed_;

  std::atomic<std::size_t> held_{0};        // the host's lists that the driver has
  std::atomic<std::size_t> originated_{0};  // the driver's lists that are below
  std::mutex put_off_mutex_;
  std::vector<NET_BUFFER_LIST*> put_off_;
  std::vector<void*> cancelled_down_;  // ids that the driver has passed on, while a cancel runs

  std::mutex requests_mutex_;
  std::map<NDIS_OID_REQUEST*, std::unique_ptr<Flight>> flights_;  // by the host's request
  std::set<NDIS_OID_REQUEST*> own_requests_;                      // of the driver, below
  bool is_requesting_ = false;  // NDIS asks for one thing at a time
  std::set<void*> ids_below_;   // that requests of the driver's have had
  std::vector<void*> cancelled_requests_;
  std::vector<Passing*> passing_;  // indications and events in the driver's hands
};

}  // namespace ovs::emulator
