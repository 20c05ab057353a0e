// Why a request was refused: what a daemon logs and a person reads.
#pragma once
#include "base/core/result.h"
#include "base/text/text.h"

namespace ovs::datapath {

struct Refusal {
  Error error = Error::Invalid;
  std::uint32_t offset = 0;  // of the offending action or attribute, where there is one
  Text text;                 // static

  Refusal() = default;
  Refusal(Error error_, Text text_, std::uint32_t offset_ = 0)
      : error(error_), offset(offset_), text(text_) {}
  // An error that says enough by its name.
  Refusal(Error error_) : error(error_), text(error_name(error_)) {}
};

using Outcome = Result<void, Refusal>;

}  // namespace ovs::datapath
