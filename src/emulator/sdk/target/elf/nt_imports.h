// What an ELF image of the driver tells its loader, by the symbol nt_imports: each function that it
// imports, and where to put its address. Ends with a null name. PE images have import tables.
#pragma once

struct NtImport {
  const char* module;  // "ndis.sys"
  const char* name;
  void** slot;
};
extern "C" const NtImport nt_imports[];
