// One open handle of the control device: a session of the engine, and the requests pended on it.
// Made by IRP_MJ_CREATE, it is the file object's context until IRP_MJ_CLOSE.
#pragma once
#include "driver/device/pended_request.h"

namespace ovs::driver {

class OpenFile {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsf");

  OpenFile(platform::OpenDevice session, Completions& completions);
  OpenFile(const OpenFile&) = delete;
  // Nothing is pended, no request under way: the I/O manager waits for both before it closes.
  ~OpenFile() = default;

  // What answers at once. Errors: the session's.
  Result<std::size_t> control(platform::DeviceControl code, Bytes input, MutableBytes output) {
    return session_->control(code, input, output);
  }
  // A WRITE that pends. Ok: the IRP is marked as pending, and completed by somebody, maybe already.
  // Errors: NoMemory, Cancelled (the handle is being closed).
  Result<void> pend(IRP& irp, Bytes input);
  // The last handle has gone: ends what is pended, and waits until it has ended. PASSIVE_LEVEL.
  void cleanup();

 private:
  friend class PendedRequest;
  struct State {
    List<PendedRequest> pended;
    bool is_closing = false;
  };

  // Its IRP is complete.
  void ended(Owned<PendedRequest> request);
  PendedRequest* next_to_cancel();

  platform::OpenDevice session_;
  Completions& completions_;
  Guarded<State, LockRank::Leaf> state_;
  KEVENT idle_;  // set while nothing is pended
};

}  // namespace ovs::driver
