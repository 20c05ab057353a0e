// A NIC's less common hours: its extension's run-time data saved and restored (live migration),
// requests from and to it that are wrapped for the extension to see, status indications.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "emulator/vmswitch/control_path.h"

namespace ovs::emulator {

class NicRuns {
 public:
  NicRuns(SwitchModel& model, ControlPath& control, std::u16string_view extension_guid);

  // Rules 33 and 34. PASSIVE_LEVEL, the switch's turn.
  std::vector<SavedNic> save(NicAddress address);
  NDIS_STATUS restore(NicAddress address, const std::vector<SavedNic>& saved);
  // A request of a NIC's owner on its way to the physical NIC (rule 35).
  NDIS_STATUS request(NicAddress from, NDIS_OID oid);
  // A NIC's status on its way up (rule 36).
  void indicate(FilterModule& module, NicAddress from, NDIS_STATUS code,
                std::span<std::byte> buffer = {});
  void indicate_link(FilterModule& module, NicAddress from, LinkState state);
  void judge_indication(const NDIS_STATUS_INDICATION& status) const;

  const GUID& extension() const { return extension_; }

 private:
  NDIS_STATUS save_piece(NicAddress address, std::size_t room, std::vector<SavedNic>& saved,
                         std::size_t& needed);
  NDIS_STATUS restore_piece(NicAddress address, const SavedNic& piece);
  NDIS_STATUS complete(NDIS_OID oid, NicAddress address);

  SwitchModel& model_;
  ControlPath& control_;
  GUID extension_{};
};

// Of "{1A7FA0B7-...}"; zero if it is none.
GUID guid_of_text(std::u16string_view text);

}  // namespace ovs::emulator
