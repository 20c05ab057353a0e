// The door to a datapath: the control device that `\\.\OpenvSwitchDevice` is on Windows. An opened
// handle is a netlink socket that speaks by six I/O controls; what the bytes say is wire/netlink's
// business. Implemented by userdp in the same process, by a socket to an emulated host, and by
// DeviceIoControl; called by vswitch/dpif, which knows none of them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/bytes/span.h"
#include "base/core/result.h"

namespace ovs::platform {

// Device type 0xafc8, functions 0x100 to 0x105, with upstream's transfer methods and access bits.
enum class DeviceControl : std::uint32_t {
  GetPid = 0xafc88400,  // output: the handle's PID, 4 bytes
  Read = 0xafc84406,    // output: the next part of the dump that a Write with NLM_F_DUMP began; 0
                        // bytes: no dump
  ReadEvent = 0xafc8440a,   // output: the next subscribed event; 0 bytes: none waits
  ReadPacket = 0xafc8440e,  // output: the next upcall; 0 bytes: none waits
  Write = 0xafc84411,       // input: a request that has no reply (begin a dump, subscribe, pend)
  Transact =
      0xafc84416,  // input: a request; output: its reply, or an NLMSG_ERROR message; 0 bytes: done
};

// A request that may stay with the device: WRITE of the CTRL family's PEND_REQ (an event) or
// PEND_PACKET_REQ (an upcall). It belongs to the caller, who keeps it and its buffers alive until
// `completed` is called: once, on any thread, with no lock of the device held, and perhaps before
// submit() has returned.
class DeviceRequest {
 public:
  DeviceRequest(DeviceControl code, Bytes input, MutableBytes output)
      : code_(code), input_(input), output_(output) {}
  DeviceRequest(const DeviceRequest&) = delete;
  DeviceRequest& operator=(const DeviceRequest&) = delete;

  DeviceControl code() const { return code_; }
  Bytes input() const { return input_; }
  MutableBytes output() const { return output_; }

  // Bytes of output, or why there are none: Cancelled after cancel() or the closing of the handle,
  // Busy when a request of the same kind is already pended on this handle.
  virtual void completed(Result<std::size_t> outcome) = 0;

 protected:
  ~DeviceRequest() = default;

 private:
  DeviceControl code_;
  Bytes input_;
  MutableBytes output_;
};

class DeviceHandle {
 public:
  DeviceHandle(const DeviceHandle&) = delete;
  DeviceHandle& operator=(const DeviceHandle&) = delete;

  // What answers at once; a WRITE that would pend is refused here with Unsupported. Bytes of
  // output. Errors: Truncated or Malformed input, NoSpace when the answer does not fit (nothing is
  // lost: ask again with more room), Closed.
  virtual Result<std::size_t> control(DeviceControl code, Bytes input, MutableBytes output) = 0;
  // Hands `request` over; its outcome comes through completed().
  virtual void submit(DeviceRequest& request) = 0;
  // Completes `request` with Cancelled if it is still pended; a request that is already completing
  // is left to do so.
  virtual void cancel(DeviceRequest& request) = 0;
  // Cancels what is pended, unbinds the handle's PID, ends the handle. For OpenDevice alone.
  virtual void close() = 0;

 protected:
  DeviceHandle() = default;
  ~DeviceHandle() = default;
};

// Sole ownership of an open handle; its end closes it.
class OpenDevice {
 public:
  OpenDevice() = default;
  explicit OpenDevice(DeviceHandle* handle) : handle_(handle) {}
  OpenDevice(OpenDevice&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  OpenDevice& operator=(OpenDevice&& other) noexcept {
    if (this != &other) reset(std::exchange(other.handle_, nullptr));
    return *this;
  }
  OpenDevice(const OpenDevice&) = delete;
  OpenDevice& operator=(const OpenDevice&) = delete;
  ~OpenDevice() { reset(nullptr); }

  explicit operator bool() const { return handle_ != nullptr; }
  DeviceHandle* operator->() const {
    OVS_ASSERT(handle_ != nullptr);
    return handle_;
  }
  DeviceHandle& operator*() const {
    OVS_ASSERT(handle_ != nullptr);
    return *handle_;
  }

 private:
  void reset(DeviceHandle* next) {
    DeviceHandle* old = std::exchange(handle_, next);
    if (old != nullptr) old->close();
  }

  DeviceHandle* handle_ = nullptr;
};

class Device {
 public:
  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  // Errors: NotFound (no such device), Full (too many handles), NoMemory, Io.
  virtual Result<OpenDevice> open() = 0;

 protected:
  ~Device() = default;
};

}  // namespace ovs::platform
