// One open handle of a datapath's device, as a netlink socket: a request and its reply, a dump, a
// subscription. Knows framing and errors; what the attributes mean is netlink_dpif's. Any thread
// may call; calls on one channel take turns.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "platform/api/device.h"
#include "vswitch/dpif/dpif.h"
#include "wire/netlink/message.h"

namespace ovs::vswitch {

// A request under construction. `put` writes attributes through writer().
class NetlinkRequest {
 public:
  template <class Command>
  NetlinkRequest(wire::Family family, Command command, std::uint16_t flags = 0)
      : NetlinkRequest(family, std::uint8_t(command), flags, 0) {}

  wire::Writer& writer() { return writer_; }
  // The finished message, with the sequence number and the sender's pid put in.
  Bytes finish(std::uint32_t sequence, std::uint32_t pid);

 private:
  NetlinkRequest(wire::Family family, std::uint8_t command, std::uint16_t flags, int);

  std::vector<std::uint8_t> bytes_;
  wire::ContainerRoom<std::vector<std::uint8_t>> room_{bytes_};
  wire::Writer writer_{room_};
  wire::Message header_;
  std::size_t begin_ = 0;
};

class Channel {
 public:
  using Visitor = std::function<void(const wire::MessageView&)>;

  static DpifResult<std::unique_ptr<Channel>> open(platform::Device& device);

  std::uint32_t pid() const { return pid_; }
  // Another handle in the place of one that is dead: with another PID, without subscriptions.
  DpifResult<void> reopen(platform::Device& device);

  // Sends the request; calls `reply` with the answer if there is one. A netlink error is an error.
  DpifResult<void> transact(NetlinkRequest& request, const Visitor& reply = {});
  // Calls `visit` for every message of the dump.
  DpifResult<void> dump(NetlinkRequest& request, const Visitor& visit);
  // A request that has no reply: subscribe.
  DpifResult<void> write(NetlinkRequest& request);
  // The next event or upcall; false if none waits.
  DpifResult<bool> read(platform::DeviceControl code, const Visitor& visit);

  platform::DeviceHandle& handle() { return *device_; }

 private:
  struct Opened {
    platform::OpenDevice device;
    std::uint32_t pid;
  };
  static DpifResult<Opened> open_handle(platform::Device& device);
  explicit Channel(Opened opened);
  DpifResult<void> send(NetlinkRequest& request);
  DpifResult<Bytes> control(platform::DeviceControl code, Bytes input);
  DpifResult<void> check_error(const wire::MessageView& message, Bytes bytes) const;

  std::mutex mutex_;
  platform::OpenDevice device_;
  std::atomic<std::uint32_t> pid_;
  std::uint32_t sequence_ = 0;
  std::vector<std::uint8_t> output_;  // grows to what the largest answer needed
};

// The error that a byte stands for, in its own words.
DpifError dpif_error(Error error);

}  // namespace ovs::vswitch
