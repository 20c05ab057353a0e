#include "vswitch/connmgr/connection.h"

#include <algorithm>

namespace ovs::vswitch {

using openflow::Kind;
using openflow::Message;

namespace {

openflow::AsyncConfig default_async() {
  openflow::AsyncConfig async;
  using openflow::PacketInReason;
  const auto bit = [](auto reason) { return 1u << unsigned(reason); };
  async.packet_in[0] = bit(PacketInReason::NoMatch) | bit(PacketInReason::Action) |
                       bit(PacketInReason::ActionSet) | bit(PacketInReason::Group) |
                       bit(PacketInReason::PacketOut) | bit(PacketInReason::ExplicitMiss) |
                       bit(PacketInReason::ImplicitMiss);
  async.port_status[0] = async.port_status[1] = 7;
  async.flow_removed[0] = 0x3f;
  return async;
}

openflow::Version highest(openflow::VersionBitmap versions) {
  openflow::Version best = openflow::Version::V10;
  for (const openflow::Version version : openflow::kVersions) {
    if ((versions & openflow::bit(version)) != 0) best = version;
  }
  return best;
}

}  // namespace

OfConnection::OfConnection(Owner& owner, std::unique_ptr<daemon::Stream> stream,
                           ConnectionKind kind, openflow::VersionBitmap versions)
    : async(default_async()),
      owner_(owner),
      stream_(std::move(stream)),
      kind_(kind),
      versions_(versions) {
  miss_send_length = kind == ConnectionKind::Primary ? kDefaultMissSendLength : 0;
  daemon::Stream::Handlers handlers;
  handlers.on_read = [this](std::string_view bytes) { read(bytes); };
  handlers.on_close = [this](const daemon::IoError&) { close(); };
  stream_->start(std::move(handlers));
  output_ = openflow::encode_hello(versions_, 1);
  flush();
}

void OfConnection::read(std::string_view bytes) {
  if (is_closed_) return;
  input_.append(bytes);
  in_batch_ = true;
  std::size_t at = 0;
  while (!is_closed_) {
    const Bytes rest(reinterpret_cast<const std::uint8_t*>(input_.data()) + at, input_.size() - at);
    const auto size = openflow::message_size(rest);
    if (!size.ok()) {
      close();
      return;
    }
    if (*size == 0) break;
    owner_.overhear(*this, std::string_view(input_).substr(at, *size));
    take(rest.first(*size));
    at += *size;
  }
  input_.erase(0, at);
  in_batch_ = false;
  held_for_ = std::max(held_for_, owner_.finish_batch());
  flush();
}

void OfConnection::take(Bytes bytes) {
  if (!negotiated_) {
    negotiate(bytes);
    return;
  }
  const auto message = openflow::decode(bytes, table_ids);
  if (!message.ok()) {
    send_error(message.error().error, bytes);
    return;
  }
  if (message->version != version_ && message->kind() != Kind::Hello &&
      message->kind() != Kind::Error) {
    send_error(openflow::OfError::OFPBRC_BAD_VERSION, bytes);
    return;
  }
  if (message->kind() == Kind::EchoRequest) {
    reply(Kind::EchoReply, message->xid, message->body);
    return;
  }
  owner_.handle(*this, *message, bytes);
}

void OfConnection::negotiate(Bytes bytes) {
  const auto message = openflow::decode(bytes);
  const auto* hello = message.ok() ? message->as<openflow::Hello>() : nullptr;
  if (hello == nullptr) {
    close();
    return;
  }
  const openflow::VersionBitmap common = versions_ & hello->versions;
  if (common == 0) {
    send_error(openflow::OfError::OFPHFC_INCOMPATIBLE, bytes);
    in_batch_ = false;
    flush();
    close();
    return;
  }
  version_ = highest(common);
  negotiated_ = true;
  owner_.connected(*this);
}

void OfConnection::flush() {
  if (in_batch_ || held_for_ != 0 || output_.empty() || is_closed_) return;
  owner_.overhear(*this, output_);
  stream_->write(std::exchange(output_, {}));
}

void OfConnection::release(std::uint64_t ticket) {
  if (held_for_ > ticket) return;
  held_for_ = 0;
  flush();
}

void OfConnection::send(const Message& message) {
  if (is_closed_) return;
  output_ += openflow::encode_parts(message);
  flush();
}

void OfConnection::reply(Kind kind, std::uint32_t xid, openflow::Body body) {
  send(openflow::make_message(kind, version_, xid, std::move(body)));
}

void OfConnection::send_error(openflow::OfError error, Bytes request) {
  if (is_closed_) return;
  output_ += openflow::encode_error(error, request);
  flush();
}

void OfConnection::send_raw(std::string_view messages) {
  output_ += messages;
  flush();
}

void OfConnection::send_echo_request() {
  send(openflow::make_message(Kind::EchoRequest, version_, 0, openflow::Echo{}));
}

void OfConnection::close() {
  if (std::exchange(is_closed_, true)) return;
  owner_.closed(*this);
}

bool OfConnection::wants_async() const {
  if (!is_ready() || kind_ == ConnectionKind::Snoop) return false;
  return kind_ == ConnectionKind::Primary || miss_send_length != 0;
}

bool OfConnection::wants_packet_in(openflow::PacketInReason reason) const {
  return wants_async() &&
         (async.packet_in[role == ConnectionRole::Secondary] >> unsigned(reason) & 1) != 0;
}

bool OfConnection::wants_port_status(openflow::PortReason reason) const {
  return wants_async() &&
         (async.port_status[role == ConnectionRole::Secondary] >> unsigned(reason) & 1) != 0;
}

bool OfConnection::wants_flow_removed(openflow::FlowRemovedReason reason) const {
  return wants_async() &&
         (async.flow_removed[role == ConnectionRole::Secondary] >> unsigned(reason) & 1) != 0;
}

}  // namespace ovs::vswitch
