// Etw: providers of events, and the text that they write.
#include "emulator/nt/parts.h"
#include "emulator/nt/text.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

constexpr const char* kProviderKind = "ETW provider";

const void* key_of(REGHANDLE handle) {
  return reinterpret_cast<const void*>(handle);
}

NTSTATUS register_provider(LPCGUID, PETWENABLECALLBACK, PVOID, PREGHANDLE handle) {
  if (fails_now()) return STATUS_NO_MEMORY;
  {
    const KernelLock lock = parts().scheduler.lock();
    *handle = parts().next_registration++ << 8;
  }
  parts().live.add(kProviderKind, key_of(*handle), {});
  return STATUS_SUCCESS;
}

NTSTATUS unregister_provider(REGHANDLE handle) {
  if (!parts().live.remove(kProviderKind, key_of(handle)))
    violate(8, "ETW provider " + hex_text(handle) + " is unregistered, and is not registered");
  return STATUS_SUCCESS;
}

NTSTATUS write_string(REGHANDLE, UCHAR, ULONGLONG, LPCGUID, PCWSTR text) {
  std::size_t count = 0;
  while (text[count] != 0) ++count;
  parts().messages.add(utf8_of(text, count));
  return STATUS_SUCCESS;
}

}  // namespace

void add_etw(Exports& exports) {
  exports.add<register_provider>("EtwRegister", kPassive);
  exports.add<unregister_provider>("EtwUnregister", kPassive);
  exports.add<write_string>("EtwWriteString", kAnyLevel);
}

}  // namespace ovs::emulator
