// A filter driver in the test's own process, over a kernel and an NDIS. Its handlers are right:
// they pass everything on. Tests of NDIS put a wrong handler in the place of one, tests of the
// switch a wrong step of a module's. What is above and below its modules, each rig has of its own.
#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "emulator/host/loader/driver_image.h"
#include "emulator/ndis/ndis.h"
#include "emulator/nt/kernel.h"

namespace ovs::emulator::test {

inline constexpr const char* kUniqueName = "{1A7FA0B7-AAFC-492A-B870-424D1FF85470}";
inline constexpr std::u16string_view kUniqueNameText = u"{1A7FA0B7-AAFC-492A-B870-424D1FF85470}";
inline constexpr ULONG kTag = 0x74736574;

UNICODE_STRING text(std::u16string_view from);

// One module: what its handlers do.
class TestFilter {
 public:
  TestFilter() = default;
  TestFilter(const TestFilter&) = delete;
  virtual ~TestFilter() = default;

  // With handle, switch handlers and attributes there.
  virtual NDIS_STATUS attached() { return NDIS_STATUS_SUCCESS; }
  virtual void detached() {}
  virtual NDIS_STATUS restart() { return NDIS_STATUS_SUCCESS; }
  virtual void pause() {}
  virtual void send_chain(NET_BUFFER_LIST* chain, ULONG flags);
  virtual void send_complete(NET_BUFFER_LIST* chain, ULONG flags);
  // Where `receives`, as it came.
  virtual void receive_chain(NET_BUFFER_LIST* chain, ULONG count, ULONG flags);
  virtual void return_chain(NET_BUFFER_LIST* chain, ULONG flags);
  // By a clone.
  virtual NDIS_STATUS oid(NDIS_OID_REQUEST* request);
  // A request of the module's own has ended.
  virtual void own_oid_complete() {}
  virtual NDIS_STATUS pnp_event(NET_PNP_EVENT_NOTIFICATION* event);

  // A clone goes on, and its end is the original's.
  NDIS_STATUS pass_on(NDIS_OID_REQUEST* request);

  bool receives = false;         // whether the driver has handlers of the receive path
  NDIS_HANDLE handle = nullptr;  // as FilterAttach was given it
  NDIS_SWITCH_CONTEXT context = nullptr;
  NDIS_SWITCH_OPTIONAL_HANDLERS handlers = {};
  std::vector<NDIS_OID> oids;  // that it was asked, as they came
};

class FilterRig {
 public:
  explicit FilterRig(const KernelConfig& kernel, const NdisConfig& ndis = {});
  FilterRig(const FilterRig&) = delete;
  // A rig that a violation does not end takes its driver down in order.
  virtual ~FilterRig();
  // The one that lives, for handlers.
  static FilterRig& current();

  // Whose handle this is; one that nobody has is for the module that attaches next.
  virtual TestFilter& module_of(NDIS_HANDLE handle) = 0;

  // The driver has handlers of the receive path; before start().
  void take_received();
  // Registers, which attaches and restarts.
  NDIS_STATUS start();
  // Deregisters, if it is registered: to be called by the destructor of whoever has the modules.
  void stop();

  Kernel kernel;
  ImportTable imports;
  std::unique_ptr<Ndis> ndis;
  DRIVER_OBJECT object = {};
  NDIS_FILTER_DRIVER_CHARACTERISTICS how;  // changed before start()
  NDIS_HANDLE driver = nullptr;
};

// A function of ndis.sys as a driver calls it.
#define OVS_IMPORTED(name)             \
  reinterpret_cast<decltype(&::name)>( \
      ovs::emulator::test::FilterRig::current().imports.find("ndis.sys", #name))

// A right driver's handlers, and steps of them.
NDIS_STATUS NTAPI attach(NDIS_HANDLE handle, NDIS_HANDLE, PNDIS_FILTER_ATTACH_PARAMETERS);
NDIS_STATUS set_attributes(NDIS_HANDLE handle);
NDIS_STATUS get_switch_handlers(NDIS_HANDLE handle);
NDIS_STATUS NTAPI pass_request(NDIS_HANDLE context, PNDIS_OID_REQUEST request);
VOID NTAPI request_complete(NDIS_HANDLE context, PNDIS_OID_REQUEST request, NDIS_STATUS status);
// A clone that knows its original, for this module.
NDIS_OID_REQUEST* clone_of(NDIS_HANDLE handle, NDIS_OID_REQUEST* original);
// A list pool of this module's.
NDIS_HANDLE make_list_pool(NDIS_HANDLE handle, USHORT context_size, bool with_buffer);

}  // namespace ovs::emulator::test
