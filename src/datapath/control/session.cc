#include "datapath/control/session.h"

#include "datapath/control/control.h"

namespace ovs::datapath {

using platform::DeviceControl;
using platform::DeviceRequest;

Result<std::size_t> Session::control(DeviceControl code, Bytes input, MutableBytes output) {
  switch (code) {
    case DeviceControl::GetPid:
      if (output.count() < sizeof pid_) return Error::NoSpace;
      store(output.data(), pid_);
      return sizeof pid_;
    case DeviceControl::Read: return control_.read_dump(*this, output);
    case DeviceControl::ReadEvent: return control_.read_event(*this, output);
    case DeviceControl::ReadPacket: return read_packet(output);
    case DeviceControl::Write:
    case DeviceControl::Transact: return control_.request(*this, code, input, output);
  }
  return Error::Unsupported;
}

MessageRing* Session::ring(unsigned processor, const RcuReader& reader) const {
  const UpcallRings* rings = rings_.read(reader);
  return rings == nullptr ? nullptr : rings->rings.data()[processor].raw();
}

bool Session::has_packet() const {
  const RcuReader reader;
  const UpcallRings* rings = rings_.read(reader);
  if (rings == nullptr) return false;
  for (const Owned<MessageRing>& ring : rings->rings) {
    if (!ring->empty()) return true;
  }
  return false;
}

// The rings take turns, so that no processor starves another.
Result<std::size_t> Session::read_packet(MutableBytes output) {
  const Passive passive = Passive::here();
  const MutexHolder holder(reading_, passive);
  const RcuReader reader;
  const UpcallRings* rings = rings_.read(reader);
  if (rings == nullptr) return std::size_t{0};
  const unsigned count = unsigned(rings->rings.count());
  for (unsigned i = 0; i < count; ++i) {
    MessageRing& ring = *rings->rings[(next_ring_ + i) % count];
    const Bytes message = ring.first();
    if (message.empty()) continue;
    if (message.count() > output.count()) return Error::NoSpace;
    __builtin_memcpy(output.data(), message.data(), message.count());
    const std::size_t size = message.count();
    ring.drop();
    next_ring_ = (next_ring_ + i + 1) % count;
    return size;
  }
  return std::size_t{0};
}

void Session::wake(Atomic<DeviceRequest*>& pended) const {
  // Not a load first: it could pass the store of what woke us, while submit() looks too early.
  if (DeviceRequest* request = pended.exchange(nullptr, Order::Sequential)) {
    request->completed(std::size_t{0});
  }
}

// Only the two requests that pend; anything else is answered as control() would.
void Session::submit(DeviceRequest& request) {
  const auto message = wire::parse_message(request.input());
  const bool is_control = message && message->header.type == std::uint16_t(wire::Family::Control);
  const auto command = is_control ? wire::ControlCommand{message->header.command}
                                  : wire::ControlCommand::SocketProperty;
  const bool packets = command == wire::ControlCommand::PendPacketRequest;
  if (request.code() != DeviceControl::Write ||
      (!packets && command != wire::ControlCommand::PendRequest)) {
    return request.completed(control(request.code(), request.input(), request.output()));
  }
  auto& pended = packets ? pended_packet_ : pended_event_;
  DeviceRequest* none = nullptr;
  if (!pended.compare_exchange(none, &request, Order::Sequential))
    return request.completed(Error::Busy);
  // What came before the request was there to be seen would wake nobody.
  if (packets ? has_packet() : control_.has_event(*this)) wake(pended);
}

void Session::cancel(DeviceRequest& request) {
  Atomic<DeviceRequest*>* const both[] = {&pended_packet_, &pended_event_};
  for (Atomic<DeviceRequest*>* pended : both) {
    DeviceRequest* expected = &request;
    if (pended->compare_exchange(expected, nullptr, Order::AcquireRelease)) {
      return request.completed(Error::Cancelled);
    }
  }
}

void Session::close() {
  Atomic<DeviceRequest*>* const both[] = {&pended_packet_, &pended_event_};
  for (Atomic<DeviceRequest*>* pended : both) {
    if (DeviceRequest* request = pended->exchange(nullptr, Order::AcquireRelease)) {
      request->completed(Error::Cancelled);
    }
  }
  control_.close(*this);
}

}  // namespace ovs::datapath
