// The memory that a switch request's structure lies in, and the structures as Windows lays them
// out: header, revision and size by the switch's habits, counted names with garbage behind them.
// Behind the structure lies a page that nobody may touch: who reads further than its header says is
// caught (rule 26).
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "emulator/sdk/ndis.h"
#include "emulator/vmswitch/switch_model.h"

namespace ovs::emulator {

class OidBuffer {
 public:
  explicit OidBuffer(std::size_t size);
  OidBuffer(const OidBuffer&) = delete;
  ~OidBuffer();

  std::byte* data() { return bytes_; }
  const std::byte* data() const { return bytes_; }
  std::size_t size() const { return size_; }
  template <class T>
  T& as(std::size_t offset = 0) {
    return *reinterpret_cast<T*>(data() + offset);
  }
  std::uint64_t hash() const;

 private:
  std::size_t size_;
  std::byte* bytes_;
};

// Which version of a structure the extension meets.
struct Layouts {
  UINT ndis_version = 0x00060055;
  Revisions revisions = Revisions::Newest;

  NDIS_OBJECT_HEADER port() const;
  NDIS_OBJECT_HEADER nic() const;
  NDIS_OBJECT_HEADER security() const;
  // A structure of one known revision.
  NDIS_OBJECT_HEADER plain(std::size_t size) const;
};

void put_name(NDIS_IF_COUNTED_STRING& to, std::string_view utf8);
void put_port(NDIS_SWITCH_PORT_PARAMETERS& to, const SwitchPort& port, const Layouts& layouts);
void put_nic(NDIS_SWITCH_NIC_PARAMETERS& to, const SwitchNic& nic, NicKind kind,
             const Layouts& layouts);
void put_switch(NDIS_SWITCH_PARAMETERS& to, const SwitchModel& model, const Layouts& layouts);

NDIS_SWITCH_PORT_ID ndis_id(PortId id);
// By which a property of a kind is known; the same in every switch.
GUID property_id(PropertyKind kind);
GUID property_instance(PortId port, PropertyKind kind);
NDIS_SWITCH_PORT_PROPERTY_TYPE property_type(PropertyKind kind);
// The policy itself, as NDIS_SWITCH_PORT_PROPERTY_*: at `to`, which has room for
// property_size().
std::size_t property_size(PropertyKind kind, const Layouts& layouts);
void put_property(std::byte* to, PropertyKind kind, const PortPolicies& policies,
                  const Layouts& layouts);

}  // namespace ovs::emulator
