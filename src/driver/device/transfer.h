// The bytes of a device request, by the transfer method in its control code. Input is the system's
// copy, or ours where the method maps the caller's own memory: whoever owns that can rewrite it.
// Output is what is written there and nothing else.
#pragma once
#include <ntddk.h>

#include "base/bytes/span.h"
#include "base/core/result.h"
#include "platform/api/memory.h"

namespace ovs::driver {

inline constexpr std::size_t kMaxInput = 1024 * 1024;
inline constexpr std::size_t kMaxOutput = 256 * 1024;  // more room than this is not used

class Transfer {
 public:
  // Errors: Range (more input than kMaxInput), NoMemory.
  static Result<Transfer> of(const IRP& irp);

  Bytes input() const { return input_; }
  // Room for an answer that is composed, holding what that memory held before; the caller sees
  // nothing of it before finish(). Error::NoMemory, before anything is done: afterwards there is a
  // place for the answer.
  Result<MutableBytes> compose();
  // The caller's own memory, for what is copied there at once. Error::NoMemory: it cannot be
  // mapped.
  Result<MutableBytes> direct_output() const;
  // The first `size` bytes of the room, each of which was written, are the answer.
  void finish(std::size_t size);

 private:
  explicit Transfer(const IRP& irp) : irp_(&irp) {}

  const IRP* irp_;
  Bytes input_;
  OwnedArray<std::uint8_t> input_copy_;
  OwnedArray<std::uint8_t> answer_;
  MutableBytes theirs_;  // where the answer goes
};

}  // namespace ovs::driver
