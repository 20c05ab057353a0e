#include "emulator/vmswitch/packet_path.h"

#include <algorithm>
#include <cstring>

#include "emulator/nt/call.h"
#include "emulator/nt/kernel.h"
#include "emulator/nt/schedule/processor.h"
#include "emulator/nt/violation.h"
#include "emulator/vmswitch/offload_info.h"

namespace ovs::emulator {
namespace {

constexpr std::uint64_t kNativeBit = std::uint64_t{1} << 40;
constexpr std::uint64_t kDataSafeBit = std::uint64_t{1} << 42;
constexpr std::uint32_t kNoPolicies = 1;  // odd: as while they change
constexpr unsigned kSafeSizeShift = 43, kMostSafeSize = 0xfff;

bool is_external(const SwitchPort& port) {
  return port.spec.kind == PortKind::External;
}

constexpr std::size_t kHashLanes = 4;

// Of four lanes side by side: frames may have 64 kB, and each is hashed when it comes and goes.
std::uint64_t hash_of(Bytes bytes) {
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15;
  constexpr int kHalf = 32;
  std::uint64_t lanes[kHashLanes] = {1, 2, 3, 4};
  for (std::size_t at = 0; at < bytes.count(); at += sizeof lanes) {
    std::uint64_t words[kHashLanes] = {};
    std::memcpy(words, bytes.data() + at, std::min(sizeof words, bytes.count() - at));
    for (std::size_t i = 0; i < kHashLanes; ++i) {
      lanes[i] = (lanes[i] ^ words[i]) * kFactor;
      lanes[i] ^= lanes[i] >> kHalf;
    }
  }
  std::uint64_t hash = bytes.count();
  for (const std::uint64_t lane : lanes) {
    hash = (hash ^ lane) * kFactor;
    hash ^= hash >> kHalf;
  }
  return hash;
}

MutableBytes bytes_of(FrameBytes& frame) {
  return {reinterpret_cast<std::uint8_t*>(frame.data()), frame.size()};
}

Bytes bytes_of(const FrameBytes& frame) {
  return {reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size()};
}

bool has_hash(const ForwardingContext& context, Bytes frame) {
  const auto& all = context.hashes;
  return std::find(all.begin(), all.end(), hash_of(frame)) != all.end();
}

void* word_of(std::uint32_t info) {
  return reinterpret_cast<void*>(std::uintptr_t{info});
}

ULONG level_flag(ULONG flag) {
  return current_level() == DISPATCH_LEVEL ? flag : 0;
}

bool overlaps(const MDL& a, const MDL& b) {
  const auto* first = static_cast<const std::byte*>(MmGetMdlVirtualAddress(&a));
  const auto* second = static_cast<const std::byte*>(MmGetMdlVirtualAddress(&b));
  return first < second + b.ByteCount && second < first + a.ByteCount;
}

template <class Visit>
void for_each_mdl(const NET_BUFFER_LIST& list, Visit visit) {
  for (const NET_BUFFER* nb = list.FirstNetBuffer; nb != nullptr; nb = nb->Next) {
    for (const MDL* mdl = nb->MdlChain; mdl != nullptr; mdl = mdl->Next) visit(*mdl);
  }
}

}  // namespace

// One thread's way into the module: while one lives, use_nothing() waits.
class PacketPath::Passage {
 public:
  explicit Passage(PacketPath& path) : path_(path) {
    ++path_.passing_;
    module_ = path_.module_;
  }
  Passage(const Passage&) = delete;
  ~Passage() {
    if (--path_.passing_ == 0 && path_.is_waiting_) Kernel::current().change([] {});
  }
  FilterModule* module() const { return module_; }

 private:
  PacketPath& path_;
  FilterModule* module_;
};

PacketPath::PacketPath(SwitchModel& model, ForwardingDesk& desk)
    : model_(model), desk_(desk), has_detectors_(has_detectors()), built_in_(model) {}

void PacketPath::use_built_in() {
  built_in_.forget();
  is_built_in_ = true;
}

void PacketPath::use_extension(FilterModule& module) {
  is_built_in_ = false;
  module_ = &module;
}

void PacketPath::use_nothing() {
  is_built_in_ = false;
  module_ = nullptr;
  is_waiting_ = true;
  if (passing_ != 0) Kernel::current().wait_until([&] { return passing_ == 0; });
  is_waiting_ = false;
}

// --- in

namespace {

// A frame as it is given to the extension: its bytes, and what is said beside them.
struct Incoming {
  FrameImage bytes;
  Tag tag;
  NET_BUFFER_LIST said{};
  bool is_sane = false;  // nothing is wrong with it but what it leaves to others
};
constexpr NDIS_NET_BUFFER_LIST_INFO kSaid[] = {
    TcpIpChecksumNetBufferListInfo, TcpLargeSendNetBufferListInfo, TcpRecvSegCoalesceInfo};

bool is_sane(const NicFrame& frame) {
  const bool is_open = frame.partial.start != 0;
  return fault_of(frame.bytes, is_open ? TransportSum::Open : TransportSum::Whole).empty();
}

Incoming incoming_of(const SwitchPort& port, const SwitchNic& nic, const NicFrame& frame,
                     bool is_checked) {
  Incoming in;
  in.is_sane = is_checked && is_sane(frame);
  in.bytes.assign(frame.bytes.data(), frame.bytes.data() + frame.bytes.count());
  if (nic.spec.tags == TagForm::Metadata) {
    if (const auto outer = outer_tag(in.bytes)) {
      in.tag = *outer;
      remove_tag(in.bytes);
    }
  }
  if (is_external(port)) {
    put_receive_info(&in.said, frame, in.bytes);
  } else {
    put_send_info(&in.said, frame, nic.spec.large_sends, in.bytes);
  }
  return in;
}

std::span<const std::byte> span_of(const FrameImage& bytes) {
  return {reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()};
}

// What a NIC's user says of a frame is true, or the frame is not sent. A checksum that is not its
// TCP's or UDP's own is closed first, in `own`.
bool settle(NicFrame& frame, FrameImage& own) {
  if (frame.partial.start == 0) return frame.segment_size == 0;
  const Headers headers = headers_of(frame.bytes);
  const bool is_segmented = frame.segment_size != 0;
  if (is_transport_checksum(headers, frame.partial)) {
    return !is_segmented || headers.transport == Transport::Tcp;
  }
  own.assign(frame.bytes.data(), frame.bytes.data() + frame.bytes.count());
  if (is_segmented || !close_checksum(own, frame.partial)) return false;
  frame = {own, {}, 0};
  return true;
}

}  // namespace

NET_BUFFER_LIST* PacketPath::make(const SwitchPort& port, SwitchNic& nic, const NicFrame& frame) {
  const bool is_checked = has_detectors_ && model_.habits().checks_frames;
  const Incoming in = incoming_of(port, nic, frame, is_checked);
  NET_BUFFER_LIST* list = make_list(span_of(in.bytes));
  for (const auto info : kSaid) list->NetBufferListInfo[info] = in.said.NetBufferListInfo[info];
  put_tag(list, in.tag);
  const bool is_host_memory = is_external(port) || !nic.spec.guest_memory;
  const unsigned native_every = model_.habits().native_every;
  const bool is_native =
      (native_every != 0 && ++made_count_ % native_every == 0) ||
      (port.policies.isolation.mode == IsolationMode::NativeVirtualSubnet && !is_external(port));
  const std::uint64_t safe_size = std::min<unsigned>(model_.habits().safe_data_size, kMostSafeSize);
  ForwardingContext& context = desk_.open(
      list, nic.address,
      (is_native ? kNativeBit : 0) | (is_host_memory ? kDataSafeBit : safe_size << kSafeSizeShift));
  context.is_host_memory = is_host_memory;
  if (!has_detectors_) return list;
  context.denial = ingress_denial(port, nic, source_of(in.bytes), in.tag);
  context.vlan = vlan_of(port, in.tag);
  if (is_checked) {
    context.hashes.push_back(hash_of(in.bytes));
    context.is_sane = !may_be_rewritten(*list) && in.is_sane;
  }
  return list;
}

// One more frame in a list. False: they have nothing in common, or it has enough.
bool PacketPath::join(NET_BUFFER_LIST* list, const SwitchPort& port, const SwitchNic& nic,
                      const NicFrame& frame) {
  ForwardingContext& context = *context_of(list);
  if (context.frame_count >= model_.habits().frames_in_list) return false;
  const bool is_checked = has_detectors_ && model_.habits().checks_frames;
  const Incoming in = incoming_of(port, nic, frame, is_checked);
  const bool is_alike = std::all_of(std::begin(kSaid), std::end(kSaid), [&](auto info) {
    return list->NetBufferListInfo[info] == in.said.NetBufferListInfo[info];
  });
  if (!is_alike || tag_of(list) != in.tag) return false;
  if (context.denial != ingress_denial(port, nic, source_of(in.bytes), in.tag)) return false;
  add_frame(list, span_of(in.bytes));
  ++context.frame_count;
  if (!is_checked) return true;
  context.hashes.push_back(hash_of(in.bytes));
  context.is_sane = context.is_sane && in.is_sane;
  return true;
}

// Its words say nothing that anybody vouches for; its port's policies hold for it all the same,
// where one thing can be said of all of its frames.
void PacketPath::judge_raw(ForwardingContext& context, const SwitchPort& port, const SwitchNic& nic,
                           const RawList& raw) const {
  NET_BUFFER_LIST said{};
  NET_BUFFER_LIST_INFO(&said, Ieee8021QNetBufferListInfo) = word_of(raw.tag);
  bool are_alike = true;
  std::optional<Tag> common;
  for (const RawFrame& frame : raw.frames) {
    const Bytes bytes = bytes_of(frame.bytes);
    constexpr std::size_t kAddresses = 12;
    if (bytes.count() < kAddresses) continue;
    const Tag tag = raw.tag != 0 ? tag_of(&said) : outer_tag(bytes).value_or(Tag());
    if (common && *common != tag) are_alike = false;
    common = tag;
    const char* const denial = ingress_denial(port, nic, source_of(bytes), tag);
    if (denial != nullptr) context.denial = denial;
  }
  context.vlan = vlan_of(port, common.value_or(Tag()));
  if (!are_alike) context.policies = kNoPolicies;
}

NET_BUFFER_LIST* PacketPath::make(const SwitchPort& port, const SwitchNic& nic,
                                  const RawList& raw) {
  NET_BUFFER_LIST* const list = make_list(std::span<const FrameBytes>());
  for (const RawFrame& frame : raw.frames) add_frame(list, frame.bytes, frame.layout);
  NET_BUFFER_LIST_INFO(list, Ieee8021QNetBufferListInfo) = word_of(raw.tag);
  NET_BUFFER_LIST_INFO(list, TcpIpChecksumNetBufferListInfo) = word_of(raw.checksum);
  NET_BUFFER_LIST_INFO(list, TcpLargeSendNetBufferListInfo) = word_of(raw.large_send);
  NET_BUFFER_LIST_INFO(list, TcpRecvSegCoalesceInfo) = word_of(raw.coalesced);
  const std::uint64_t safe_size = std::min<unsigned>(raw.safe_size, kMostSafeSize);
  ForwardingContext& context =
      desk_.open(list, nic.address,
                 (raw.is_native ? kNativeBit : 0) |
                     (raw.is_safe ? kDataSafeBit : safe_size << kSafeSizeShift));
  context.is_raw = true;
  context.is_host_memory = raw.is_safe;
  context.frame_count = static_cast<std::uint16_t>(raw.frames.size());
  if (has_detectors_) judge_raw(context, port, nic, raw);
  return list;
}

std::size_t PacketPath::transmit_raw(NicAddress from, Span<const RawList> lists) {
  const Passage passage(*this);
  NET_BUFFER_LIST* first = nullptr;
  NET_BUFFER_LIST** link = &first;
  {
    const ReadLock lock(model_.mutex());
    const SwitchPort* port = model_.find_port(from.port);
    SwitchNic* nic = port == nullptr ? nullptr : port->find_nic(from.index);
    if (nic == nullptr || nic->state != NicState::Connected) return 0;
    if (passage.module() == nullptr) return 0;
    for (const RawList& raw : lists) {
      nic->counters.sent_frames += raw.frames.size();
      *link = make(*port, *nic, raw);
      link = &(*link)->Next;
      ++nic->in_flight;
    }
  }
  if (first == nullptr) return 0;
  passage.module()->send(
      first, NDIS_SEND_FLAGS_SWITCH_SINGLE_SOURCE | level_flag(NDIS_SEND_FLAGS_DISPATCH_LEVEL));
  return lists.count();
}

void PacketPath::forward_built_in(SwitchNic& nic, const NicFrame& frame) {
  FrameImage bytes(frame.bytes.data(), frame.bytes.data() + frame.bytes.count());
  Parcel parcel;
  if (const auto outer = outer_tag(bytes)) {
    parcel.tag = *outer;
    remove_tag(bytes);
  }
  parcel.frame = bytes;
  parcel.wants_transport_checksum = frame.partial.start != 0;
  parcel.segment_size = frame.segment_size;
  built_in_.forward(nic, parcel);
}

std::size_t PacketPath::transmit(NicAddress from, Span<const NicFrame> frames) {
  const Passage passage(*this);
  NET_BUFFER_LIST* first = nullptr;
  NET_BUFFER_LIST* last = nullptr;
  {
    const ReadLock lock(model_.mutex());
    const SwitchPort* port = model_.find_port(from.port);
    SwitchNic* nic = port == nullptr ? nullptr : port->find_nic(from.index);
    if (nic == nullptr || nic->state != NicState::Connected) return 0;
    FrameImage settled;
    for (NicFrame frame : frames) {
      ++nic->counters.sent_frames;
      nic->counters.sent_bytes += frame.bytes.count();
      if (!settle(frame, settled)) {
        ++nic->counters.dropped_sends;
        continue;
      }
      if (is_built_in_) {
        forward_built_in(*nic, frame);
        continue;
      }
      if (passage.module() == nullptr) {
        ++nic->counters.dropped_sends;
        continue;
      }
      if (last != nullptr && join(last, *port, *nic, frame)) continue;
      NET_BUFFER_LIST* const made = make(*port, *nic, frame);
      (last == nullptr ? first : last->Next) = made;
      last = made;
      ++nic->in_flight;
    }
  }
  if (first == nullptr) return frames.count();
  passage.module()->send(
      first, NDIS_SEND_FLAGS_SWITCH_SINGLE_SOURCE | level_flag(NDIS_SEND_FLAGS_DISPATCH_LEVEL));
  return frames.count();
}

// --- out

// Rule 80, of one destination.
void PacketPath::check_policy(const ForwardingContext& context, const SwitchPort& port,
                              const Tag& on_list, const Tag& delivered) const {
  if (!has_detectors_ || context.source.port == PortId{0}) return;
  // What has changed since the packet came, or is changing, it was maybe not judged by.
  const std::uint32_t policies = model_.policy_generation;
  if (policies % 2 != 0 || policies != context.policies) return;
  if (context.denial != nullptr) {
    violate(80,
            "a packet from " + name_of(context.source) + " is delivered, though " + context.denial);
  }
  const std::uint16_t vlan = on_list.vlan != 0 ? on_list.vlan : context.vlan;
  const char* denial = egress_denial(port, vlan, delivered);
  if (denial == nullptr) return;
  violate(80, "a packet from " + name_of(context.source) + " is delivered to port " +
                  std::to_string(ndis_id(port.id)) + ", though " + denial);
}

// Rule 61: what is called safe is not what the guest can still write to.
void PacketPath::check_untouched_memory(NET_BUFFER_LIST* list,
                                        const ForwardingContext& context) const {
  if (!has_detectors_) return;
  if (NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list)->IsPacketDataSafe == 0) return;
  if (context.is_hosts) {
    if (context.is_host_memory) return;
    violate(61, "IsPacketDataSafe is set on a packet that lies in a guest's memory");
  }
  NET_BUFFER_LIST* root = list->ParentNetBufferList;
  while (root != nullptr && root->ParentNetBufferList != nullptr) root = root->ParentNetBufferList;
  const ForwardingContext* origin = root == nullptr ? nullptr : context_of(root);
  if (origin == nullptr || origin->is_host_memory) return;
  for_each_mdl(*list, [&](const MDL& own) {
    for_each_mdl(*root, [&](const MDL& guests) {
      if (!overlaps(own, guests)) return;
      violate(61, "IsPacketDataSafe is set on a clone that shares a guest's memory");
    });
  });
}

// Rule 83: what the port's policy says of the sender holds of the bytes that are delivered.
void PacketPath::check_rewritten(NET_BUFFER_LIST* list, const ForwardingContext& context,
                                 Bytes frame) const {
  if (!context.is_hosts || context.committed.empty() || !may_be_rewritten(*list)) return;
  const SwitchPort* port = model_.find_port(context.origin.port);
  const SwitchNic* nic = port == nullptr ? nullptr : port->find_nic(context.origin.index);
  if (nic == nullptr) return;
  const char* denial = ingress_denial(*port, *nic, source_of(frame), tag_of(list));
  if (denial == nullptr) return;
  violate(83, "a packet from " + name_of(context.origin) +
                  " that its guest rewrote after it was looked at is delivered, though " + denial);
}

void PacketPath::deliver_frame(NET_BUFFER_LIST* list, const ForwardingContext& context,
                               const Parcel& parcel) {
  const Tag on_list = tag_of(list);
  for (const NDIS_SWITCH_PORT_DESTINATION& destination : context.committed) {
    if (destination.IsExcluded != 0) continue;
    SwitchPort* port = model_.find_port(PortId{destination.PortId});
    SwitchNic* nic = port == nullptr ? nullptr : port->find_nic(destination.NicIndex);
    if (nic == nullptr) continue;  // deleted since it was chosen
    Parcel own = parcel;
    own.tag.vlan = destination.PreserveVLAN != 0 ? on_list.vlan : std::uint16_t{0};
    own.tag.priority = destination.PreservePriority != 0 ? on_list.priority : std::uint8_t{0};
    const auto in_frame = own.tag.is_present() ? std::nullopt : outer_tag(parcel.frame);
    check_policy(context, *port, in_frame.value_or(on_list), in_frame.value_or(own.tag));
    deliver(*port, *nic, own, model_.habits());
  }
}

void PacketPath::deliver_list(NET_BUFFER_LIST* list, ForwardingContext& context) {
  check_untouched_memory(list, context);
  const SwitchPort* source = model_.find_port(context.source.port);
  const bool is_from_outside = source != nullptr && is_external(*source);
  const bool is_native = (context.detail & kNativeBit) != 0;
  FrameBytes bytes;
  for (const NET_BUFFER* nb = list->FirstNetBuffer; nb != nullptr; nb = nb->Next) {
    bytes.clear();
    append_frame(*nb, bytes);
    Parcel parcel;
    parcel.frame = bytes_of(bytes);
    check_rewritten(list, context, parcel.frame);
    if (!context.is_raw) {
      read_info(list, is_from_outside ? InfoFormat::Receive : InfoFormat::Send, parcel);
    }
    parcel.is_judged = context.is_sane && (!context.is_hosts || !has_hash(context, parcel.frame));
    if (!is_native) {
      deliver_frame(list, context, parcel);
      continue;
    }
    parcel.tag = tag_of(list);
    if (SwitchNic* nic = model_.find_nic(context.source)) built_in_.forward(*nic, parcel);
  }
}

// Where the extension looks at what goes to its destinations, it is given a list of the host's own.
void PacketPath::indicate(FilterModule& module, NET_BUFFER_LIST* list,
                          const ForwardingContext& context) {
  const std::vector<FrameBytes> frames = frames_of(*list);
  NET_BUFFER_LIST* const up = make_list(frames);
  for (const auto info : kSaid) up->NetBufferListInfo[info] = list->NetBufferListInfo[info];
  put_tag(up, tag_of(list));
  ForwardingContext& made = desk_.open_egress(up, context);
  for (const FrameBytes& frame : frames) made.hashes.push_back(hash_of(bytes_of(frame)));
  module.receive(up, level_flag(NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL));
}

void PacketPath::sent(FilterModule& module, NET_BUFFER_LIST* chain) {
  const bool is_indicated = module.takes_received();
  for_each_list(chain, [&](NET_BUFFER_LIST* list) {
    ForwardingContext& context = desk_.judge(list);
    context.was_sent = context.is_below = true;
    if (is_indicated && (context.detail & kNativeBit) == 0) {
      indicate(module, list, context);
    } else {
      const ReadLock lock(model_.mutex());
      deliver_list(list, context);
    }
    if (context.is_hosts) complete_large_send(list);
    list->Status = NDIS_STATUS_SUCCESS;
    context.is_below = false;
  });
  module.send_complete(chain, level_flag(NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL));
}

// Rule 77: what goes up is what came.
static void check_unchanged(const NET_BUFFER_LIST* list, const ForwardingContext& context) {
  std::vector<std::uint64_t> hashes;
  for (const FrameBytes& frame : frames_of(*list)) hashes.push_back(hash_of(bytes_of(frame)));
  if (hashes == context.hashes) return;
  violate(77, "a packet from " + name_of(context.source) + " has changed on egress");
}

void PacketPath::received(FilterModule& module, NET_BUFFER_LIST* chain, ULONG) {
  for_each_list(chain, [&](NET_BUFFER_LIST* list) {
    ForwardingContext& context = desk_.judge_egress(list);
    if (has_detectors_) check_unchanged(list, context);
    context.was_sent = true;
    const ReadLock lock(model_.mutex());
    deliver_list(list, context);
  });
  module.return_lists(chain, level_flag(NDIS_RETURN_FLAGS_DISPATCH_LEVEL));
}

// --- back

void PacketPath::end_egress(NET_BUFFER_LIST* list, const ForwardingContext& context) {
  if (has_detectors_ && !context.was_sent && !context.was_reported) {
    violate(66, "a packet from " + name_of(context.source) +
                    " is returned, neither indicated nor reported as filtered");
  }
  desk_.close(list);
  free_list(list);
}

void PacketPath::give_back(NET_BUFFER_LIST* list) {
  const ForwardingContext& context = *context_of(list);
  if (context.is_egress) return end_egress(list, context);
  const bool is_ended_by_host =
      list->Status == NDIS_STATUS_PAUSED || list->Status == NDIS_STATUS_SEND_ABORTED;
  const bool is_dropped = !context.was_sent && !context.was_copied;
  const bool wants_report =
      has_detectors_ && model_.habits().drops_are_reported && !is_ended_by_host;
  if (is_dropped && !context.was_reported && wants_report) {
    violate(66, "a packet from " + name_of(context.origin) +
                    " is completed, neither sent nor reported as filtered");
  }
  if (is_large_send_open(list)) {
    violate(78, "a packet from " + name_of(context.origin) +
                    " is completed, and does not say that its large send is done");
  }
  bool is_last = false;
  {
    const ReadLock lock(model_.mutex());
    if (SwitchNic* nic = model_.find_nic(context.origin)) {
      if (is_dropped) ++nic->counters.dropped_sends;
      is_last = --nic->in_flight == 0 && nic->state != NicState::Connected;
    }
  }
  desk_.close(list);
  free_list(list);
  if (is_last) Kernel::current().change([] {});
}

void PacketPath::completed(NET_BUFFER_LIST* chain) {
  for_each_list(chain, [this](NET_BUFFER_LIST* list) { give_back(list); });
}

bool PacketPath::is_quiet(NicAddress address) const {
  const ReadLock lock(model_.mutex());
  const SwitchNic* nic = model_.find_nic(address);
  return nic == nullptr || nic->in_flight == 0;
}

}  // namespace ovs::emulator
