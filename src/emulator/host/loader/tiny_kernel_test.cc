#include "emulator/host/loader/tiny_kernel_test.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdarg>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace ovs::emulator::test {
namespace {

TinyKernel* kernel = nullptr;

// One lock and one condition for everything that can be waited for.
std::mutex objects_mutex;
std::condition_variable objects_changed;
std::mutex kernel_mutex;

struct Thread {
  DISPATCHER_HEADER header = {};
  std::thread thread;
};

std::string narrow(const UNICODE_STRING* text) {
  return std::string(text->Buffer, text->Buffer + text->Length / 2);
}

void signal(DISPATCHER_HEADER& header) {
  const std::lock_guard lock(objects_mutex);
  header.SignalState = 1;
  objects_changed.notify_all();
}

// A processor: a thread that is at DISPATCH_LEVEL has it for itself, and its DPCs run when nobody
// has.
class Processor {
 public:
  Processor() : thread_([this] { run(); }) {}
  ~Processor() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  void raise() { level_.lock(); }
  void lower() { level_.unlock(); }
  void queue(KDPC* dpc) {
    const std::lock_guard lock(mutex_);
    dpcs_.push_back(dpc);
    changed_.notify_all();
  }
  void flush() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return dpcs_.empty() && !running_; });
  }

 private:
  void run();

  std::mutex level_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<KDPC*> dpcs_;
  bool running_ = false;
  bool stopping_ = false;
  std::thread thread_;
};
std::deque<Processor> processors;
std::atomic<unsigned> threads_placed{0};

// Threads stay where they are put.
struct Place {
  unsigned processor = threads_placed++ % unsigned(processors.size());
  KIRQL level = PASSIVE_LEVEL;
};
Place& place() {
  thread_local Place here;
  if (here.processor >= processors.size()) here.processor = 0;
  return here;
}

void Processor::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_ || !dpcs_.empty()) {
    if (dpcs_.empty()) {
      changed_.wait(lock);
      continue;
    }
    KDPC* dpc = dpcs_.front();
    dpcs_.pop_front();
    running_ = true;
    lock.unlock();
    raise();
    place() = {dpc->Number, DISPATCH_LEVEL};
    dpc->DeferredRoutine(dpc, dpc->DeferredContext, nullptr, nullptr);
    lower();
    lock.lock();
    running_ = false;
    changed_.notify_all();
  }
}

// ---- pool, lists, locks, time ----
PSLIST_ENTRY NTAPI pop_entry(PSLIST_HEADER list) {
  const std::lock_guard lock(kernel_mutex);
  auto* first = reinterpret_cast<PSLIST_ENTRY>(list->Region);
  if (first != nullptr) list->Region = reinterpret_cast<ULONGLONG>(first->Next);
  return first;
}
PSLIST_ENTRY NTAPI push_entry(PSLIST_HEADER list, PSLIST_ENTRY entry) {
  const std::lock_guard lock(kernel_mutex);
  entry->Next = reinterpret_cast<PSLIST_ENTRY>(list->Region);
  list->Region = reinterpret_cast<ULONGLONG>(entry);
  return entry->Next;
}
VOID NTAPI build_mdl(PMDL mdl) {
  mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
  mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
}
PVOID NTAPI allocate_pool(POOL_TYPE, SIZE_T size, ULONG) {
  const std::lock_guard lock(kernel_mutex);
  if (kernel->fail_allocation >= 0 && kernel->fail_allocation-- == 0) return nullptr;
  ++kernel->pool_blocks;
  void* block = std::malloc(size);
  std::fill_n(static_cast<char*>(block), size, '\xcd');
  return block;
}
VOID NTAPI free_pool(PVOID block, ULONG) {
  const std::lock_guard lock(kernel_mutex);
  --kernel->pool_blocks;
  std::free(block);
}
void acquire(PKSPIN_LOCK lock) {
  while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE) != 0) std::this_thread::yield();
}
KIRQL NTAPI acquire_raise(PKSPIN_LOCK lock) {
  const KIRQL before = std::exchange(place().level, DISPATCH_LEVEL);
  if (before < DISPATCH_LEVEL) processors[place().processor].raise();
  acquire(lock);
  return before;
}
VOID NTAPI acquire_at_dpc(PKSPIN_LOCK lock) {
  acquire(lock);
}
VOID NTAPI release_lower(PKSPIN_LOCK lock, KIRQL level) {
  __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
  place().level = level;
  if (level < DISPATCH_LEVEL) processors[place().processor].lower();
}
VOID NTAPI release_at_dpc(PKSPIN_LOCK lock) {
  __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}
VOID NTAPI acquire_mutex(PFAST_MUTEX mutex) {
  LONG free = 1;
  while (!__atomic_compare_exchange_n(&mutex->Count, &free, 0, false, __ATOMIC_ACQUIRE,
                                      __ATOMIC_RELAXED)) {
    free = 1;
    std::this_thread::yield();
  }
}
VOID NTAPI release_mutex(PFAST_MUTEX mutex) {
  __atomic_store_n(&mutex->Count, 1, __ATOMIC_RELEASE);
}
LARGE_INTEGER NTAPI performance_counter(PLARGE_INTEGER frequency) {
  if (frequency != nullptr) frequency->QuadPart = 10'000'000;
  LARGE_INTEGER now;
  now.QuadPart = std::chrono::steady_clock::now().time_since_epoch().count() / 100;
  return now;
}
VOID NTAPI system_time(PLARGE_INTEGER now) {
  now->QuadPart =
      116'444'736'000'000'000 + std::chrono::system_clock::now().time_since_epoch().count() / 100;
}

// ---- events, threads, DPCs, processors ----
VOID NTAPI initialize_event(PRKEVENT event, EVENT_TYPE type, BOOLEAN state) {
  event->Header = {};
  event->Header.Type = static_cast<UCHAR>(type);
  event->Header.SignalState = state;
}
LONG NTAPI set_event(PRKEVENT event, KPRIORITY, BOOLEAN) {
  signal(event->Header);
  return 0;
}
VOID NTAPI clear_event(PRKEVENT event) {
  const std::lock_guard lock(objects_mutex);
  event->Header.SignalState = 0;
}
NTSTATUS NTAPI wait_for(PVOID object, KWAIT_REASON, KPROCESSOR_MODE, BOOLEAN,
                        PLARGE_INTEGER timeout) {
  auto& header = *static_cast<DISPATCHER_HEADER*>(object);
  std::unique_lock lock(objects_mutex);
  const auto is_signalled = [&] { return header.SignalState != 0; };
  const auto limit =
      std::chrono::nanoseconds(timeout != nullptr ? -timeout->QuadPart * 100 : 3'600'000'000'000);
  if (!objects_changed.wait_for(lock, limit, is_signalled)) return STATUS_TIMEOUT;
  if (header.Type == SynchronizationEvent) header.SignalState = 0;
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI create_thread(PHANDLE handle, ULONG, POBJECT_ATTRIBUTES, HANDLE, PCLIENT_ID,
                             PKSTART_ROUTINE start, PVOID context) {
  auto* made = new Thread;
  ++kernel->threads;
  made->thread = std::thread([made, start, context] {
    start(context);
    signal(made->header);
  });
  *handle = made;
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI terminate_thread(NTSTATUS) {
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI reference_by_handle(HANDLE handle, ACCESS_MASK, POBJECT_TYPE, KPROCESSOR_MODE,
                                   PVOID* object, POBJECT_HANDLE_INFORMATION) {
  *object = handle;
  return STATUS_SUCCESS;
}
LONG_PTR NTAPI dereference(PVOID object) {
  auto* thread = static_cast<Thread*>(object);
  thread->thread.join();
  delete thread;
  --kernel->threads;
  return 0;
}
NTSTATUS NTAPI close_handle(HANDLE) {
  return STATUS_SUCCESS;
}
ULONG NTAPI processor_count(USHORT) {
  return static_cast<ULONG>(processors.size());
}
ULONG NTAPI current_processor(PPROCESSOR_NUMBER) {
  return place().processor;
}
NTSTATUS NTAPI processor_number(ULONG index, PPROCESSOR_NUMBER number) {
  *number = {0, static_cast<UCHAR>(index), 0};
  return STATUS_SUCCESS;
}
VOID NTAPI initialize_dpc(PRKDPC dpc, PKDEFERRED_ROUTINE routine, PVOID context) {
  *dpc = {};
  dpc->DeferredRoutine = routine;
  dpc->DeferredContext = context;
}
VOID NTAPI set_importance(PRKDPC, KDPC_IMPORTANCE) {}
NTSTATUS NTAPI set_target(PKDPC dpc, PPROCESSOR_NUMBER number) {
  dpc->Number = number->Number;
  return STATUS_SUCCESS;
}
BOOLEAN NTAPI insert_dpc(PRKDPC dpc, PVOID, PVOID) {
  processors[dpc->Number].queue(dpc);
  return TRUE;
}
VOID NTAPI flush_dpcs() {
  for (Processor& processor : processors) processor.flush();
}

// ---- text ----
VOID NTAPI init_string(PUNICODE_STRING text, PCWSTR from) {
  std::size_t length = 0;
  while (from[length] != 0) ++length;
  *text = {static_cast<USHORT>(2 * length), static_cast<USHORT>(2 * length + 2),
           const_cast<PWCH>(from)};
}
ULONG NTAPI random_number(PULONG seed) {
  return *seed = *seed * 1664525 + 1013904223;
}
ULONG NTAPI print(ULONG, ULONG, PCSTR format, ...) {
  __builtin_ms_va_list arguments;
  __builtin_ms_va_start(arguments, format);
  const char* text = __builtin_va_arg(arguments, const char*);
  __builtin_ms_va_end(arguments);
  const std::lock_guard lock(kernel_mutex);
  kernel->messages.emplace_back(text);
  return 0;
}
NTSTATUS NTAPI register_provider(LPCGUID, PETWENABLECALLBACK, PVOID, PREGHANDLE handle) {
  *handle = 1;
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI unregister_provider(REGHANDLE) {
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI write_string(REGHANDLE, UCHAR, ULONGLONG, LPCGUID, PCWSTR) {
  return STATUS_SUCCESS;
}
VOID NTAPI bug_check(ULONG, ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR) {
  std::abort();
}
VOID NTAPI complete_request(PIRP irp, CCHAR) {
  __atomic_store_n(&irp->PendingReturned, TRUE, __ATOMIC_SEQ_CST);
}
std::mutex cancel_lock;
VOID NTAPI release_cancel_lock(KIRQL) {
  cancel_lock.unlock();
}

// ---- what compilers call ----
PVOID NTAPI copy_memory(PVOID to, const VOID* from, SIZE_T size) {
  return __builtin_memcpy(to, from, size);
}
PVOID NTAPI move_memory(PVOID to, const VOID* from, SIZE_T size) {
  return __builtin_memmove(to, from, size);
}
PVOID NTAPI set_memory(PVOID at, INT byte, SIZE_T size) {
  return __builtin_memset(at, byte, size);
}
INT NTAPI compare_memory(const VOID* a, const VOID* b, SIZE_T size) {
  return __builtin_memcmp(a, b, size);
}
SIZE_T NTAPI text_length(const char* text) {
  return __builtin_strlen(text);
}

// ---- NDIS ----
UINT NTAPI ndis_version() {
  return kernel->ndis_version;
}
NDIS_STATUS NTAPI register_filter(PDRIVER_OBJECT, NDIS_HANDLE context,
                                  PNDIS_FILTER_DRIVER_CHARACTERISTICS how, PNDIS_HANDLE handle) {
  auto* filter = new Filter;
  __builtin_memcpy(&filter->how, how, how->Header.Size);
  filter->context = context;
  kernel->filters.push_back(filter);
  *handle = filter;
  return NDIS_STATUS_SUCCESS;
}
VOID NTAPI deregister_filter(NDIS_HANDLE handle) {
  auto* filter = static_cast<Filter*>(handle);
  std::erase(kernel->filters, filter);
  delete filter;
}
NDIS_STATUS NTAPI register_device(NDIS_HANDLE, PNDIS_DEVICE_OBJECT_ATTRIBUTES attributes,
                                  PDEVICE_OBJECT*, PNDIS_HANDLE handle) {
  auto* device =
      new Device{narrow(attributes->DeviceName), narrow(attributes->DefaultSDDLString), {}, {}};
  std::copy_n(attributes->MajorFunctions, IRP_MJ_MAXIMUM_FUNCTION + 1, device->functions);
  kernel->devices.push_back(device);
  *handle = device;
  return NDIS_STATUS_SUCCESS;
}
VOID NTAPI deregister_device(NDIS_HANDLE handle) {
  auto* device = static_cast<Device*>(handle);
  std::erase(kernel->devices, device);
  delete device;
}

// What no test gets as far as calling: there for images to be loaded.
VOID NTAPI not_played() {
  std::abort();
}

constexpr std::string_view file_of(std::string_view module) {
  return module == "ntoskrnl" ? "ntoskrnl.exe" : module == "hal" ? "hal.dll" : "ndis.sys";
}

void add_unplayed(ImportTable& table) {
#define NT_IMPORT(module, since, name, ...) table.add(file_of(#module), #name, not_played);
#define NT_RUNTIME(module, since, name)
#define NT_CALLBACK(type, result, ...)
#include "emulator/sdk/facts/functions.inc"
}

void add_kernel(ImportTable& table) {
  constexpr auto* kNt = "ntoskrnl.exe";
  table.add(kNt, "ExAllocatePoolWithTag", allocate_pool);
  table.add(kNt, "ExFreePoolWithTag", free_pool);
  table.add(kNt, "ExpInterlockedPopEntrySList", pop_entry);
  table.add(kNt, "ExpInterlockedPushEntrySList", push_entry);
  table.add(kNt, "MmBuildMdlForNonPagedPool", build_mdl);
  table.add(kNt, "KeAcquireSpinLockRaiseToDpc", acquire_raise);
  table.add(kNt, "KeAcquireSpinLockAtDpcLevel", acquire_at_dpc);
  table.add(kNt, "KeReleaseSpinLock", release_lower);
  table.add(kNt, "KeReleaseSpinLockFromDpcLevel", release_at_dpc);
  table.add(kNt, "ExAcquireFastMutex", acquire_mutex);
  table.add(kNt, "ExReleaseFastMutex", release_mutex);
  table.add("hal.dll", "KeQueryPerformanceCounter", performance_counter);
  table.add(kNt, "KeQuerySystemTimePrecise", system_time);
  table.add(kNt, "KeInitializeEvent", initialize_event);
  table.add(kNt, "KeSetEvent", set_event);
  table.add(kNt, "KeClearEvent", clear_event);
  table.add(kNt, "KeWaitForSingleObject", wait_for);
  table.add(kNt, "PsCreateSystemThread", create_thread);
  table.add(kNt, "PsTerminateSystemThread", terminate_thread);
  table.add(kNt, "ObReferenceObjectByHandle", reference_by_handle);
  table.add(kNt, "ObfDereferenceObject", dereference);
  table.add(kNt, "ZwClose", close_handle);
  table.add(kNt, "KeQueryActiveProcessorCountEx", processor_count);
  table.add(kNt, "KeQueryMaximumProcessorCountEx", processor_count);
  table.add(kNt, "KeGetCurrentProcessorNumberEx", current_processor);
  table.add(kNt, "KeGetProcessorNumberFromIndex", processor_number);
  table.add(kNt, "KeInitializeDpc", initialize_dpc);
  table.add(kNt, "KeSetImportanceDpc", set_importance);
  table.add(kNt, "KeSetTargetProcessorDpcEx", set_target);
  table.add(kNt, "KeInsertQueueDpc", insert_dpc);
  table.add(kNt, "KeFlushQueuedDpcs", flush_dpcs);
}

void add_rest(ImportTable& table) {
  constexpr auto* kNt = "ntoskrnl.exe";
  constexpr auto* kNdis = "ndis.sys";
  table.add(kNt, "RtlInitUnicodeString", init_string);
  table.add(kNt, "RtlRandomEx", random_number);
  table.add_address(kNt, "DbgPrintEx", reinterpret_cast<void*>(print));
  table.add(kNt, "EtwRegister", register_provider);
  table.add(kNt, "EtwUnregister", unregister_provider);
  table.add(kNt, "EtwWriteString", write_string);
  table.add(kNt, "KeBugCheckEx", bug_check);
  table.add(kNt, "IofCompleteRequest", complete_request);
  table.add(kNt, "IoReleaseCancelSpinLock", release_cancel_lock);
  table.add(kNt, "memcpy", copy_memory);
  table.add(kNt, "memmove", move_memory);
  table.add(kNt, "memset", set_memory);
  table.add(kNt, "memcmp", compare_memory);
  table.add(kNt, "strlen", text_length);
  table.add(kNdis, "NdisGetVersion", ndis_version);
  table.add(kNdis, "NdisFRegisterFilterDriver", register_filter);
  table.add(kNdis, "NdisFDeregisterFilterDriver", deregister_filter);
  table.add(kNdis, "NdisRegisterDeviceEx", register_device);
  table.add(kNdis, "NdisDeregisterDeviceEx", deregister_device);
}

}  // namespace

TinyKernel::TinyKernel(unsigned processor_count) {
  kernel = this;
  while (processors.size() < processor_count) processors.emplace_back();
  add_unplayed(imports);
  add_kernel(imports);
  add_rest(imports);
}

TinyKernel::~TinyKernel() {
  processors.clear();
  kernel = nullptr;
}

void cancel(IRP& irp) {
  cancel_lock.lock();
  __atomic_store_n(&irp.Cancel, TRUE, __ATOMIC_SEQ_CST);
  PDRIVER_CANCEL routine = IoSetCancelRoutine(&irp, nullptr);
  if (routine == nullptr) return cancel_lock.unlock();
  routine(nullptr, &irp);
}

NTSTATUS ask(Device& device, UCHAR function, ULONG control_code) {
  IO_STACK_LOCATION location = {};
  location.MajorFunction = function;
  location.FileObject = &device.file;
  location.Parameters.DeviceIoControl.IoControlCode = control_code;
  IRP irp = {};
  irp.Tail.Overlay.CurrentStackLocation = &location;
  const NTSTATUS status = device.functions[function](nullptr, &irp);
  return irp.PendingReturned == TRUE && irp.IoStatus.Status == status ? status
                                                                      : STATUS_UNSUCCESSFUL;
}

}  // namespace ovs::emulator::test
