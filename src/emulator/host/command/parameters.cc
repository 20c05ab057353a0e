#include "emulator/host/command/parameters.h"

#include <algorithm>
#include <charconv>

namespace ovs::emulator {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? char(c + 'a' - 'A') : c;
}

// Names are compared without case and dashes: SwitchName is switch-name.
std::string fold(std::string_view name) {
  std::string folded;
  for (const char c : name) {
    if (c != '-') folded += lower(c);
  }
  return folded;
}

// How long the dashes are with which a parameter's name begins. Documents that are copied from have
// en dashes and their like, and PowerShell takes them too.
std::size_t dash_length(std::string_view word) {
  for (const std::string_view dash : {"\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x80\x95", "--", "-"}) {
    if (word.size() > dash.size() && word.starts_with(dash)) return dash.size();
  }
  return 0;
}

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Maybe<bool> parse_boolean(std::string_view text) {
  if (text.starts_with('$')) text.remove_prefix(1);
  if (equal_ignoring_case(text, "true") || text == "1") return true;
  if (equal_ignoring_case(text, "false") || text == "0") return false;
  return kNone;
}

}  // namespace

class ArgumentParser {
 public:
  explicit ArgumentParser(const CommandSpec& command) : command_(command) {}

  Result<Arguments, CommandError> parse(std::span<const std::string> words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::size_t dashes = dash_length(words[i]);
      if (dashes == 0 || is_number(std::string_view(words[i]).substr(dashes))) {
        loose_.push_back(words[i]);
        continue;
      }
      OVS_TRY(take_named(words, i, dashes));
    }
    OVS_TRY(place_loose());
    for (const Parameter& parameter : command_.parameters) {
      if (parameter.need == Need::Required && !result_.has(parameter.name)) {
        return fail("--" + std::string(parameter.name) + " is required");
      }
    }
    return std::move(result_);
  }

 private:
  CommandError fail(std::string text) const {
    return {std::string(command_.name) + ": " + std::move(text)};
  }

  Result<const Parameter*, CommandError> find(std::string_view name) const {
    const std::string wanted = fold(name);
    std::vector<const Parameter*> fitting;
    for (const Parameter& parameter : command_.parameters) {
      const std::string folded = fold(parameter.name);
      if (folded == wanted) return &parameter;
      if (folded.starts_with(wanted)) fitting.push_back(&parameter);
    }
    if (fitting.size() == 1) return fitting.front();
    if (fitting.empty()) return fail("it has no parameter --" + std::string(name));
    std::string text = "--" + std::string(name) + " may be";
    for (const Parameter* each : fitting) text += " --" + std::string(each->name);
    return fail(std::move(text));
  }

  Result<void, CommandError> take_named(std::span<const std::string> words, std::size_t& index,
                                        std::size_t dashes) {
    std::string_view name = std::string_view(words[index]).substr(dashes);
    const std::size_t mark = name.find_first_of("=:");
    const bool has_value = mark != name.npos;
    const std::string_view attached = has_value ? name.substr(mark + 1) : "";
    OVS_TRY(const Parameter* parameter, find(name.substr(0, mark)));
    if (has_value) return set(*parameter, attached);
    const bool has_next = index + 1 < words.size();
    if (parameter->kind == ParameterKind::Boolean) {
      if (!has_next || !parse_boolean(words[index + 1])) return set(*parameter, "true");
    } else if (!has_next) {
      return fail("--" + std::string(parameter->name) + " needs a value");
    }
    return set(*parameter, words[++index]);
  }

  Result<void, CommandError> set(const Parameter& parameter, std::string_view value) {
    const std::string name(parameter.name);
    std::string kept(value);
    switch (parameter.kind) {
      case ParameterKind::Text: break;
      case ParameterKind::Number: {
        std::uint64_t number = 0;
        const auto end = std::from_chars(value.data(), value.data() + value.size(), number);
        if (!is_number(value) || end.ec != std::errc())
          return fail("--" + name + ": " + kept + " is not a number");
        break;
      }
      case ParameterKind::Boolean: {
        const auto boolean = parse_boolean(value);
        if (!boolean) return fail("--" + name + ": " + kept + " is neither true nor false");
        kept = *boolean ? "true" : "false";
        break;
      }
    }
    if (!result_.values_.emplace(name, std::move(kept)).second)
      return fail("--" + name + " is given twice");
    return kOk;
  }

  // Words without a name go to the lowest position that no name has taken.
  Result<void, CommandError> place_loose() {
    std::vector<const Parameter*> places;
    for (const Parameter& parameter : command_.parameters) {
      if (parameter.position != kNamedOnly && !result_.has(parameter.name))
        places.push_back(&parameter);
    }
    std::sort(places.begin(), places.end(),
              [](const Parameter* a, const Parameter* b) { return a->position < b->position; });
    for (std::size_t i = 0; i < loose_.size(); ++i) {
      if (i == places.size()) return fail("there is no place for \"" + loose_[i] + "\"");
      OVS_TRY(set(*places[i], loose_[i]));
    }
    return kOk;
  }

  const CommandSpec& command_;
  std::vector<std::string> loose_;
  Arguments result_;
};

const std::string& Arguments::text(std::string_view name) const {
  static const std::string kNothing;
  const auto found = values_.find(name);
  return found == values_.end() ? kNothing : found->second;
}

std::uint64_t Arguments::number(std::string_view name) const {
  const std::string& value = text(name);
  std::uint64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

bool Arguments::flag(std::string_view name, bool otherwise) const {
  return has(name) ? text(name) == "true" : otherwise;
}

Result<Arguments, CommandError> parse_arguments(const CommandSpec& command,
                                                std::span<const std::string> words) {
  return ArgumentParser(command).parse(words);
}

std::vector<std::string> comma_list(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    if (!part.empty()) parts.emplace_back(part);
    text = comma == text.npos ? "" : text.substr(comma + 1);
  }
  return parts;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

namespace {

std::string shown(const Parameter& parameter) {
  std::string name = "--" + std::string(parameter.name);
  if (parameter.kind == ParameterKind::Boolean) return name;
  if (parameter.position == kNamedOnly) return name + " " + std::string(parameter.value);
  return "[" + name + "] " + std::string(parameter.value);
}

}  // namespace

std::string usage_of(const CommandSpec& command) {
  std::string text;
  for (const Parameter& parameter : command.parameters) {
    if (!text.empty()) text += ' ';
    const bool is_required = parameter.need == Need::Required;
    text += is_required ? shown(parameter) : "[" + shown(parameter) + "]";
  }
  return text;
}

std::string help_of(const CommandSpec& command, std::string_view program) {
  std::string text = std::string(command.name) + ": " + std::string(command.summary) +
                     "\nusage: " + std::string(program) + " " + std::string(command.name) +
                     " --dir D [--format=json] " + usage_of(command) + "\n";
  std::size_t width = 0;
  for (const Parameter& parameter : command.parameters)
    width = std::max(width, shown(parameter).size());
  if (!command.parameters.empty()) text += '\n';
  for (const Parameter& parameter : command.parameters) {
    const std::string name = shown(parameter);
    text += "  " + name + std::string(width - name.size() + 2, ' ') + std::string(parameter.help) +
            "\n";
  }
  return text;
}

}  // namespace ovs::emulator
