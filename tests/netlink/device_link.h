// The client's end of a device socket (src/wire/device/frame.h), as small as it can be: one thread
// at a time, every request waited for, at most one that pends. The connection's descriptor is what
// a program polls: nothing but the end of a pended request makes it readable.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "wire/device/frame.h"

namespace ovs::netlink {

using Buffer = std::vector<std::uint8_t>;

class DeviceLink {
 public:
  // Null, with errno set: nobody listens at `path`, or the device does not open.
  static std::unique_ptr<DeviceLink> open(const char* path);
  DeviceLink(const DeviceLink&) = delete;
  DeviceLink& operator=(const DeviceLink&) = delete;
  ~DeviceLink();

  int descriptor() const { return descriptor_; }
  std::uint32_t pid() const { return pid_; }

  // The answer; Closed when the device has gone.
  Result<Buffer> call(std::uint32_t code, Bytes input);
  // Sends a WRITE that stays with the device. A second one while one is out is not sent.
  Result<void> pend(Bytes input);
  // Whether the pended request is still out; takes its reply if that has come.
  Result<bool> is_pended();

 private:
  explicit DeviceLink(int descriptor) : descriptor_(descriptor) {}
  Result<std::uint32_t> send(std::uint32_t code, Bytes input);
  enum class Wait : bool { No, Yes };
  // WouldBlock: no frame waits.
  Result<wire::DeviceFrame> receive(Wait wait);
  // The output of request `id`.
  Result<Buffer> await(std::uint32_t id);

  int descriptor_;
  std::uint32_t pid_ = 0;
  std::uint32_t last_id_ = 0;
  std::uint32_t pended_id_ = 0;  // 0: none is out
  Buffer pended_input_, packet_;
};

}  // namespace ovs::netlink
