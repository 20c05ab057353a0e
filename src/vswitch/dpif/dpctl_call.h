// One dpctl command under way, and the commands themselves. For the dpctl*.cc files.
#pragma once
#include <fmt/format.h>

#include <optional>

#include "vswitch/dpif/dpctl.h"
#include "vswitch/dpif/flow_text.h"

namespace ovs::vswitch {

class DpctlCall {
 public:
  DpctlCall(Dpctl::Environment& environment, std::vector<std::string> the_words,
            DpctlOptions the_options)
      : words(std::move(the_words)), options(the_options), environment_(environment) {}

  std::vector<std::string> words;  // operands that are not taken yet
  DpctlOptions options;

  std::string take();
  std::uint64_t now_ms() const { return environment_.clock.now_ms(); }
  DpctlDatapaths& datapaths() { return environment_.datapaths; }
  bool is_tool() const { return environment_.asker == Dpctl::Asker::Tool; }

  void print(std::string_view text) { reply_.output += text; }
  // A failure is told, and the command goes on if it likes.
  void fail(std::string_view text);
  // "TEXT (why)".
  void fail(std::string_view text, const DpifError& why);

  // Those that exist; none, and told why, if that cannot be known.
  std::vector<std::string> datapath_names();
  // The datapath that the next word names; null: it was told why there is none.
  Dpif* named_datapath(std::string_view complaint = "opening datapath");
  // The same where the word may be left out: `others` is how many words a command takes besides.
  Dpif* optional_datapath(std::size_t others);

  DpctlReply finish() { return std::move(reply_); }

 private:
  Dpif* only_datapath();

  Dpctl::Environment& environment_;
  DpctlReply reply_;
};

// "dummy@br0"; a name alone is of type system.
struct DatapathName {
  std::string type, name;
};
DatapathName parse_datapath_name(std::string_view text);

// What a person reads of an error: the system's words where they are known, else the datapath's.
std::string why_text(const DpifError& error);

namespace dpctl {

void add_dp(DpctlCall& call);
void del_dp(DpctlCall& call);
void add_if(DpctlCall& call);
void set_if(DpctlCall& call);
void del_if(DpctlCall& call);
void dump_dps(DpctlCall& call);
void show(DpctlCall& call);
void show_drops(DpctlCall& call);
void sync_routes(DpctlCall& call);

void dump_flows(DpctlCall& call);
void add_flow(DpctlCall& call);
void mod_flow(DpctlCall& call);
void print_flow(DpctlCall& call);
void del_flow(DpctlCall& call);
void add_flows(DpctlCall& call);
void mod_flows(DpctlCall& call);
void del_flows(DpctlCall& call);

void parse_actions(DpctlCall& call);
void normalize_actions(DpctlCall& call);

}  // namespace dpctl
}  // namespace ovs::vswitch
