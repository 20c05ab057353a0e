// Frames as bytes: where their headers are, what a NIC would do to them (checksums, segments, tags)
// and whether they are whole. Knows no NDIS and no switch.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes/span.h"
#include "base/core/function_ref.h"
#include "emulator/vmswitch/port_policy.h"
#include "platform/api/frame_port.h"

namespace ovs::emulator {

using FrameImage = std::vector<std::uint8_t>;

enum class Transport : std::uint8_t { None, Tcp, Udp };
// Of a frame's outermost IP packet.
struct Headers {
  std::uint8_t ip_version = 0;            // 0: the frame holds no IP packet that can be read
  Transport transport = Transport::None;  // whole: not of a fragment
  std::uint8_t tag_count = 0;
  std::size_t l3 = 0, l4 = 0;
  std::size_t end = 0;          // of the IP packet, by its length field; behind it lies padding
  std::size_t payload() const;  // of TCP or UDP
  std::size_t tcp_data = 0;     // where TCP's payload begins
};
Headers headers_of(Bytes frame);

MacAddress destination_of(Bytes frame);
MacAddress source_of(Bytes frame);
std::optional<Tag> outer_tag(Bytes frame);
void remove_tag(FrameImage& frame);
void insert_tag(FrameImage& frame, const Tag& tag);

// Writes what a sender left out, from the bytes alone.
void complete_ip_checksum(MutableBytes frame, const Headers& headers);
void complete_transport_checksum(MutableBytes frame, const Headers& headers);
// Whether it is that of the frame's own TCP or UDP; others no NIC is asked for.
bool is_transport_checksum(const Headers& headers, platform::PartialChecksum partial);
// Any: what a NIC's own driver does before it sends. False: it does not lie in the frame.
bool close_checksum(MutableBytes frame, platform::PartialChecksum partial);
// Who leaves segments to a device may leave IP's length to it as well, and IPv4's checksum.
void leave_out_length(MutableBytes frame, const Headers& headers);
void fill_in_length(MutableBytes frame, const Headers& headers);
// The pseudo header's sum, where the device goes on: with or without the segment's length.
enum class PseudoLength : bool { Without, With };
void put_pseudo_sum(MutableBytes frame, const Headers& headers, PseudoLength length);

// Cuts a TCP frame into segments of `size` payload bytes, each with its checksums.
void cut_segments(Bytes frame, const Headers& headers, std::size_t size,
                  FunctionRef<void(Bytes)> each);

// What is wrong with a frame whose checksums are all to be there, or all but its transport's;
// empty: nothing.
enum class TransportSum : bool { Whole, Open };
std::string fault_of(Bytes frame, TransportSum transport = TransportSum::Whole);

}  // namespace ovs::emulator
