#include "emulator/vmswitch/nic_runs.h"

#include <algorithm>
#include <cstring>

#include "emulator/nt/violation.h"
#include "emulator/vmswitch/forwarding.h"

namespace ovs::emulator {
namespace {

using SaveState = NDIS_SWITCH_NIC_SAVE_STATE;
constexpr std::size_t kFirstRoom = 64;
// An extension that always has more to save never ends.
constexpr int kMaxPieces = 64, kMaxTries = 8;
constexpr std::size_t kDataAt = (sizeof(SaveState) + 7) & ~std::size_t{7};

std::array<std::uint8_t, 16> bytes_of(const GUID& guid) {
  std::array<std::uint8_t, 16> bytes;
  static_assert(sizeof guid == sizeof bytes);
  std::memcpy(bytes.data(), &guid, sizeof guid);
  return bytes;
}

void put_state(SaveState& state, NicAddress address, const Layouts&) {
  std::memset(&state, 0, sizeof state);
  state.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, RTL_SIZEOF_THROUGH_FIELD(SaveState, SaveDataOffset)};
  state.PortId = ndis_id(address.port);
  state.NicIndex = address.index;
}

// Those that an extension may refuse, because they take traffic past it.
bool is_hardware_offload(NDIS_OID oid) {
  constexpr NDIS_OID kOffloads[] = {
      OID_RECEIVE_FILTER_ALLOCATE_QUEUE, OID_RECEIVE_FILTER_SET_FILTER,
      OID_RECEIVE_FILTER_MOVE_FILTER,    OID_NIC_SWITCH_CREATE_SWITCH,
      OID_NIC_SWITCH_CREATE_VPORT,       OID_NIC_SWITCH_ALLOCATE_VF,
  };
  return std::find(std::begin(kOffloads), std::end(kOffloads), oid) != std::end(kOffloads);
}

std::string bytes_of(const void* from, std::size_t size) {
  return {static_cast<const char*>(from), size};
}

std::uint32_t digit(char16_t c) {
  if (c >= u'0' && c <= u'9') return static_cast<std::uint32_t>(c - u'0');
  if (c >= u'a' && c <= u'f') return static_cast<std::uint32_t>(c - u'a' + 10);
  return static_cast<std::uint32_t>(c - u'A' + 10);
}

}  // namespace

GUID guid_of_text(std::u16string_view text) {
  GUID guid{};
  std::u16string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits),
               [](char16_t c) { return c != u'{' && c != u'}' && c != u'-'; });
  if (digits.size() != 32) return guid;
  std::uint8_t bytes[16];
  for (std::size_t i = 0; i < 16; ++i) {
    bytes[i] = static_cast<std::uint8_t>(digit(digits[2 * i]) << 4 | digit(digits[2 * i + 1]));
  }
  guid.Data1 = std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
               std::uint32_t{bytes[2]} << 8 | bytes[3];
  guid.Data2 = static_cast<USHORT>(bytes[4] << 8 | bytes[5]);
  guid.Data3 = static_cast<USHORT>(bytes[6] << 8 | bytes[7]);
  std::memcpy(guid.Data4, bytes + 8, sizeof guid.Data4);
  return guid;
}

NicRuns::NicRuns(SwitchModel& model, ControlPath& control, std::u16string_view extension_guid)
    : model_(model), control_(control), extension_(guid_of_text(extension_guid)) {}

NDIS_STATUS NicRuns::complete(NDIS_OID oid, NicAddress address) {
  OidBuffer buffer(kDataAt);
  put_state(buffer.as<SaveState>(), address, control_.layouts());
  Issue issue{.oid = oid, .buffer = &buffer};
  return control_.issue(issue);
}

// --- save

NDIS_STATUS NicRuns::save_piece(NicAddress address, std::size_t room, std::vector<SavedNic>& saved,
                                std::size_t& needed) {
  OidBuffer buffer(kDataAt + room);
  auto& state = buffer.as<SaveState>();
  put_state(state, address, control_.layouts());
  state.SaveDataSize = static_cast<USHORT>(room);
  state.SaveDataOffset = kDataAt;
  Issue issue{.type = NdisRequestMethod,
              .oid = OID_SWITCH_NIC_SAVE,
              .buffer = &buffer,
              .handling = Handling::Answered};
  const NDIS_STATUS status = control_.issue(issue);
  needed = issue.needed;
  if (issue.has_reached_below) return NDIS_STATUS_NOT_SUPPORTED;
  if (status == NDIS_STATUS_BUFFER_TOO_SHORT) {
    if (needed <= buffer.size()) {
      violate(33, "OID_SWITCH_NIC_SAVE: too short, and " + std::to_string(needed) +
                      " bytes are said to be needed, of " + std::to_string(buffer.size()));
    }
    return status;
  }
  if (!NT_SUCCESS(status)) {
    violate(33, "OID_SWITCH_NIC_SAVE answered " + status_text(status) + " without being passed on");
  }
  if (bytes_of(state.ExtensionId) != bytes_of(extension_)) {
    violate(33, "OID_SWITCH_NIC_SAVE: data of an extension that does not give its GUID");
  }
  if (std::size_t{state.SaveDataOffset} + state.SaveDataSize > buffer.size()) {
    violate(33, "OID_SWITCH_NIC_SAVE: more data than the buffer holds");
  }
  const auto* data = reinterpret_cast<const std::uint8_t*>(buffer.data()) + state.SaveDataOffset;
  saved.push_back({bytes_of(state.ExtensionId),
                   bytes_of(state.FeatureClassId),
                   {data, data + state.SaveDataSize}});
  return status;
}

std::vector<SavedNic> NicRuns::save(NicAddress address) {
  std::vector<SavedNic> saved;
  std::size_t room = kFirstRoom;
  for (int i = 0, tries = 0; i < kMaxPieces; ++i) {
    std::size_t needed = 0;
    const NDIS_STATUS status = save_piece(address, room, saved, needed);
    if (status == NDIS_STATUS_BUFFER_TOO_SHORT && ++tries <= kMaxTries) {
      room = needed - kDataAt;
      continue;
    }
    if (!NT_SUCCESS(status)) {
      complete(OID_SWITCH_NIC_SAVE_COMPLETE, address);
      return saved;
    }
    tries = 0;
  }
  violate(33, "OID_SWITCH_NIC_SAVE: the extension never stops");
}

// --- restore

NDIS_STATUS NicRuns::restore_piece(NicAddress address, const SavedNic& piece) {
  OidBuffer buffer(kDataAt + piece.data.size());
  auto& state = buffer.as<SaveState>();
  put_state(state, address, control_.layouts());
  std::memcpy(&state.ExtensionId, piece.extension.data(), sizeof(GUID));
  std::memcpy(&state.FeatureClassId, piece.feature.data(), sizeof(GUID));
  put_name(state.ExtensionFriendlyName, "");
  state.SaveDataSize = static_cast<USHORT>(piece.data.size());
  state.SaveDataOffset = kDataAt;
  if (!piece.data.empty()) {
    std::memcpy(buffer.data() + kDataAt, piece.data.data(), piece.data.size());
  }
  Issue issue{.oid = OID_SWITCH_NIC_RESTORE, .buffer = &buffer, .handling = Handling::Answered};
  const NDIS_STATUS status = control_.issue(issue);
  if (!issue.has_reached_below && NT_SUCCESS(status) && piece.extension != bytes_of(extension_)) {
    violate(34, "OID_SWITCH_NIC_RESTORE: another extension's data is consumed");
  }
  return status;
}

NDIS_STATUS NicRuns::restore(NicAddress address, const std::vector<SavedNic>& saved) {
  NDIS_STATUS status = NDIS_STATUS_SUCCESS;
  for (const SavedNic& piece : saved) {
    const NDIS_STATUS own = restore_piece(address, piece);
    if (!NT_SUCCESS(own)) status = own;
  }
  complete(OID_SWITCH_NIC_RESTORE_COMPLETE, address);
  return status;
}

// --- wrapped requests

NDIS_STATUS NicRuns::request(NicAddress from, NDIS_OID oid) {
  std::byte parameters[64] = {};
  NDIS_OID_REQUEST nested{};
  nested.Header = {NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
                   NDIS_SIZEOF_OID_REQUEST_REVISION_1};
  nested.RequestType = NdisRequestSetInformation;
  nested.DATA.SET_INFORMATION.Oid = oid;
  nested.DATA.SET_INFORMATION.InformationBuffer = parameters;
  nested.DATA.SET_INFORMATION.InformationBufferLength = sizeof parameters;
  OidBuffer buffer(sizeof(NDIS_SWITCH_NIC_OID_REQUEST));
  auto& wrapped = buffer.as<NDIS_SWITCH_NIC_OID_REQUEST>();
  wrapped = {};
  wrapped.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof wrapped};
  wrapped.SourcePortId = ndis_id(from.port);
  wrapped.SourceNicIndex = from.index;
  wrapped.OidRequest = &nested;
  const std::string before = bytes_of(&nested, sizeof nested) + bytes_of(&wrapped, sizeof wrapped);
  Issue issue{.type = NdisRequestMethod,
              .oid = OID_SWITCH_NIC_REQUEST,
              .buffer = &buffer,
              .handling = Handling::Answered,
              .below = [] { return NDIS_STATUS_NOT_SUPPORTED; }};
  const NDIS_STATUS status = control_.issue(issue);
  const std::string what =
      "OID_SWITCH_NIC_REQUEST with request " + status_text(static_cast<INT>(oid));
  if (bytes_of(&nested, sizeof nested) + bytes_of(&wrapped, sizeof wrapped) != before) {
    violate(35, what + ": the nested request or its source has changed");
  }
  if (issue.has_reached_below) return status;
  if (NT_SUCCESS(status)) violate(35, what + ": completed, not passed on");
  if (!is_hardware_offload(oid)) violate(35, what + ": vetoed, and it is no hardware offload's");
  return status;
}

// --- status

void NicRuns::indicate_link(FilterModule& module, NicAddress from, LinkState state) {
  const bool is_there = state == LinkState::There;
  constexpr ULONG64 kUnknownSpeed = ~ULONG64{0};
  NDIS_LINK_STATE link{};
  link.Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_LINK_STATE_REVISION_1,
                 NDIS_SIZEOF_LINK_STATE_REVISION_1};
  link.MediaConnectState = is_there ? MediaConnectStateConnected : MediaConnectStateDisconnected;
  link.MediaDuplexState = is_there ? MediaDuplexStateFull : MediaDuplexStateUnknown;
  link.XmitLinkSpeed = link.RcvLinkSpeed = kUnknownSpeed;
  link.PauseFunctions = NdisPauseFunctionsUnknown;
  indicate(module, from, NDIS_STATUS_LINK_STATE, std::as_writable_bytes(std::span(&link, 1)));
}

void NicRuns::indicate(FilterModule& module, NicAddress from, NDIS_STATUS code,
                       std::span<std::byte> buffer) {
  NDIS_STATUS_INDICATION nested{};
  nested.Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1,
                   NDIS_SIZEOF_STATUS_INDICATION_REVISION_1};
  nested.StatusCode = code;
  nested.StatusBuffer = buffer.data();
  nested.StatusBufferSize = static_cast<ULONG>(buffer.size());
  NDIS_SWITCH_NIC_STATUS_INDICATION wrapped{};
  wrapped.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof wrapped};
  wrapped.SourcePortId = ndis_id(from.port);
  wrapped.SourceNicIndex = from.index;
  wrapped.StatusIndication = &nested;
  NDIS_STATUS_INDICATION status{};
  status.Header = nested.Header;
  status.StatusCode = NDIS_STATUS_SWITCH_NIC_STATUS;
  status.StatusBuffer = &wrapped;
  status.StatusBufferSize = sizeof wrapped;
  module.indicate_status(status);
}

void NicRuns::judge_indication(const NDIS_STATUS_INDICATION& status) const {
  if (status.StatusCode != NDIS_STATUS_SWITCH_NIC_STATUS) return;
  const auto& wrapped = *static_cast<const NDIS_SWITCH_NIC_STATUS_INDICATION*>(status.StatusBuffer);
  const NicAddress from{PortId{wrapped.SourcePortId}, wrapped.SourceNicIndex};
  const ReadLock lock(model_.mutex());
  const SwitchNic* nic = model_.find_nic(from);
  if (nic != nullptr && nic->references > 0) return;
  violate(36, "NDIS_STATUS_SWITCH_NIC_STATUS of " + name_of(from) +
                  " goes up, and the extension holds no reference to the NIC");
}

}  // namespace ovs::emulator
