// What the command line of ovs-ofctl says, for all of its commands.
#pragma once
#include <string>
#include <vector>

#include "daemon/run/program.h"
#include "openflow/text/flow_text.h"
#include "openflow/text/print.h"
#include "tools/common/timeout.h"

namespace ovs::tools::ofctl {

struct SortKey {
  std::string field;  // empty: priority
  bool descending = false;
};

enum class NamesMode : std::uint8_t { Automatic, Always, Never };

struct Options {
  openflow::VersionBitmap versions = openflow::bit(openflow::Version::V10);
  bool versions_given = false;
  openflow::Protocols protocols = openflow::kAllProtocols;
  int verbosity = 0;
  bool strict = false;
  bool readd = false;
  bool bundle = false;
  bool may_create = false;
  bool bare = false;
  bool bad_checksum = false;
  bool timestamp = false;
  bool statistics = true;
  NamesMode names = NamesMode::Automatic;
  int packet_in_format = -1;  // 0 standard, 1 nxt_packet_in, 2 nxt_packet_in2; -1: whatever works
  std::vector<SortKey> sort;
  Timeout timeout;
};

// The versions that have bundles among these; without any, 1.4.
openflow::VersionBitmap versions_with_bundles(openflow::VersionBitmap versions);

// One invocation: the program, its options and the words behind the command.
struct Call {
  daemon::Program& program;
  Options& options;
  std::vector<std::string> words;  // [0] is the command

  const std::string& word(std::size_t index) const;  // empty beyond the last
  std::size_t count() const { return words.size(); }
  int fail(std::string_view text) const { return program.fail(text); }
  void log(const openflow::Remarks& remarks) const;
};

struct Command {
  const char* name;
  const char* usage;  // null: not listed
  std::size_t least, most;
  int (*run)(Call& call);
};

// Prints text without a newline of its own.
void put(std::string_view text);
// A file's whole text, "-" being standard input; nothing, after saying why, if it cannot be read.
std::optional<std::string> read_input(const Call& call, const std::string& path);

inline constexpr std::size_t kAnyCount = ~std::size_t{0};

// The commands of each file.
Span<const Command> offline_commands();
Span<const Command> encoding_commands();
Span<const Command> flow_commands();
Span<const Command> extension_commands();
Span<const Command> group_commands();
Span<const Command> packet_commands();
Span<const Command> meter_commands();
Span<const Command> switch_commands();
Span<const Command> monitor_commands();

}  // namespace ovs::tools::ofctl
