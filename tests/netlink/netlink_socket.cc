#include "netlink/netlink_socket.h"

#include <linux/netlink.h>
#include <cerrno>

#include "netlink/errno_of.h"
#include "netlink/generic_controller.h"
#include "platform/api/device.h"

namespace ovs::netlink {

using platform::DeviceControl;
using wire::kMessageSize;
using wire::kNetlinkHeader;

namespace {

constexpr std::size_t kNetfilterHeader = kNetlinkHeader + 4;

Buffer control_message(wire::ControlCommand command, std::uint32_t pid, Bytes attributes) {
  Buffer room(128);
  wire::Writer writer{MutableBytes(room)};
  const wire::Message header{.type = std::uint16_t(wire::Family::Control),
                             .flags = wire::kFlagRequest,
                             .pid = pid,
                             .command = std::uint8_t(command),
                             .version = 1};
  const std::size_t at = wire::begin_message(writer, header);
  writer.append(attributes);
  wire::end_message(writer, at);
  room.resize(writer.size());
  return room;
}

// A message of at least kMessageSize with this PID in it; netfilter's shorter header is padded as
// the device expects it.
Buffer for_device(Bytes request, Protocol protocol, std::uint32_t pid) {
  Buffer message(request.begin(), request.end());
  const std::size_t pad = protocol == Protocol::Netfilter ? kMessageSize - kNetfilterHeader : 0;
  if (message.size() < kNetfilterHeader) message.resize(kNetfilterHeader);
  message.insert(message.begin() + kNetfilterHeader, pad, 0);
  if (message.size() < kMessageSize) message.resize(kMessageSize);
  auto header = load<wire::Message>(message.data());
  header.length = std::uint32_t(message.size());
  header.pid = pid;
  store(message.data(), header);
  return message;
}

bool ends_dump(Bytes part) {
  while (part.count() >= kNetlinkHeader) {
    const auto header = load<nlmsghdr>(part.data());
    if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) return true;
    const std::size_t size = NLMSG_ALIGN(header.nlmsg_len);
    if (header.nlmsg_len < kNetlinkHeader || size >= part.count()) return false;
    part = part.from(size);
  }
  return false;
}

}  // namespace

std::vector<std::uint32_t> upcall_pids(Bytes request) {
  const auto message = wire::parse_message(request);
  if (!message || message->header.type != std::uint16_t(wire::Family::Vport)) return {};
  const auto list = wire::Attributes::parse(message->payload);
  if (!list) return {};
  const auto pids = list->find(wire::VportAttr::UpcallPid);
  if (!pids) return {};
  std::vector<std::uint32_t> found;
  for (std::size_t at = 0; at + 4 <= pids->payload.count(); at += 4) {
    found.push_back(load<std::uint32_t>(pids->payload.data() + at));
  }
  return found;
}

std::unique_ptr<NetlinkSocket> NetlinkSocket::open(const char* device, Protocol protocol,
                                                   Trace& trace) {
  auto link = DeviceLink::open(device);
  if (link == nullptr) return nullptr;
  return std::unique_ptr<NetlinkSocket>(new NetlinkSocket(std::move(link), protocol, trace));
}

// ---- requests ----------------------------------------------------------------------------------

Result<void> NetlinkSocket::send(Bytes bytes) {
  const std::lock_guard lock(mutex_);
  while (bytes.count() >= kNetlinkHeader) {
    const std::size_t length = load<nlmsghdr>(bytes.data()).nlmsg_len;
    if (length < kNetlinkHeader || length > bytes.count()) return Error::Malformed;
    OVS_TRY(make_request(bytes.first(length)));
    const std::size_t next = NLMSG_ALIGN(length);
    bytes = bytes.from(next < bytes.count() ? next : bytes.count());
  }
  return kOk;
}

Result<void> NetlinkSocket::make_request(Bytes request) {
  const auto header = load<nlmsghdr>(request.data());
  if (header.nlmsg_type >= NLMSG_MIN_TYPE && header.nlmsg_type != kControllerFamily) {
    return ask_device(request);
  }
  if (header.nlmsg_type == kControllerFamily) {
    answers_.push_back(answer_controller(request, pid()));
  }
  return kOk;
}

Result<void> NetlinkSocket::ask_device(Bytes request) {
  const Buffer message = for_device(request, protocol_, pid());
  const auto flags = load<nlmsghdr>(request.data()).nlmsg_flags;
  const bool dumps = (flags & NLM_F_DUMP) == NLM_F_DUMP;
  const auto code = dumps ? DeviceControl::Write : DeviceControl::Transact;
  const auto answer = link_->call(std::uint32_t(code), message);
  if (!answer && answer.error() == Error::Closed) return answer.error();
  if (dumps && answer && answer->empty()) {
    is_dumping_ = true;
    return kOk;
  }
  take_answer(request, answer);
  return kOk;
}

// As the kernel does: a refusal; or what was asked for (a "get", or what NLM_F_ECHO asks of the
// others), and an acknowledgement if NLM_F_ACK asks for one.
void NetlinkSocket::take_answer(Bytes request, const Result<Buffer>& answer) {
  if (!answer)
    return refuse(request, wire::error_number(answer.error()), error_name(answer.error()));
  if (const auto error = wire::parse_error(*answer); error && error->error != 0) {
    return refuse(request, wire::ErrorNumber(-error->error), error->text);
  }
  const auto header = load<wire::Message>(for_device(request, protocol_, pid()).data());
  const bool gets = header.command == std::uint8_t(wire::FlowCommand::Find);
  const bool is_asked_for = gets || (header.flags & NLM_F_ECHO) != 0;
  if (!answer->empty() && is_asked_for) answers_.push_back(*answer);
  if ((header.flags & NLM_F_ACK) != 0) answers_.push_back(error_message(request, pid(), 0));
}

void NetlinkSocket::refuse(Bytes request, wire::ErrorNumber number, Text why) {
  const int error = errno_of(number);
  trace_.refused(load<wire::Message>(for_device(request, protocol_, pid()).data()), error, why);
  answers_.push_back(error_message(request, pid(), error));
}

// ---- what comes --------------------------------------------------------------------------------

Result<Buffer> NetlinkSocket::receive() {
  const std::lock_guard lock(mutex_);
  if (!answers_.empty()) {
    Buffer first = std::move(answers_.front());
    answers_.pop_front();
    return first;
  }
  if (is_dumping_) return continue_dump();
  if (use_ != Use::Requests) return next_news();
  return Error::WouldBlock;
}

Result<Buffer> NetlinkSocket::continue_dump() {
  auto part = link_->call(std::uint32_t(DeviceControl::Read), {});
  if (!part || part->empty() || ends_dump(*part)) is_dumping_ = false;
  if (part && part->empty()) return Error::WouldBlock;
  return part;
}

wire::ControlCommand NetlinkSocket::pend_command(Use use) {
  return use == Use::Upcalls ? wire::ControlCommand::PendPacketRequest
                             : wire::ControlCommand::PendRequest;
}

Result<Buffer> NetlinkSocket::next_news() {
  OVS_TRY(const bool nothing_new, link_->is_pended());
  if (nothing_new) return Error::WouldBlock;
  const bool upcalls = use_ == Use::Upcalls;
  const auto code = upcalls ? DeviceControl::ReadPacket : DeviceControl::ReadEvent;
  OVS_TRY(Buffer message, link_->call(std::uint32_t(code), {}));
  // Also behind a message: if another one waits, the descriptor is readable still, as programs
  // expect that take one at a time.
  OVS_TRY(link_->pend(control_message(pend_command(use_), pid(), {})));
  if (message.empty()) return Error::WouldBlock;
  return message;
}

Result<void> NetlinkSocket::subscribe(wire::ControlCommand command, Bytes attributes, Use use) {
  const Buffer message = control_message(command, pid(), attributes);
  OVS_TRY(const Buffer answer, link_->call(std::uint32_t(DeviceControl::Write), message));
  if (const auto error = wire::parse_error(answer); error && error->error != 0) {
    return wire::error_of(wire::ErrorNumber(-error->error));
  }
  use_ = use;
  return link_->pend(control_message(pend_command(use), pid(), {}));
}

Result<void> NetlinkSocket::join(std::uint32_t group) {
  const std::lock_guard lock(mutex_);
  std::uint8_t room[32];
  wire::Writer writer{MutableBytes(room)};
  writer.put_u32(wire::ControlAttr::McastGroup, group);
  writer.put_u8(wire::ControlAttr::McastJoin, 1);
  return subscribe(wire::ControlCommand::SubscribeEvents, Bytes(room).first(writer.size()),
                   Use::Events);
}

Result<void> NetlinkSocket::take_upcalls() {
  const std::lock_guard lock(mutex_);
  if (use_ == Use::Upcalls) return kOk;
  std::uint8_t room[32];
  wire::Writer writer{MutableBytes(room)};
  writer.put_u8(wire::ControlAttr::PacketSubscribe, 1);
  writer.put_u32(wire::ControlAttr::PacketPid, pid());
  return subscribe(wire::ControlCommand::SubscribePackets, Bytes(room).first(writer.size()),
                   Use::Upcalls);
}

}  // namespace ovs::netlink
