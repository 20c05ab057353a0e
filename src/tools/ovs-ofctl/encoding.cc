// Commands that show how something is encoded: errors, hellos, VLAN matches.
#include <fmt/format.h>

#include "base/text/hex.h"
#include "openflow/match/wire_match.h"
#include "tools/ovs-ofctl/options.h"

namespace ovs::tools::ofctl {
namespace {

using namespace openflow;

Bytes bytes_of(std::string_view text) {
  return Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

int print_error(Call& call) {
  const auto error = find_error(call.word(1));
  if (!error) return call.fail(fmt::format("unknown error \"{}\"", call.word(1)));
  for (const Version version : kVersions) {
    const auto code = encode_error(*error, version);
    if (!code) continue;
    put(fmt::format("OpenFlow {}: vendor {}, type {}, code {}\n", version_number(version),
                    flow::sharp_hex_text(code->vendor), code->type, code->code));
  }
  return 0;
}

int encode_error_reply(Call& call) {
  const auto error = find_error(call.word(1));
  if (!error) return call.fail(fmt::format("unknown error \"{}\"", call.word(1)));
  const auto request = parse_hex<ByteString>(call.word(2), Blanks::Skip);
  if (!request) return call.fail("trailing garbage in hex data");
  if (request->size() < kHeaderSize) {
    return call.fail(fmt::format("Request too short ({} bytes)", request->size()));
  }
  const Version version = Version((*request)[0]);
  if (!encode_error(*error, version)) {
    call.program.log()
        .module("ofp_errors")
        .err("cannot encode {} for OpenFlow {}", error_name(*error), version_number(version));
  }
  put(hex_dump(bytes_of(openflow::encode_error(*error, *request)), Characters::No));
  return 0;
}

int encode_hello_command(Call& call) {
  const auto bitmap = parse_unsigned(call.word(1));
  if (!bitmap) return call.fail(fmt::format("invalid bitmap \"{}\"", call.word(1)));
  const std::string hello = encode_hello(VersionBitmap(*bitmap), 1);
  put(hex_dump(bytes_of(hello), Characters::No));
  put(print_message(bytes_of(hello)));
  return 0;
}

constexpr Command kCommands[] = {
    {"print-error", nullptr, 1, 1, print_error},
    {"encode-error-reply", nullptr, 2, 2, encode_error_reply},
    {"encode-hello", nullptr, 1, 1, encode_hello_command},
};

}  // namespace

Span<const Command> encoding_commands() {
  return kCommands;
}

}  // namespace ovs::tools::ofctl
