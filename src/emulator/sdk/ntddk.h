// Windows' kernel for drivers, by the WDK's header name: our own declarations of what a forwarding
// extension uses, so that the same source compiles with the real WDK.
#pragma once
#include "emulator/sdk/nt/etw.h"
#include "emulator/sdk/nt/ex.h"
#include "emulator/sdk/nt/io.h"
#include "emulator/sdk/nt/ke.h"
#include "emulator/sdk/nt/mm.h"
#include "emulator/sdk/nt/rtl.h"
#include "emulator/sdk/nt/status.h"
#include "emulator/sdk/nt/types.h"
