// Switching without an extension: learning, VLANs, flooding. Also what native forwarding does with
// packets that an extension must leave alone.
#pragma once
#include <map>
#include <mutex>

#include "emulator/vmswitch/delivery.h"

namespace ovs::emulator {

class BuiltInSwitch {
 public:
  explicit BuiltInSwitch(SwitchModel& model) : model_(model) {}

  // With the model's mutex held. The policies of the port that it comes from are applied.
  void forward(SwitchNic& from, const Parcel& parcel);
  // What was learned is forgotten.
  void forget();
  void forget(NicAddress address);

 private:
  struct Key {
    std::uint16_t vlan = 0;
    MacAddress mac;
    auto operator<=>(const Key& other) const {
      return std::pair(vlan, as_number(mac)) <=> std::pair(other.vlan, as_number(other.mac));
    }
    static std::uint64_t as_number(const MacAddress& mac);
  };
  void learn(const Key& key, NicAddress at);
  std::optional<NicAddress> find(const Key& key);
  void send_to(NicAddress address, std::uint16_t vlan, const Parcel& parcel);

  SwitchModel& model_;
  std::mutex mutex_;
  std::map<Key, NicAddress> learned_;
};

}  // namespace ovs::emulator
