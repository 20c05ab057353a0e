// Lists of actions and of instructions as messages carry them.
#pragma once
#include "openflow/action/action.h"
#include "openflow/core/archive.h"

namespace ovs::openflow {

// Everything that `in` has left, which is a list of actions. Any error is in `in` afterwards.
Actions read_actions(In& in);
// The same for version 1.0's actions or, from 1.1 on, instructions.
Actions read_instructions(In& in);

// What a version cannot say is written as what does the same there; what nothing does is left out.
void write_actions(Out& out, const Actions& actions);
void write_instructions(Out& out, const Actions& actions);

// A field's bits as a header of four or eight bytes and a first bit elsewhere.
flow::FieldId read_field_header(In& in, OfError unknown);
inline constexpr flow::FieldId kNoField = flow::FieldId(0xff);

bool is_instruction(const Action& action);

}  // namespace ovs::openflow
