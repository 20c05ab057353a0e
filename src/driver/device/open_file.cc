#include "driver/device/open_file.h"

namespace ovs::driver {

OpenFile::OpenFile(platform::OpenDevice session, Completions& completions)
    : session_(std::move(session)), completions_(completions) {
  KeInitializeEvent(&idle_, NotificationEvent, TRUE);
}

Result<void> OpenFile::pend(IRP& irp, Bytes input) {
  const PendedRequest::Origin from{*this, *session_, completions_};
  OVS_TRY(auto request, try_make<PendedRequest>(from, irp, input));
  const bool is_open = state_.with([&](State& state) {
    if (state.is_closing) return false;
    state.pended.push_back(*request);
    KeClearEvent(&idle_);
    return true;
  });
  if (!is_open) return Error::Cancelled;
  request.release()->start();
  return kOk;
}

// Whoever waits for the event takes the lock once more, so that this is not the last to touch the
// file.
void OpenFile::ended(Owned<PendedRequest> request) {
  state_.with([&](State& state) {
    state.pended.remove(*request);
    if (state.pended.empty()) KeSetEvent(&idle_, IO_NO_INCREMENT, FALSE);
  });
}

// With a reference for the caller.
PendedRequest* OpenFile::next_to_cancel() {
  return state_.with([](State& state) -> PendedRequest* {
    state.is_closing = true;
    for (PendedRequest& request : state.pended) {
      if (request.is_cancelled() || !request.try_hold()) continue;
      return &request;
    }
    return nullptr;
  });
}

void OpenFile::cleanup() {
  while (PendedRequest* request = next_to_cancel()) {
    request->cancel();
    request->release();
  }
  KeWaitForSingleObject(&idle_, Executive, KernelMode, FALSE, nullptr);
  state_.with([](State&) {});
}

}  // namespace ovs::driver
