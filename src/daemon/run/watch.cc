// Watching a descriptor through Asio. On Windows the same header has another file.
#include "daemon/run/watch.h"

#include <asio/posix/stream_descriptor.hpp>

#include "daemon/run/loop_impl.h"

namespace ovs::daemon {

struct Watch::Impl : std::enable_shared_from_this<Watch::Impl> {
  Impl(Loop& loop, platform::WaitHandle handle, std::function<void()> the_ready)
      : descriptor(loop.impl().io, static_cast<int>(handle)), ready(std::move(the_ready)) {}

  void wait() {
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const asio::error_code& error) {
                            if (error || self->is_over) return;
                            self->ready();
                            if (!self->is_over) self->wait();
                          });
  }

  asio::posix::stream_descriptor descriptor;
  std::function<void()> ready;
  bool is_over = false;
};

Watch::Watch(Loop& loop, platform::WaitHandle handle, std::function<void()> ready)
    : impl_(std::make_shared<Impl>(loop, handle, std::move(ready))) {
  impl_->wait();
}

Watch::~Watch() {
  impl_->is_over = true;
  impl_->descriptor.release();
}

}  // namespace ovs::daemon
