#include "emulator/vmswitch/forwarding.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "emulator/nt/call.h"
#include "emulator/nt/kernel.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

constexpr std::byte kRetired{0xdd};
// In a field that nobody has written: no port, and no destination that a driver would make.
constexpr NDIS_SWITCH_PORT_DESTINATION kBlank{};
// Of the detail, what is neither source nor free destinations.
constexpr std::uint64_t kDetailMask = ~std::uint64_t{0xff'ffff'ffff};
constexpr std::uint64_t kNativeBit = std::uint64_t{1} << 40;

constexpr const char* kAllocate = "AllocateNetBufferListForwardingContext";
constexpr const char* kFree = "FreeNetBufferListForwardingContext";
constexpr const char* kSetSource = "SetNetBufferListSource";
constexpr const char* kAdd = "AddNetBufferListDestination";
constexpr const char* kGrow = "GrowNetBufferListDestinations";
constexpr const char* kGet = "GetNetBufferListDestinations";
constexpr const char* kUpdate = "UpdateNetBufferListDestinations";
constexpr const char* kCopy = "CopyNetBufferListInfo";
constexpr const char* kReport = "ReportFilteredNetBufferLists";
constexpr const char* kSend = "NdisFSendNetBufferLists";
constexpr const char* kIndicate = "NdisFIndicateReceiveNetBufferLists";

std::string text_of(const void* address) {
  char text[24];
  std::snprintf(text, sizeof text, "%p", address);
  return text;
}

[[noreturn]] void refuse(int rule, const char* call, const NET_BUFFER_LIST* list,
                         const std::string& what) {
  violate(rule, std::string(call) + ": list " + text_of(list) + ": " + what);
}

bool same_place(const NDIS_SWITCH_PORT_DESTINATION& a, const NDIS_SWITCH_PORT_DESTINATION& b) {
  return a.PortId == b.PortId && a.NicIndex == b.NicIndex && a.PreserveVLAN == b.PreserveVLAN &&
         a.PreservePriority == b.PreservePriority;
}

// Rule 77: where a packet comes from and goes to is settled before egress.
void check_ingress(const ForwardingContext& context, const char* call,
                   const NET_BUFFER_LIST* list) {
  if (context.is_egress) refuse(77, call, list, "on egress");
}

bool is_blank(const NDIS_SWITCH_PORT_DESTINATION& destination) {
  return destination.PortId == kBlank.PortId && destination.NicIndex == kBlank.NicIndex;
}

// What goes with a packet's bytes, by the format that its source gives it (rule 78).
constexpr NDIS_NET_BUFFER_LIST_INFO kCopied[] = {
    TcpIpChecksumNetBufferListInfo, TcpLargeSendNetBufferListInfo, Ieee8021QNetBufferListInfo,
    NetBufferListHashValue,         NetBufferListHashInfo,         VirtualSubnetInfo,
    TcpRecvSegCoalesceInfo,         RscTcpTimestampDelta,
};

std::u16string_view view_of(const UNICODE_STRING* text) {
  if (text == nullptr || text->Buffer == nullptr) return {};
  return {reinterpret_cast<const char16_t*>(text->Buffer), text->Length / sizeof(char16_t)};
}

char16_t lower(char16_t c) {
  return c >= u'A' && c <= u'Z' ? static_cast<char16_t>(c + (u'a' - u'A')) : c;
}
bool equal_without_case(std::u16string_view a, std::u16string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char16_t x, char16_t y) { return lower(x) == lower(y); });
}

}  // namespace

std::string name_of(NicAddress address) {
  return "port " + std::to_string(ndis_id(address.port)) + " NIC " + std::to_string(address.index);
}

ForwardingContext* context_of(NET_BUFFER_LIST* list) {
  return static_cast<ForwardingContext*>(host_data(list));
}

// --- the array

DestinationArray::DestinationArray(std::uint32_t capacity, std::uint32_t padding) {
  const std::uint32_t element = sizeof(NDIS_SWITCH_PORT_DESTINATION) + padding;
  elements_.resize(std::size_t{element} * std::max(capacity, 1u));
  header_.Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY_REVISION_1,
                    sizeof header_};
  header_.ElementSize = element;
  header_.NumElements = capacity;
  header_.FirstElement = elements_.data();
}

void DestinationArray::retire() {
  std::fill(elements_.begin(), elements_.end(), kRetired);
}

bool DestinationArray::was_written_after_retirement() const {
  return std::any_of(elements_.begin(), elements_.end(), [](std::byte b) { return b != kRetired; });
}

// --- contexts

ForwardingDesk::ForwardingDesk(SwitchModel& model, std::u16string extension_guid)
    : magic(kMagic),
      model_(model),
      extension_guid_(std::move(extension_guid)),
      has_detectors_(emulator::has_detectors()) {}

ForwardingDesk::~ForwardingDesk() {
  magic = 0;
}

ForwardingContext& ForwardingDesk::context(NET_BUFFER_LIST* list, int rule, const char* call) {
  if (list == nullptr) violate(rule, std::string(call) + ": no list");
  ForwardingContext* found = context_of(list);
  if (found == nullptr) refuse(rule, call, list, "it has no forwarding context");
  if (found->desk != this) refuse(106, call, list, "its forwarding context is another switch's");
  return *found;
}

ForwardingContext& ForwardingDesk::open(NET_BUFFER_LIST* list, NicAddress source,
                                        std::uint64_t detail) {
  auto* made = new ForwardingContext;
  made->desk = this;
  made->is_hosts = true;
  made->source = made->origin = source;
  made->detail = detail;
  made->policies = model_.policy_generation;
  made->array = std::make_unique<DestinationArray>(model_.habits().free_destinations,
                                                   model_.habits().element_padding);
  host_data(list) = made;
  write_detail(list, *made);
  return *made;
}

ForwardingContext& ForwardingDesk::open_egress(NET_BUFFER_LIST* list,
                                               const ForwardingContext& from) {
  ForwardingContext& made = open(list, from.source, from.detail);
  const auto count = static_cast<std::uint32_t>(from.committed.size());
  made.is_egress = true;
  made.is_raw = from.is_raw;
  made.denial = from.denial;
  made.is_sane = from.is_sane;
  made.vlan = from.vlan;
  made.policies = from.policies;
  made.committed = from.committed;
  made.array = std::make_unique<DestinationArray>(count, model_.habits().element_padding);
  for (std::uint32_t i = 0; i < count; ++i) made.array->at(i) = from.committed[i];
  made.array->header().NumDestinations = count;
  write_detail(list, made);
  return made;
}

void ForwardingDesk::close(NET_BUFFER_LIST* list) {
  delete context_of(list);
  host_data(list) = nullptr;
}

void ForwardingDesk::write_detail(NET_BUFFER_LIST* list, const ForwardingContext& context) const {
  auto& detail = *NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list);
  detail.AsUINT64 = context.detail & kDetailMask;
  detail.NumAvailableDestinations = context.free_count() & 0xffff;
  detail.SourcePortId = ndis_id(context.source.port) & 0xffff;
  detail.SourceNicIndex = context.source.index & 0xff;
}

NDIS_STATUS ForwardingDesk::allocate_context(NET_BUFFER_LIST* list) {
  if (list == nullptr) violate(56, std::string(kAllocate) + ": no list");
  if (list->Next != nullptr) refuse(56, kAllocate, list, "it is a chain, not one list");
  if (const ForwardingContext* found = context_of(list); found != nullptr) {
    refuse(56, kAllocate, list,
           found->is_hosts ? "it is the host's, which has one" : "it has one already");
  }
  if (fails_now()) return NDIS_STATUS_RESOURCES;
  ForwardingContext& made = open(list, {}, 0);
  made.is_hosts = false;
  ++live_;
  return NDIS_STATUS_SUCCESS;
}

void ForwardingDesk::free_context(NET_BUFFER_LIST* list) {
  ForwardingContext& found = context(list, 57, kFree);
  if (found.is_hosts) refuse(57, kFree, list, "the context is the host's");
  if (found.is_below) refuse(57, kFree, list, "the list is still below");
  check_arrays(list, found);
  close(list);
  NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list)->AsUINT64 = 0;
  --live_;
}

NDIS_STATUS ForwardingDesk::set_source(NET_BUFFER_LIST* list, NicAddress source) {
  ForwardingContext& found = context(list, 56, kSetSource);
  check_ingress(found, kSetSource, list);
  {
    const ReadLock lock(model_.mutex());
    const SwitchNic* nic = model_.find_nic(source);
    if (source.port != PortId{0} && (nic == nullptr || nic->state != NicState::Connected)) {
      refuse(73, kSetSource, list, name_of(source) + " is not connected");
    }
  }
  found.source = source;
  auto& detail = *NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list);
  detail.SourcePortId = ndis_id(source.port) & 0xffff;
  detail.SourceNicIndex = source.index & 0xff;
  return NDIS_STATUS_SUCCESS;
}

// --- destinations

void ForwardingDesk::check_destination(const NDIS_SWITCH_PORT_DESTINATION& destination,
                                       const char* call) const {
  if (!has_detectors_ || model_.lie) return;  // who was lied to may believe that it is there
  const NicAddress address{PortId{destination.PortId}, destination.NicIndex};
  const ReadLock lock(model_.mutex());
  const SwitchPort* port = model_.find_port(address.port);
  if (port == nullptr) violate(71, std::string(call) + ": there is no " + name_of(address));
  const bool is_external = port->spec.kind == PortKind::External;
  const auto members = std::count_if(port->nics.begin(), port->nics.end(),
                                     [](const auto& nic) { return nic->address.index != 0; });
  const bool is_index_right =
      is_external ? (address.index != 0 || members <= 1) : address.index == 0;
  if (!is_index_right) {
    violate(72, std::string(call) + ": " + name_of(address) +
                    (is_external ? ": a team's member has to be named" : ": it has NIC 0 alone"));
  }
  const SwitchNic* nic = port->find_nic(address.index);
  if (nic != nullptr && nic->state == NicState::Connected) return;
  if (nic == nullptr && is_external) {
    violate(72, std::string(call) + ": there is no " + name_of(address));
  }
  violate(71, std::string(call) + ": " + name_of(address) + " is not connected");
}

NDIS_STATUS ForwardingDesk::add(NET_BUFFER_LIST* list,
                                const NDIS_SWITCH_PORT_DESTINATION& destination) {
  ForwardingContext& found = context(list, 56, kAdd);
  check_ingress(found, kAdd, list);
  check_destination(destination, kAdd);
  if (found.free_count() == 0 || fails_now()) {
    found.has_failed = true;
    return NDIS_STATUS_RESOURCES;
  }
  found.array->at(static_cast<std::uint32_t>(found.committed.size())) = destination;
  found.committed.push_back(destination);
  found.array->header().NumDestinations = static_cast<UINT32>(found.committed.size());
  found.was_added = true;
  found.has_failed = false;
  NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list)->NumAvailableDestinations =
      found.free_count() & 0xffff;
  return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS ForwardingDesk::grow(NET_BUFFER_LIST* list, UINT32 more,
                                 NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY** array) {
  ForwardingContext& found = context(list, 56, kGrow);
  check_ingress(found, kGrow, list);
  if (found.is_hosts == false && list->Next != nullptr) {
    refuse(68, kGrow, list, "it is a chain, not one list");
  }
  if (more == 0) refuse(68, kGrow, list, "for no more destinations");
  if (fails_now()) {
    found.has_failed = true;
    return NDIS_STATUS_RESOURCES;
  }
  auto next = std::make_unique<DestinationArray>(found.array->capacity() + more,
                                                 model_.habits().element_padding);
  for (std::uint32_t i = 0; i < found.committed.size(); ++i) next->at(i) = found.array->at(i);
  next->header().NumDestinations = static_cast<UINT32>(found.committed.size());
  found.array->retire();
  found.retired.push_back(std::move(found.array));
  found.array = std::move(next);
  found.was_added = found.has_failed = false;
  NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list)->NumAvailableDestinations =
      found.free_count() & 0xffff;
  *array = &found.array->header();
  return NDIS_STATUS_SUCCESS;
}

void ForwardingDesk::destinations(NET_BUFFER_LIST* list,
                                  NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY** array) {
  *array = &context(list, 56, kGet).array->header();
}

NDIS_STATUS ForwardingDesk::update(NET_BUFFER_LIST* list, UINT32 count,
                                   NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY* array) {
  ForwardingContext& found = context(list, 56, kUpdate);
  check_ingress(found, kUpdate, list);
  if (array != &found.array->header()) {
    refuse(68, kUpdate, list, "the array is not the list's: it has moved since");
  }
  if (found.was_added) {
    refuse(67, kUpdate, list, "after AddNetBufferListDestination, which has committed already");
  }
  if (count == 0 || count > found.free_count()) {
    refuse(69, kUpdate, list,
           std::to_string(count) + " destinations, where " + std::to_string(found.free_count()) +
               " are free");
  }
  const auto first = static_cast<std::uint32_t>(found.committed.size());
  for (std::uint32_t i = first; i < first + count; ++i) {
    const NDIS_SWITCH_PORT_DESTINATION& filled = found.array->at(i);
    if (is_blank(filled)) {
      refuse(69, kUpdate, list, "element " + std::to_string(i) + " is committed, and is blank");
    }
    check_destination(filled, kUpdate);
  }
  for (std::uint32_t i = first; i < first + count; ++i) {
    found.committed.push_back(found.array->at(i));
  }
  found.array->header().NumDestinations = static_cast<UINT32>(found.committed.size());
  NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list)->NumAvailableDestinations =
      found.free_count() & 0xffff;
  return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS ForwardingDesk::copy_info(NET_BUFFER_LIST* to, NET_BUFFER_LIST* from, UINT32 flags) {
  ForwardingContext& source = context(from, 56, kCopy);
  ForwardingContext& copy = context(to, 56, kCopy);
  if ((flags & NDIS_SWITCH_COPY_NBL_INFO_FLAGS_PRESERVE_DESTINATIONS) != 0) {
    refuse(60, kCopy, to, "with the destinations, into what is sent on ingress");
  }
  if (!copy.committed.empty()) refuse(60, kCopy, to, "it has destinations already");
  if (fails_now()) return NDIS_STATUS_RESOURCES;
  if ((flags & NDIS_SWITCH_COPY_NBL_INFO_FLAGS_PRESERVE_SWITCH_INFO_ONLY) == 0) {
    for (const NDIS_NET_BUFFER_LIST_INFO info : kCopied) {
      to->NetBufferListInfo[info] = from->NetBufferListInfo[info];
    }
  }
  copy.source = source.source;
  copy.detail = source.detail & ~kNativeBit;
  copy.denial = source.denial;
  copy.is_sane = source.is_sane;
  copy.hashes.clear();
  copy.vlan = source.vlan;
  copy.policies = source.policies;
  source.was_copied = true;
  write_detail(to, copy);
  return NDIS_STATUS_SUCCESS;
}

// --- references

NDIS_STATUS ForwardingDesk::reference_nic(NicAddress address) {
  const ReadLock lock(model_.mutex());
  SwitchNic* nic = model_.find_nic(address);
  if (nic == nullptr || nic->state != NicState::Connected) {
    violate(43, "ReferenceSwitchNic: " + name_of(address) + " is not connected");
  }
  if (fails_now()) return NDIS_STATUS_INVALID_STATE;
  ++nic->references;
  return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS ForwardingDesk::dereference_nic(NicAddress address) {
  NDIS_STATUS status = NDIS_STATUS_SUCCESS;
  Kernel::current().change([&] {
    const ReadLock lock(model_.mutex());
    SwitchNic* nic = model_.find_nic(address);
    if (nic == nullptr || --nic->references < 0) {
      violate(43, "DereferenceSwitchNic: " + name_of(address) + " is not referenced");
    }
  });
  return status;
}

NDIS_STATUS ForwardingDesk::reference_port(PortId id) {
  const ReadLock lock(model_.mutex());
  SwitchPort* port = model_.find_port(id);
  if (model_.lie && (port == nullptr || port->is_torn_down)) return NDIS_STATUS_INVALID_PORT;
  if (port == nullptr || port->is_torn_down) {
    violate(42, "ReferenceSwitchPort: port " + std::to_string(ndis_id(id)) +
                    (port == nullptr ? " does not exist" : " is torn down"));
  }
  if (fails_now()) return NDIS_STATUS_INVALID_STATE;
  ++port->references;
  return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS ForwardingDesk::dereference_port(PortId id) {
  Kernel::current().change([&] {
    const ReadLock lock(model_.mutex());
    SwitchPort* port = model_.find_port(id);
    if (port == nullptr || --port->references < 0) {
      violate(42,
              "DereferenceSwitchPort: port " + std::to_string(ndis_id(id)) + " is not referenced");
    }
  });
  return NDIS_STATUS_SUCCESS;
}

void ForwardingDesk::check_paused() const {
  if (!has_detectors_) return;
  if (live_ != 0) {
    violate(57, "the module is paused, and " + std::to_string(live_) +
                    " forwarding context(s) of its lists are not freed");
  }
  const ReadLock lock(model_.mutex());
  for (const auto& [id, port] : model_.ports()) {
    if (port->references != 0) {
      violate(42,
              "the module is paused and holds a reference to port " + std::to_string(ndis_id(id)));
    }
    for (const auto& nic : port->nics) {
      if (nic->references == 0) continue;
      violate(43, "the module is paused and holds a reference to " + name_of(nic->address));
    }
  }
}

// --- reports of what is dropped

void ForwardingDesk::report_filtered(const Report& report) {
  if (!has_detectors_) {
    return for_each_list(report.chain,
                         [](NET_BUFFER_LIST* list) { context_of(list)->was_reported = true; });
  }
  if (list_count(report.chain) != report.count || report.count == 0) {
    violate(66, std::string(kReport) + ": " + std::to_string(report.count) + " lists are said, " +
                    std::to_string(list_count(report.chain)) + " are in the chain");
  }
  if (!equal_without_case(view_of(report.guid), extension_guid_)) {
    violate(66, std::string(kReport) + ": the GUID is not the module's");
  }
  if (view_of(report.name) != u"Open vSwitch Extension" && !view_of(report.name).empty()) {
    // The display name is the package's; ours alone is known here.
    if (equal_without_case(extension_guid_, u"{1A7FA0B7-AAFC-492A-B870-424D1FF85470}")) {
      violate(66, std::string(kReport) + ": the name is not the package's display name");
    }
  }
  if (view_of(report.name).empty()) violate(66, std::string(kReport) + ": no name");
  if (view_of(report.reason).empty()) violate(66, std::string(kReport) + ": no reason");
  const bool is_incoming = (report.flags & NDIS_SWITCH_REPORT_FILTERED_NBL_FLAGS_IS_INCOMING) != 0;
  for_each_list(report.chain, [&](NET_BUFFER_LIST* list) {
    ForwardingContext& found = context(list, 66, kReport);
    if (found.was_sent) refuse(66, kReport, list, "it was sent: too late");
    found.was_reported = true;
    if (is_incoming) {
      if (ndis_id(found.source.port) == report.port) return;
      refuse(66, kReport, list,
             "reported as coming from port " + std::to_string(report.port) +
                 ", and it comes from " + name_of(found.source));
    }
    found.reported_ports.push_back(report.port);
    const ReadLock lock(model_.mutex());
    if (model_.find_port(PortId{report.port}) != nullptr) return;
    refuse(66, kReport, list, "there is no port " + std::to_string(report.port));
  });
}

// --- a list goes down

void ForwardingDesk::check_detail(NET_BUFFER_LIST* list, const ForwardingContext& found) const {
  const auto& detail = *NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list);
  if (detail.SourcePortId != (ndis_id(found.source.port) & 0xffff) ||
      detail.SourceNicIndex != (found.source.index & 0xff)) {
    refuse(73, kSend, list, "its source was changed otherwise than by SetNetBufferListSource");
  }
  const std::uint64_t changed = (detail.AsUINT64 ^ found.detail) & kDetailMask;
  if ((changed & kNativeBit) != 0) {
    refuse(75, kSend, list, "NativeForwardingRequired was written");
  }
  if (detail.NumAvailableDestinations != (found.free_count() & 0xffff)) {
    refuse(69, kSend, list, "NumAvailableDestinations was written");
  }
}

void ForwardingDesk::check_arrays(NET_BUFFER_LIST* list, ForwardingContext& found) const {
  for (const auto& old : found.retired) {
    if (old->was_written_after_retirement()) {
      refuse(68, kSend, list, "an array of destinations was written to after it had moved");
    }
  }
}

static bool is_reported(const ForwardingContext& found, NDIS_SWITCH_PORT_ID port) {
  const auto& all = found.reported_ports;
  return std::find(all.begin(), all.end(), port) != all.end();
}

// What Windows itself does where nothing is looked at.
static ForwardingContext& take_exclusions(ForwardingContext& found) {
  for (std::uint32_t i = 0; i < found.committed.size(); ++i) {
    found.committed[i].IsExcluded = found.array->at(i).IsExcluded;
  }
  return found;
}

ForwardingContext& ForwardingDesk::judge(NET_BUFFER_LIST* list) {
  ForwardingContext& found = context(list, 56, kSend);
  if (!has_detectors_) return take_exclusions(found);
  check_arrays(list, found);
  check_detail(list, found);
  const bool is_native = (found.detail & kNativeBit) != 0;
  if (is_native && !found.committed.empty()) {
    refuse(75, kSend, list, "it needs native forwarding, and was given a destination");
  }
  if (is_native) return found;
  for (std::uint32_t i = 0; i < found.array->capacity(); ++i) {
    const NDIS_SWITCH_PORT_DESTINATION& now = found.array->at(i);
    if (i >= found.committed.size()) {
      if (is_blank(now)) continue;
      refuse(69, kSend, list,
             "element " + std::to_string(i) + " of its destinations is filled, not committed");
    }
    if (!same_place(now, found.committed[i])) {
      refuse(70, kSend, list,
             "destination " + std::to_string(i) + " has changed since it was committed");
    }
    found.committed[i].IsExcluded = now.IsExcluded;
    if (now.IsExcluded != 0 && !is_reported(found, now.PortId)) {
      refuse(66, kSend, list,
             "it is kept from port " + std::to_string(now.PortId) + ", and that is not reported");
    }
  }
  if (!found.retired.empty() && !found.committed.empty() &&
      found.committed.size() <= found.retired.back()->capacity()) {
    refuse(68, kSend, list, "its destinations had room before they were made to grow");
  }
  if (found.source.port == PortId{0} && !model_.habits().default_source_is_allowed) {
    refuse(74, kSend, list, "it has no source port");
  }
  if (found.has_failed) refuse(67, kSend, list, "a destination could not be added");
  if (found.committed.empty()) refuse(65, kSend, list, "it has no destination");
  return found;
}

ForwardingContext& ForwardingDesk::judge_egress(NET_BUFFER_LIST* list) {
  ForwardingContext& found = context(list, 77, kIndicate);
  if (!has_detectors_) return take_exclusions(found);
  for (std::uint32_t i = 0; i < found.committed.size(); ++i) {
    const NDIS_SWITCH_PORT_DESTINATION& now = found.array->at(i);
    if (!same_place(now, found.committed[i])) {
      refuse(77, kIndicate, list, "destination " + std::to_string(i) + " has changed on egress");
    }
    const bool is_new = now.IsExcluded != 0 && found.committed[i].IsExcluded == 0;
    if (is_new && !is_reported(found, now.PortId)) {
      refuse(77, kIndicate, list,
             "it is kept from port " + std::to_string(now.PortId) + ", and that is not reported");
    }
  }
  return take_exclusions(found);
}

// --- the handlers

namespace {

ForwardingDesk& desk_of(NDIS_SWITCH_CONTEXT context, const char* call) {
  auto* desk = static_cast<ForwardingDesk*>(context);
  const bool is_known = desk != nullptr && desk->magic == ForwardingDesk::kMagic;
  if (is_known && desk->is_given()) return *desk;
  if (is_known) violate(17, std::string(call) + " after detaching");
  violate(106, std::string(call) + ": no switch has the context " + text_of(context));
}
NicAddress address_of(NDIS_SWITCH_PORT_ID port, NDIS_SWITCH_NIC_INDEX index) {
  return {PortId{port}, index};
}

NDIS_STATUS allocate_context(NDIS_SWITCH_CONTEXT context, PNET_BUFFER_LIST list) {
  return desk_of(context, kAllocate).allocate_context(list);
}
void free_context(NDIS_SWITCH_CONTEXT context, PNET_BUFFER_LIST list) {
  desk_of(context, kFree).free_context(list);
}
NDIS_STATUS set_source(NDIS_SWITCH_CONTEXT context, PNET_BUFFER_LIST list, NDIS_SWITCH_PORT_ID port,
                       NDIS_SWITCH_NIC_INDEX index) {
  return desk_of(context, kSetSource).set_source(list, address_of(port, index));
}
NDIS_STATUS add_destination(NDIS_SWITCH_CONTEXT context, PNET_BUFFER_LIST list,
                            PNDIS_SWITCH_PORT_DESTINATION destination) {
  return desk_of(context, kAdd).add(list, *destination);
}
NDIS_STATUS grow_destinations(NDIS_SWITCH_CONTEXT context, PNET_BUFFER_LIST list, UINT32 more,
                              PNDIS_SWITCH_FORWARDING_DESTINATION_ARRAY* array) {
  return desk_of(context, kGrow).grow(list, more, array);
}
void get_destinations(NDIS_SWITCH_CONTEXT context, PNET_BUFFER_LIST list,
                      PNDIS_SWITCH_FORWARDING_DESTINATION_ARRAY* array) {
  desk_of(context, kGet).destinations(list, array);
}
NDIS_STATUS update_destinations(NDIS_SWITCH_CONTEXT context, PNET_BUFFER_LIST list, UINT32 count,
                                PNDIS_SWITCH_FORWARDING_DESTINATION_ARRAY array) {
  return desk_of(context, kUpdate).update(list, count, array);
}
NDIS_STATUS copy_info(NDIS_SWITCH_CONTEXT context, PNET_BUFFER_LIST to, PNET_BUFFER_LIST from,
                      UINT32 flags) {
  return desk_of(context, kCopy).copy_info(to, from, flags);
}
NDIS_STATUS reference_nic(NDIS_SWITCH_CONTEXT context, NDIS_SWITCH_PORT_ID port,
                          NDIS_SWITCH_NIC_INDEX index) {
  return desk_of(context, "ReferenceSwitchNic").reference_nic(address_of(port, index));
}
NDIS_STATUS dereference_nic(NDIS_SWITCH_CONTEXT context, NDIS_SWITCH_PORT_ID port,
                            NDIS_SWITCH_NIC_INDEX index) {
  return desk_of(context, "DereferenceSwitchNic").dereference_nic(address_of(port, index));
}
NDIS_STATUS reference_port(NDIS_SWITCH_CONTEXT context, NDIS_SWITCH_PORT_ID port) {
  return desk_of(context, "ReferenceSwitchPort").reference_port(PortId{port});
}
NDIS_STATUS dereference_port(NDIS_SWITCH_CONTEXT context, NDIS_SWITCH_PORT_ID port) {
  return desk_of(context, "DereferenceSwitchPort").dereference_port(PortId{port});
}
void report_filtered(NDIS_SWITCH_CONTEXT context, PUNICODE_STRING guid, PUNICODE_STRING name,
                     NDIS_SWITCH_PORT_ID port, UINT32 flags, UINT32 count, PNET_BUFFER_LIST chain,
                     PUNICODE_STRING reason) {
  desk_of(context, kReport).report_filtered({guid, name, reason, port, flags, count, chain});
}

// At most DISPATCH_LEVEL, as each one's page says.
template <auto function>
constexpr auto handler(const char* name) {
  return Exported<function>::handler(name, kUpToDispatch, SpinLocks::MayBeHeld);
}

}  // namespace

void ForwardingDesk::give(NDIS_SWITCH_CONTEXT& context, NDIS_SWITCH_OPTIONAL_HANDLERS& handlers) {
  context = this;
  is_given_ = true;
  handlers.AllocateNetBufferListForwardingContext = handler<emulator::allocate_context>(kAllocate);
  handlers.FreeNetBufferListForwardingContext = handler<emulator::free_context>(kFree);
  handlers.SetNetBufferListSource = handler<emulator::set_source>(kSetSource);
  handlers.AddNetBufferListDestination = handler<emulator::add_destination>(kAdd);
  handlers.GrowNetBufferListDestinations = handler<emulator::grow_destinations>(kGrow);
  handlers.GetNetBufferListDestinations = handler<emulator::get_destinations>(kGet);
  handlers.UpdateNetBufferListDestinations = handler<emulator::update_destinations>(kUpdate);
  handlers.CopyNetBufferListInfo = handler<emulator::copy_info>(kCopy);
  handlers.ReferenceSwitchNic = handler<emulator::reference_nic>("ReferenceSwitchNic");
  handlers.DereferenceSwitchNic = handler<emulator::dereference_nic>("DereferenceSwitchNic");
  handlers.ReferenceSwitchPort = handler<emulator::reference_port>("ReferenceSwitchPort");
  handlers.DereferenceSwitchPort = handler<emulator::dereference_port>("DereferenceSwitchPort");
  handlers.ReportFilteredNetBufferLists = handler<emulator::report_filtered>(kReport);
}

}  // namespace ovs::emulator
