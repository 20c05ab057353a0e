// What the readers of single actions share. Only action_parse.cc and action_parse_more.cc include
// it.
#pragma once
#include <fmt/format.h>

#include <limits>
#include <utility>

#include "openflow/action/action_text.h"
#include "openflow/text/words.h"

namespace ovs::openflow {

using ParsedAction = Result<void, flow::TextError>;

struct ActionParser {
  const flow::PortNames* ports;
  Protocols usable;
  Actions actions;
  int depth;

  template <class T>
  void add(T&& action) {
    actions.push_back(Action(std::forward<T>(action)));
  }
  // The actions of an argument, one level deeper.
  Result<Actions, flow::TextError> nested(std::string_view text, OuterAction outer);
};

// The word's value as a number that fits the target.
template <class T>
ParsedAction set_number(const Word& word, T& target) {
  OVS_TRY(const std::uint64_t number,
          parse_limited(word.value, std::numeric_limits<T>::max(), word.key));
  target = T(number);
  return kOk;
}

flow::FieldValue shifted_left(const flow::FieldValue& value, unsigned bits);
// A subfield that may be written.
Result<Subfield, flow::TextError> parse_destination(std::string_view text);

ParsedAction parse_output_trunc(const Word& word, ActionParser& parser);
ParsedAction parse_learn(const Word& word, ActionParser& parser);
ParsedAction parse_conjunction(const Word& word, ActionParser& parser);
ParsedAction parse_note(const Word& word, ActionParser& parser);
ParsedAction parse_fin_timeout(const Word& word, ActionParser& parser);
ParsedAction parse_multipath(const Word& word, ActionParser& parser);
ParsedAction parse_bundle(const Word& word, ActionParser& parser);
ParsedAction parse_bundle_load(const Word& word, ActionParser& parser);
ParsedAction parse_sample(const Word& word, ActionParser& parser);
ParsedAction parse_check_packet_larger(const Word& word, ActionParser& parser);
ParsedAction parse_ct(const Word& word, ActionParser& parser);
ParsedAction parse_nat(const Word& word, ActionParser& parser);
ParsedAction parse_encap(const Word& word, ActionParser& parser);
ParsedAction parse_decap(const Word& word, ActionParser& parser);

}  // namespace ovs::openflow
