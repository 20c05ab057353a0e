// NDIS 6.30 for a forwarding extension of the Hyper-V switch, with what later versions to 6.85 add
// where it is used, by the WDK's header name: our own declarations.
#pragma once
#include "emulator/sdk/net/device.h"
#include "emulator/sdk/net/filter.h"
#include "emulator/sdk/net/net_buffer.h"
#include "emulator/sdk/net/object.h"
#include "emulator/sdk/net/oid.h"
#include "emulator/sdk/net/packet_info.h"
#include "emulator/sdk/net/switch.h"
#include "emulator/sdk/net/switch_config.h"
#include "emulator/sdk/ntddk.h"
