#include "vswitch/dpif/channel.h"

#include "wire/netlink/error_numbers.h"

namespace ovs::vswitch {
namespace {

using platform::DeviceControl;

constexpr std::size_t kOutputRoom = 64 * 1024;
constexpr std::size_t kMaxOutputRoom = 1024 * 1024;  // no message of the device is larger

std::uint8_t version_of(wire::Family family) {
  for (const wire::FamilyInfo& info : wire::kFamilies) {
    if (info.family == family) return info.version;
  }
  return 1;
}

}  // namespace

DpifError dpif_error(Error error) {
  return DpifError{error, error_name(error)};
}

NetlinkRequest::NetlinkRequest(wire::Family family, std::uint8_t command, std::uint16_t flags,
                               int) {
  header_.type = std::uint16_t(family);
  header_.flags = std::uint16_t(wire::kFlagRequest | flags);
  header_.command = command;
  header_.version = version_of(family);
  begin_ = wire::begin_message(writer_, header_);
}

Bytes NetlinkRequest::finish(std::uint32_t sequence, std::uint32_t pid) {
  header_.sequence = sequence;
  header_.pid = pid;
  const auto* header = reinterpret_cast<const std::uint8_t*>(&header_);
  writer_.overwrite(begin_, Bytes(header, sizeof header_));
  wire::end_message(writer_, begin_);
  return Bytes(bytes_.data(), writer_.size());
}

Channel::Channel(Opened opened)
    : device_(std::move(opened.device)), pid_(opened.pid), output_(kOutputRoom) {}

DpifResult<Channel::Opened> Channel::open_handle(platform::Device& device) {
  auto opened = device.open();
  if (!opened) return dpif_error(opened.error());
  std::uint8_t pid[4];
  const auto size = (*opened)->control(DeviceControl::GetPid, Bytes(), pid);
  if (!size) return dpif_error(size.error());
  if (*size != sizeof pid) return DpifError{Error::Malformed, "the device did not tell its PID"};
  return Opened{std::move(opened).value(), load<std::uint32_t>(pid)};
}

DpifResult<std::unique_ptr<Channel>> Channel::open(platform::Device& device) {
  OVS_TRY(Opened opened, open_handle(device));
  return std::unique_ptr<Channel>(new Channel(std::move(opened)));
}

DpifResult<void> Channel::reopen(platform::Device& device) {
  OVS_TRY(Opened opened, open_handle(device));
  const std::lock_guard lock(mutex_);
  device_ = std::move(opened.device);
  pid_ = opened.pid;
  return kOk;
}

DpifResult<Bytes> Channel::control(DeviceControl code, Bytes input) {
  for (;;) {
    const auto size = device_->control(code, input, output_);
    if (size) return Bytes(output_.data(), *size);
    if (size.error() != Error::NoSpace || output_.size() >= kMaxOutputRoom) {
      return dpif_error(size.error());
    }
    output_.resize(output_.size() * 2);
  }
}

DpifResult<void> Channel::check_error(const wire::MessageView& message, Bytes bytes) const {
  if (message.header.type != wire::kMessageError) return kOk;
  const auto error = wire::parse_error(bytes);
  if (!error) return DpifError{Error::Malformed, "malformed error message from the datapath"};
  if (error->error == 0) return kOk;
  const auto number = wire::ErrorNumber(-error->error);
  const std::string text(error->text);
  return DpifError{wire::error_of(number), text.empty() ? wire::error_text(number) : text};
}

DpifResult<void> Channel::transact(NetlinkRequest& request, const Visitor& reply) {
  const std::lock_guard lock(mutex_);
  OVS_TRY(const Bytes answer, control(DeviceControl::Transact, request.finish(++sequence_, pid_)));
  if (answer.empty()) return kOk;
  const auto message = wire::parse_message(answer);
  if (!message) return dpif_error(message.error());
  OVS_TRY(check_error(*message, answer));
  if (reply && message->header.type != wire::kMessageError) reply(*message);
  return kOk;
}

DpifResult<void> Channel::write(NetlinkRequest& request) {
  const std::lock_guard lock(mutex_);
  return send(request);
}

DpifResult<void> Channel::send(NetlinkRequest& request) {
  OVS_TRY(const Bytes answer, control(DeviceControl::Write, request.finish(++sequence_, pid_)));
  if (answer.empty()) return kOk;
  const auto message = wire::parse_message(answer);
  if (!message) return dpif_error(message.error());
  return check_error(*message, answer);
}

DpifResult<void> Channel::dump(NetlinkRequest& request, const Visitor& visit) {
  const std::lock_guard lock(mutex_);
  OVS_TRY(send(request));
  for (;;) {
    OVS_TRY(Bytes rest, control(DeviceControl::Read, Bytes()));
    if (rest.empty()) return kOk;
    while (!rest.empty()) {
      const auto message = wire::parse_message(rest);
      if (!message) return dpif_error(message.error());
      if (message->header.type == wire::kMessageDone) return kOk;
      OVS_TRY(check_error(*message, rest));
      visit(*message);
      rest = message->rest;
    }
  }
}

DpifResult<bool> Channel::read(DeviceControl code, const Visitor& visit) {
  const std::lock_guard lock(mutex_);
  OVS_TRY(Bytes rest, control(code, Bytes()));
  if (rest.empty()) return false;
  while (!rest.empty()) {
    const auto message = wire::parse_message(rest);
    if (!message) return dpif_error(message.error());
    visit(*message);
    rest = message->rest;
  }
  return true;
}

}  // namespace ovs::vswitch
