// What the switch's structures say, copied out of the buffers that its requests carry. They grow
// from revision to revision: newer and longer ones are taken, and nothing is read past what we
// know, past a structure's own size or past its buffer. Total: any bytes give facts or an error.
// Called for every request about ports and adapters, and for the arrays that answer our queries.
#pragma once
#include <ndis.h>

#include "base/bytes/address.h"
#include "base/bytes/span.h"
#include "driver/extension/hyperv_ports.h"

namespace ovs::driver {

// UTF-16, little-endian, as a name of a port: UTF-8; half a surrogate pair becomes U+FFFD, zeros at
// its end are left out. Empty if it is longer than a port's name can be.
datapath::PortName port_name_of(Bytes utf16);

struct SwitchFacts {
  datapath::PortName friendly_name = {};
  bool is_active = false;
};
struct PortFacts {
  NDIS_SWITCH_PORT_ID id = 0;
  datapath::PortName friendly_name = {};
  bool is_validation = false;  // to be asked, not to be there
  bool is_torn_down = false;
};
struct NicFacts {
  NDIS_SWITCH_PORT_ID port = 0;
  NDIS_SWITCH_NIC_INDEX index = 0;
  NicKind kind = NicKind::Vm;
  datapath::PortName friendly_name = {};
  MacAddress mac = {};
  std::uint32_t mtu = 1500;
  bool is_connected = false;
  bool has_vf = false;  // of SR-IOV: its packets pass the switch by
};

// Errors: Truncated; Malformed: not the structure that it should be; Range: an id that no packet
// can bear.
Result<SwitchFacts> parse_switch(Bytes structure);
Result<PortFacts> parse_port(Bytes structure);
Result<NicFacts> parse_nic(Bytes structure);

// The elements of a port or adapter array, where and as far apart as the array says.
class FactsArray {
 public:
  static Result<FactsArray> parse(Bytes array);
  std::uint32_t count() const { return count_; }
  Bytes element(std::uint32_t at) const;

 private:
  FactsArray(Bytes array, std::uint32_t first, std::uint32_t count, std::uint32_t size)
      : array_(array), first_(first), count_(count), size_(size) {}

  Bytes array_;
  std::uint32_t first_, count_, size_;
};

// Header of the default type, of a revision and a size that have at least the `size` bytes that
// revision 1 has; and the buffer has them.
Result<void> check_header(Bytes structure, std::size_t size);

}  // namespace ovs::driver
