// Any bytes as a driver image: the loader maps them or says why not, and touches nothing else.
#include "emulator/host/loader/pe_image.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ovs::emulator;
  static const ImportTable imports = [] {
    ImportTable table;
    for (const char* module : {"ntoskrnl.exe", "ndis.sys"}) {
      for (const char* name : {"memcpy", "NdisGetVersion", "KeSetEvent"})
        table.add_address(module, name, &table);
    }
    return table;
  }();
  const auto image = PeImage::load(ovs::Bytes(data, size), "fuzz.sys", imports);
  if (image.ok()) (void)(*image)->function_of((*image)->base());
  return 0;
}
