#include "vswitch/dpif/dpctl.h"

#include <algorithm>

#include "daemon/control/unixctl.h"
#include "vswitch/dpif/dpctl_call.h"
#include "wire/netlink/error_numbers.h"

namespace ovs::vswitch {

enum class DpctlAccess : bool { ReadOnly, ReadWrite };

struct DpctlCommand {
  const char* name;
  const char* usage;
  unsigned min_words, max_words;
  DpctlAccess access;
  void (*run)(DpctlCall&);        // null: not supported yet
  const char* missing = nullptr;  // then: what is
};

namespace {

constexpr unsigned kAny = ~0u;
constexpr auto kRead = DpctlAccess::ReadOnly;
constexpr auto kWrite = DpctlAccess::ReadWrite;
constexpr const char* kConntrack = "connection tracking";
constexpr const char* kFragments = "reassembly of fragments";

void list_commands(DpctlCall& call);

constexpr DpctlCommand kCommands[] = {
    {"add-dp", "dp [iface...]", 1, kAny, kWrite, dpctl::add_dp},
    {"del-dp", "dp", 1, 1, kWrite, dpctl::del_dp},
    {"add-if", "dp iface...", 2, kAny, kWrite, dpctl::add_if},
    {"del-if", "dp iface...", 2, kAny, kWrite, dpctl::del_if},
    {"set-if", "dp iface...", 2, kAny, kWrite, dpctl::set_if},
    {"dump-dps", "", 0, 0, kRead, dpctl::dump_dps},
    {"show", "[-s] [dp...]", 0, kAny, kRead, dpctl::show},
    {"dump-flows", "[-m] [--names] [dp] [filter=..] [type=..] [pmd=..]", 0, 6, kRead,
     dpctl::dump_flows},
    {"add-flow", "[dp] flow actions", 2, 3, kWrite, dpctl::add_flow},
    {"mod-flow", "[dp] flow actions", 2, 3, kWrite, dpctl::mod_flow},
    {"get-flow", "[dp] ufid", 1, 2, kRead, dpctl::print_flow},
    {"del-flow", "[dp] flow", 1, 2, kWrite, dpctl::del_flow},
    {"add-flows", "[dp] file", 1, 2, kWrite, dpctl::add_flows},
    {"mod-flows", "[dp] file", 1, 2, kWrite, dpctl::mod_flows},
    {"del-flows", "[dp] [file]", 0, 2, kWrite, dpctl::del_flows},
    {"offload-stats-show", "[dp]", 0, 1, kRead, nullptr, "hardware offload"},
    {"dump-conntrack", "[-m] [-s] [dp] [zone=N]", 0, 2, kRead, nullptr, kConntrack},
    {"dump-conntrack-exp", "[dp] [zone=N]", 0, 2, kRead, nullptr, kConntrack},
    {"flush-conntrack",
     "[dp] [zone=N] [mark=X[/M]] [labels=Y[/N]] [ct-orig-tuple [ct-reply-tuple]]", 0, 6, kWrite,
     nullptr, kConntrack},
    {"cache-get-size", "[dp]", 0, 1, kRead, nullptr, "the sizes of caches"},
    {"cache-set-size", "dp cache <size>", 3, 3, kWrite, nullptr, "the sizes of caches"},
    {"ct-stats-show", "[dp] [zone=N]", 0, 3, kRead, nullptr, kConntrack},
    {"ct-bkts", "[dp] [gt=N]", 0, 2, kRead, nullptr, kConntrack},
    {"ct-set-maxconns", "[dp] maxconns", 1, 2, kWrite, nullptr, kConntrack},
    {"ct-get-maxconns", "[dp]", 0, 1, kRead, nullptr, kConntrack},
    {"ct-get-nconns", "[dp]", 0, 1, kRead, nullptr, kConntrack},
    {"ct-enable-tcp-seq-chk", "[dp]", 0, 1, kWrite, nullptr, kConntrack},
    {"ct-disable-tcp-seq-chk", "[dp]", 0, 1, kWrite, nullptr, kConntrack},
    {"ct-get-tcp-seq-chk", "[dp]", 0, 1, kRead, nullptr, kConntrack},
    {"ct-set-limits", "[dp] [default=L] [zone=N,limit=L]...", 1, kAny, kWrite, nullptr, kConntrack},
    {"ct-del-limits", "[dp] [default] [zone=N1[,N2]...]", 1, 3, kWrite, nullptr, kConntrack},
    {"ct-get-limits", "[dp] [zone=N1[,N2]...]", 0, 2, kRead, nullptr, kConntrack},
    {"ct-get-sweep-interval", "[dp]", 0, 1, kRead, nullptr, kConntrack},
    {"ct-set-sweep-interval", "[dp] ms", 1, 2, kWrite, nullptr, kConntrack},
    {"ipf-set-enabled", "[dp] v4|v6", 1, 2, kWrite, nullptr, kFragments},
    {"ipf-set-disabled", "[dp] v4|v6", 1, 2, kWrite, nullptr, kFragments},
    {"ipf-set-min-frag", "[dp] v4|v6 minfragment", 2, 3, kWrite, nullptr, kFragments},
    {"ipf-set-max-nfrags", "[dp] maxfrags", 1, 2, kWrite, nullptr, kFragments},
    {"ipf-get-status", "[dp]", 0, 1, kRead, nullptr, kFragments},
    {"show-drops", "[dp]", 0, 1, kRead, dpctl::show_drops},
    {"sync-routes", "[dp]", 0, 1, kWrite, dpctl::sync_routes},
    {"list-commands", "", 0, kAny, kRead, list_commands},
    {"parse-actions", "actions", 1, kAny, kRead, dpctl::parse_actions},
    {"normalize-actions", "flow actions", 2, kAny, kRead, dpctl::normalize_actions},
};

void list_commands(DpctlCall& call) {
  call.print("The available commands are:\n");
  const char* const prefix = call.is_tool() ? "" : "dpctl/";
  for (const DpctlCommand& row : kCommands) {
    call.print(fmt::format("  {}{:<23} {}\n", prefix, row.name, row.usage));
  }
}

// Takes an option that stands among a control client's words.
bool take_option(std::string_view word, DpctlOptions& options) {
  using Names = DpctlOptions::Names;
  if (word == "-s" || word == "--statistics") return options.statistics = true;
  if (word == "-m" || word == "--more") return ++options.verbosity > 0;
  if (word == "--clear") return options.clear = true;
  if (word == "--may-create") return options.may_create = true;
  if (word == "--read-only") return options.read_only = true;
  const bool is_names = word == "--names" || word == "--no-names";
  if (is_names) options.names = word == "--names" ? Names::On : Names::Off;
  return is_names;
}

// Why the command does not run with these; nothing: it does.
std::optional<std::string> refusal(const DpctlCommand& row, std::string_view shown,
                                   const DpctlCall& call) {
  if (call.words.size() < row.min_words) {
    return fmt::format("'{}' command requires at least {} arguments", shown, row.min_words);
  }
  if (call.words.size() > row.max_words) {
    return fmt::format("'{}' command takes at most {} arguments", shown, row.max_words);
  }
  if (call.options.read_only && row.access == DpctlAccess::ReadWrite) {
    return fmt::format("'{}' command does not work in read only mode", shown);
  }
  if (row.run == nullptr) {
    return fmt::format("{}: {}: not supported yet", shown, row.missing);
  }
  return std::nullopt;
}

}  // namespace

Dpctl::Dpctl(Environment environment) : environment_(std::move(environment)) {}

DpctlReply Dpctl::run(std::string_view command, const std::vector<std::string>& arguments,
                      DpctlOptions options) {
  const bool is_tool = environment_.asker == Asker::Tool;
  const std::string shown = (is_tool ? "" : "dpctl/") + std::string(command);
  DpctlCall call(environment_, {}, options);
  for (const std::string& word : arguments) {
    const bool is_option = !is_tool && word.size() > 1 && word[0] == '-';
    if (!is_option) {
      call.words.push_back(word);
    } else if (!take_option(word, call.options)) {
      call.fail(fmt::format("{}: unknown option '{}'", shown, word));
      return call.finish();
    }
  }
  const auto row = std::find_if(std::begin(kCommands), std::end(kCommands),
                                [&](const DpctlCommand& each) { return command == each.name; });
  if (row == std::end(kCommands)) {
    call.fail(fmt::format("unknown command '{}'; use --help for help", shown));
  } else if (const auto why = refusal(*row, shown, call)) {
    call.fail(*why);
  } else {
    row->run(call);
  }
  return call.finish();
}

void Dpctl::add_commands(daemon::ControlServer& server) {
  for (const DpctlCommand& row : kCommands) {
    server.add(fmt::format("dpctl/{}", row.name), row.usage, 0, daemon::ControlServer::kAnyNumber,
               [this, &row](daemon::ControlCall call) {
                 const auto& all = call.arguments();
                 const DpctlReply reply = run(row.name, {all.begin() + 1, all.end()});
                 if (reply.failed) {
                   call.reply_error(reply.output + reply.errors);
                 } else {
                   call.reply(reply.output);
                 }
               });
  }
}

// ---- a call
// --------------------------------------------------------------------------------------

std::string why_text(const DpifError& error) {
  const bool is_known = error.code == Error::Exists || error.code == Error::NotFound ||
                        error.code == Error::NoMemory || error.code == Error::Busy;
  return is_known ? wire::error_text(wire::error_number(error.code)) : error.text;
}

std::string DpctlCall::take() {
  std::string first = std::move(words.front());
  words.erase(words.begin());
  return first;
}

void DpctlCall::fail(std::string_view text) {
  reply_.errors += fmt::format("{}: {}\n", environment_.program, text);
  reply_.failed = true;
}

void DpctlCall::fail(std::string_view text, const DpifError& why) {
  fail(fmt::format("{} ({})", text, why_text(why)));
}

std::vector<std::string> DpctlCall::datapath_names() {
  auto names = datapaths().names();
  if (names) return std::move(names).value();
  fail("failed to enumerate datapaths", names.error());
  return {};
}

Dpif* DpctlCall::named_datapath(std::string_view complaint) {
  const DatapathName name = parse_datapath_name(take());
  const auto dpif = datapaths().open(name.type, name.name);
  if (dpif) return *dpif;
  fail(complaint, dpif.error());
  return nullptr;
}

Dpif* DpctlCall::optional_datapath(std::size_t others) {
  if (words.size() > others) return named_datapath();
  if (!words.empty()) {
    const DatapathName first = parse_datapath_name(words.front());
    const auto names = datapath_names();
    const auto full = fmt::format("{}@{}", first.type, first.name);
    if (std::find(names.begin(), names.end(), full) != names.end()) return named_datapath();
  }
  return only_datapath();
}

Dpif* DpctlCall::only_datapath() {
  const std::vector<std::string> names = datapath_names();
  if (reply_.failed) return nullptr;
  if (names.size() != 1) {
    fail(names.empty() ? "no datapaths exist" : "multiple datapaths, specify one");
    return nullptr;
  }
  const DatapathName name = parse_datapath_name(names.front());
  const auto dpif = datapaths().open(name.type, name.name);
  if (dpif) return *dpif;
  fail("opening datapath", dpif.error());
  return nullptr;
}

DatapathName parse_datapath_name(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return {"system", std::string(text)};
  return {std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

}  // namespace ovs::vswitch
