#include "emulator/vmswitch/delivery.h"

#include "emulator/nt/violation.h"
#include "emulator/vmswitch/forwarding.h"

namespace ovs::emulator {
namespace {

constexpr std::size_t kEthernet = 14, kTag = 4;
// How Windows' large sends and checksums lie in TCP and UDP headers.
constexpr std::uint16_t kTcpSumAt = 16, kUdpSumAt = 6;

// The external port's own NIC stands for its team: the first member that is connected sends.
SwitchNic* sender_of(SwitchPort& port, SwitchNic& nic) {
  if (nic.backend != nullptr) return &nic;
  for (const auto& member : port.nics) {
    if (member->backend != nullptr && member->state == NicState::Connected) return member.get();
  }
  return nullptr;
}

void judge(const SwitchNic& nic, const NicFrame& frame) {
  if (frame.partial.start != 0) return;
  const std::string fault = fault_of(frame.bytes);
  if (fault.empty()) return;
  violate(79, "a frame of " + std::to_string(frame.bytes.count()) + " bytes arrives at " +
                  name_of(nic.address) + ": " + fault);
}

bool fits(const SwitchNic& nic, const NicFrame& frame, const SwitchHabits& habits) {
  if (frame.segment_size != 0) return true;
  const std::size_t tags = outer_tag(frame.bytes).has_value() ? kTag : 0;
  if (frame.bytes.count() <= nic.spec.mtu + kEthernet + tags) return true;
  if (habits.mtu_is_strict) {
    violate(79, "a frame of " + std::to_string(frame.bytes.count()) + " bytes arrives at " +
                    name_of(nic.address) + ", whose MTU is " + std::to_string(nic.spec.mtu));
  }
  return false;
}

void hand_over(SwitchNic& nic, const NicFrame& frame, bool is_judged, const SwitchHabits& habits) {
  if (!fits(nic, frame, habits)) {
    ++nic.counters.dropped_deliveries;
    return;
  }
  if (is_judged && habits.checks_frames) judge(nic, frame);
  ++nic.counters.delivered_frames;
  nic.counters.delivered_bytes += frame.bytes.count();
  nic.backend->deliver(frame);
}

platform::PartialChecksum partial_of(const Headers& headers) {
  const bool is_tcp = headers.transport == Transport::Tcp;
  return {static_cast<std::uint16_t>(headers.l4), is_tcp ? kTcpSumAt : kUdpSumAt};
}

}  // namespace

void deliver(SwitchPort& port, SwitchNic& nic, const Parcel& parcel, const SwitchHabits& habits) {
  SwitchNic* const to = nic.state == NicState::Connected ? sender_of(port, nic) : nullptr;
  if (to == nullptr) {
    ++nic.counters.dropped_deliveries;
    return;
  }
  const bool is_as_it_is = !parcel.tag.is_present() && !parcel.wants_ip_checksum &&
                           !parcel.wants_transport_checksum && parcel.segment_size == 0;
  if (is_as_it_is) {
    return hand_over(*to, {parcel.frame, {}, 0, parcel.is_verified}, parcel.is_judged, habits);
  }
  // In place, where nothing moves: whoever else is given the frame wants the same done to it.
  MutableBytes bytes = parcel.frame;
  FrameImage tagged;
  if (parcel.tag.is_present()) {
    tagged.assign(bytes.data(), bytes.data() + bytes.count());
    insert_tag(tagged, parcel.tag);
    bytes = tagged;
  }
  const Headers headers = headers_of(bytes);
  if (parcel.segment_size != 0) fill_in_length(bytes, headers);
  if (parcel.wants_ip_checksum) complete_ip_checksum(bytes, headers);
  const bool is_tcp = headers.transport == Transport::Tcp;
  if (parcel.segment_size != 0 && is_tcp && headers.payload() > parcel.segment_size) {
    if (!to->spec.offloads.segmentation) {
      return cut_segments(bytes, headers, parcel.segment_size, [&](Bytes segment) {
        hand_over(*to, {segment, {}, 0}, parcel.is_judged, habits);
      });
    }
    complete_ip_checksum(bytes, headers);
    put_pseudo_sum(bytes, headers, PseudoLength::With);
    return hand_over(*to,
                     {bytes, partial_of(headers), static_cast<std::uint16_t>(parcel.segment_size)},
                     parcel.is_judged, habits);
  }
  const bool sums = parcel.wants_transport_checksum || parcel.segment_size != 0;
  if (sums && to->spec.offloads.checksum && headers.transport != Transport::None) {
    put_pseudo_sum(bytes, headers, PseudoLength::With);
    return hand_over(*to, {bytes, partial_of(headers), 0}, parcel.is_judged, habits);
  }
  if (sums) complete_transport_checksum(bytes, headers);
  hand_over(*to, {bytes, {}, 0, parcel.is_verified}, parcel.is_judged, habits);
}

}  // namespace ovs::emulator
