// Any requests, by any I/O control, leave a switch that still switches. Each request of the input:
// a byte for the control code, a byte for the family, one for the command, one for its flags, two
// for the size of the payload, the payload.
#include "base/bytes/cursor.h"
#include "datapath/control/control_rig_test.h"

namespace {

using namespace ovs;
using namespace ovs::datapath;

platform::DeviceControl code_of(std::uint8_t byte) {
  constexpr platform::DeviceControl kCodes[] = {
      platform::DeviceControl::Transact,   platform::DeviceControl::Write,
      platform::DeviceControl::Read,       platform::DeviceControl::ReadEvent,
      platform::DeviceControl::ReadPacket, platform::DeviceControl::Transact};
  return kCodes[byte % 6];
}

void request(ControlRig& rig, Reader& input) {
  const auto code = input.read<std::uint8_t>();
  const auto family = input.read<std::uint8_t>();
  const auto command = input.read<std::uint8_t>();
  const auto flags = input.read<std::uint8_t>();
  const auto size = input.read<std::uint16_t>();
  if (!size) {
    (void)input.skip(input.remaining());
    return;
  }
  const std::size_t taken = *size % 2048 < input.remaining() ? *size % 2048 : input.remaining();
  const Bytes payload = *input.take(taken);
  (void)rig.request(
      wire::Family{std::uint16_t(16 + *family % 12)}, *command,
      [&](wire::Writer& writer) { writer.append(payload); },
      std::uint16_t((*flags & 1) != 0 ? wire::kFlagDump : *flags << 8), code_of(*code));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ControlRig rig;
  OVS_ASSERT(ControlRig::start(rig).ok());
  Reader input{Bytes(data, size)};
  for (unsigned i = 0; i < 64 && !input.at_end(); ++i) request(rig, input);
  rig.receive(1, std::vector<std::uint8_t>(60, 0x45));
  rig.control().maintain(Passive::here());
  return 0;
}
