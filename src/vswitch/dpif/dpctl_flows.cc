// The dpctl commands about a datapath's flows.
#include <fstream>
#include <iostream>

#include "flow/action/action_text.h"
#include "flow/field/storage.h"
#include "flow/match/match_text.h"
#include "vswitch/dpif/dpctl_call.h"
#include "vswitch/dpif/ufid.h"

namespace ovs::vswitch::dpctl {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// A flow as a person types it: "[ufid:...,]KEY".
struct TypedFlow {
  std::optional<Ufid> ufid;
  bool has_key = false;
  bool is_whole = false;
  flow::FlowKey key;
  flow::FlowMask mask;
};

std::optional<TypedFlow> parse_flow_text(DpctlCall& call, const std::string& text,
                                         const DpPortNames& names) {
  TypedFlow typed;
  std::string_view rest = text;
  if (rest.substr(0, 5) == "ufid:") {
    const std::size_t end = std::min(rest.find_first_of(", \t"), rest.size());
    typed.ufid = parse_ufid(rest.substr(5, end - 5));
    if (!typed.ufid) {
      call.fail("parsing flow key (malformed UFID)");
      return std::nullopt;
    }
    rest.remove_prefix(std::min(rest.find_first_not_of(", \t", end), rest.size()));
  }
  const auto parsed = flow::parse_odp(rest, &names);
  if (!parsed) {
    call.fail(fmt::format("parsing flow key ({})", parsed.error().message));
    return std::nullopt;
  }
  typed.has_key = !rest.empty();
  typed.is_whole = flow::is_whole(*parsed);
  typed.key = parsed->key;
  typed.mask = parsed->mask;
  return typed;
}

// The UFID by which the datapath knows the flow: told, made as add-flow makes it, or that of
// somebody else who put it.
Ufid known_ufid(Dpif& dpif, const TypedFlow& typed) {
  if (typed.ufid) return *typed.ufid;
  const Ufid made = ufid_of(typed.key, typed.mask);
  if (dpif.flow_find(made, flow::FlowKey{})) return made;
  std::optional<Ufid> found;
  const flow::FlowKey wanted = typed.key.under(typed.mask);
  (void)dpif.flow_dump([&](const DpifFlow& flow) {
    if (flow.mask == typed.mask && flow.key.under(flow.mask) == wanted) found = flow.ufid;
  });
  return found.value_or(made);
}

DpPortNames names_of(Dpif& dpif) {
  return DpPortNames(dpif);
}

// The flow's statistics before the change, where they are asked for.
void print_stats(DpctlCall& call, const DpifFlowStats& stats) {
  if (call.options.statistics) call.print(format_flow_stats(stats, call.now_ms()) + "\n");
}

void modify(DpctlCall& call, Dpif& dpif, FlowPut& put) {
  DpifFlowStats before;
  if (const auto flow = dpif.flow_find(put.ufid, flow::FlowKey{})) before = flow->stats;
  auto done = dpif.flow_put(put);
  if (!done && done.error().code == Error::NotFound && call.options.may_create) {
    put.mode = FlowPutMode::Create;
    done = dpif.flow_put(put);
  }
  if (!done) return call.fail("updating flow table", done.error());
  print_stats(call, before);
}

void put_flow(DpctlCall& call, Dpif& dpif, const std::string& text, const std::string& actions_text,
              FlowPutMode mode) {
  const DpPortNames names = names_of(dpif);
  const auto typed = parse_flow_text(call, text, names);
  if (!typed) return;
  // A datapath would refuse it, if a key had room for what the text says too much and too little.
  if (!typed->is_whole && typed->has_key) {
    return call.fail("updating flow table", {Error::Invalid, "Invalid argument"});
  }
  const auto actions = flow::parse_actions(actions_text, &names);
  if (!actions) return call.fail(fmt::format("parsing actions ({})", actions.error().message));
  FlowPut put;
  put.mode = mode;
  put.key = typed->key;
  put.mask = typed->mask;
  put.actions = *actions;
  put.clear = call.options.clear;
  const bool is_new = mode == FlowPutMode::Create;
  put.ufid = is_new && !typed->ufid ? ufid_of(put.key, put.mask) : known_ufid(dpif, *typed);
  if (!is_new) return modify(call, dpif, put);
  const auto done = dpif.flow_put(put);
  if (!done) return call.fail("updating flow table", done.error());
  print_stats(call, {});
}

void delete_flow(DpctlCall& call, Dpif& dpif, const std::string& text) {
  const auto typed = parse_flow_text(call, text, names_of(dpif));
  if (!typed) return;
  const auto stats = dpif.flow_del(known_ufid(dpif, *typed), typed->key);
  if (!stats) return call.fail("deleting flow", stats.error());
  print_stats(call, *stats);
}

// ---- files of flows
// ------------------------------------------------------------------------------

enum class FileVerb : std::uint8_t { Add, Modify, Delete };

struct FlowLine {
  FileVerb verb = FileVerb::Add;
  std::string flow, actions;
};

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Takes "add", "modify" or "delete" off the front.
void take_verb(std::string_view& text, FileVerb& verb) {
  constexpr std::pair<std::string_view, FileVerb> kVerbs[] = {
      {"add", FileVerb::Add}, {"modify", FileVerb::Modify}, {"delete", FileVerb::Delete}};
  for (const auto& [word, meaning] : kVerbs) {
    const bool fits = text.substr(0, word.size()) == word && text.size() > word.size();
    if (!fits || kBlanks.find(text[word.size()]) == std::string_view::npos) continue;
    verb = meaning;
    text = trim(text.substr(word.size()));
    return;
  }
}

// Where the flow ends: at a blank that follows no comma and is within no parentheses.
std::size_t end_of_flow(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')') --depth;
    const bool is_blank = kBlanks.find(text[i]) != std::string_view::npos;
    if (is_blank && depth == 0 && i > 0 && text[i - 1] != ',') return i;
  }
  return text.size();
}

FlowLine parse_line(std::string_view text, FileVerb verb) {
  FlowLine line;
  take_verb(text, verb);
  line.verb = verb;
  const std::size_t end = end_of_flow(text);
  line.flow = std::string(text.substr(0, end));
  line.actions = std::string(trim(text.substr(end)));
  return line;
}

void run_line(DpctlCall& call, Dpif& dpif, const FlowLine& line) {
  switch (line.verb) {
    case FileVerb::Add: return put_flow(call, dpif, line.flow, line.actions, FlowPutMode::Create);
    case FileVerb::Modify:
      return put_flow(call, dpif, line.flow, line.actions, FlowPutMode::Modify);
    case FileVerb::Delete: return delete_flow(call, dpif, line.flow);
  }
}

void run_lines(DpctlCall& call, Dpif& dpif, std::istream& input, FileVerb verb) {
  std::string text;
  while (std::getline(input, text)) {
    const std::string_view line = trim(std::string_view(text).substr(0, text.find('#')));
    if (!line.empty()) run_line(call, dpif, parse_line(line, verb));
  }
}

void run_file(DpctlCall& call, Dpif& dpif, const std::string& path, FileVerb verb) {
  // A daemon has no standard input that a client could fill.
  if (path == "-" && call.is_tool()) return run_lines(call, dpif, std::cin, verb);
  std::ifstream file(path);
  if (!file) return call.fail(fmt::format("{}: open failed", path));
  run_lines(call, dpif, file, verb);
}

// ---- dump-flows
// ----------------------------------------------------------------------------------

struct DumpWords {
  std::optional<std::string> filter, type;
};

// Takes NAME=VALUE words off; false: one of them is none that is known.
bool take_dump_words(DpctlCall& call, DumpWords& dump) {
  std::vector<std::string> rest;
  for (const std::string& word : call.words) {
    if (word.rfind("filter=", 0) == 0) {
      dump.filter = word.substr(7);
    } else if (word.rfind("type=", 0) == 0) {
      dump.type = word.substr(5);
    } else if (word.rfind("pmd=", 0) == 0) {
      call.fail("dump-flows: pmd=: not supported yet");
      return false;
    } else {
      rest.push_back(word);
    }
  }
  call.words = std::move(rest);
  return true;
}

// Whether flows of ours are among those that "type=A,B" asks for; nothing: a word is unknown.
std::optional<bool> wants_ours(std::string_view types) {
  bool wanted = false;
  while (!types.empty()) {
    const std::size_t end = std::min(types.find(','), types.size());
    const std::string_view word = types.substr(0, end);
    types.remove_prefix(std::min(end + 1, types.size()));
    const bool is_elsewhere =
        word == "tc" || word == "dpdk" || word == "offloaded" || word == "partially-offloaded";
    const bool is_ours = word == "ovs" || word == "non-offloaded" || word == "all";
    if (!is_elsewhere && !is_ours) return std::nullopt;
    wanted = wanted || is_ours;
  }
  return wanted;
}

// in_port= is the datapath's number here.
bool fits(const flow::Match& filter, const flow::FlowKey& key) {
  using flow::StorageId;
  const flow::MatchMask& mask = filter.mask();
  const auto in_port = flow::load_stored<StorageId::InPort>(key);
  const bool asks_port = flow::load_stored<StorageId::OfInPort>(mask.pipeline) != 0;
  const bool is_port = flow::load_stored<StorageId::OfInPort>(filter.key().pipeline) == in_port;
  return (!asks_port || is_port) && key.equals_under(filter.key().flow, mask.flow);
}

FlowTextOptions text_options(const DpctlCall& call, const Dpif& dpif, const DpPortNames& names) {
  const bool is_verbose = call.options.verbosity > 0;
  FlowTextOptions options;
  options.style = is_verbose ? flow::OdpStyle::Verbose : flow::OdpStyle::Normal;
  options.dialect = dialect_of(dpif.type());
  options.with_ufid = is_verbose;
  options.names = call.options.shows_names() ? &names : nullptr;
  options.source = is_verbose ? "dp:ovs" : "";
  return options;
}

void print_flows(DpctlCall& call, Dpif& dpif, const std::optional<flow::Match>& filter) {
  const DpPortNames names = names_of(dpif);
  const FlowTextOptions options = text_options(call, dpif, names);
  // A datapath of the daemon's own threads says which thread a flow belongs to.
  std::string text = dpif.type() == "system" ? "" : "flow-dump from the main thread:\n";
  bool any = false;
  const auto done = dpif.flow_dump([&](const DpifFlow& flow) {
    if (filter && !fits(*filter, flow.key)) return;
    any = true;
    text += format_flow(flow, call.now_ms(), options) + "\n";
  });
  if (any) call.print(text);
  if (!done) call.fail("Failed to dump flows from datapath", done.error());
}

}  // namespace

void dump_flows(DpctlCall& call) {
  DumpWords dump;
  if (!take_dump_words(call, dump)) return;
  Dpif* const dpif = call.optional_datapath(0);
  if (dpif == nullptr) return;
  const std::optional<bool> wanted = wants_ours(dump.type.value_or("all"));
  if (!wanted) return call.fail(fmt::format("Failed to parse type ({})", *dump.type));
  std::optional<flow::Match> filter;
  if (dump.filter) {
    const DpPortNames names = names_of(*dpif);
    auto parsed = flow::parse_match(*dump.filter, &names);
    if (!parsed)
      return call.fail(fmt::format("Failed to parse filter ({})", parsed.error().message));
    filter = *parsed;
  }
  if (*wanted) print_flows(call, *dpif, filter);
}

void add_flow(DpctlCall& call) {
  Dpif* const dpif = call.optional_datapath(2);
  if (dpif != nullptr) put_flow(call, *dpif, call.words[0], call.words[1], FlowPutMode::Create);
}

void mod_flow(DpctlCall& call) {
  Dpif* const dpif = call.optional_datapath(2);
  if (dpif != nullptr) put_flow(call, *dpif, call.words[0], call.words[1], FlowPutMode::Modify);
}

void print_flow(DpctlCall& call) {
  Dpif* const dpif = call.optional_datapath(1);
  if (dpif == nullptr) return;
  const std::string& word = call.words[0];
  const auto ufid = word.rfind("ufid:", 0) == 0 ? parse_ufid(word.substr(5)) : std::nullopt;
  if (!ufid)
    return call.fail("getting flow requires a UFID: ufid:00000000-0000-0000-0000-000000000000");
  const auto flow = dpif->flow_find(*ufid, flow::FlowKey{});
  if (!flow) return call.fail("getting flow", flow.error());
  const DpPortNames names = names_of(*dpif);
  call.print(format_flow(*flow, call.now_ms(), text_options(call, *dpif, names)) + "\n");
}

void del_flow(DpctlCall& call) {
  Dpif* const dpif = call.optional_datapath(1);
  if (dpif != nullptr) delete_flow(call, *dpif, call.words[0]);
}

void add_flows(DpctlCall& call) {
  Dpif* const dpif = call.optional_datapath(1);
  if (dpif != nullptr) run_file(call, *dpif, call.words[0], FileVerb::Add);
}

void mod_flows(DpctlCall& call) {
  Dpif* const dpif = call.optional_datapath(1);
  if (dpif != nullptr) run_file(call, *dpif, call.words[0], FileVerb::Modify);
}

// One word is a datapath if there is one of that name, else a file.
void del_flows(DpctlCall& call) {
  Dpif* const dpif = call.optional_datapath(1);
  if (dpif == nullptr) return;
  if (!call.words.empty()) return run_file(call, *dpif, call.words[0], FileVerb::Delete);
  const auto done = dpif->flow_flush();
  if (!done) call.fail("deleting all flows", done.error());
}

}  // namespace ovs::vswitch::dpctl
