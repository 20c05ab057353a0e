// NICs on Linux: a TAP, which is a guest's (or the management OS's) NIC, and an existing link,
// which stands for a wire. One thread reads each. Knows no switch: whoever owns the NIC gets its
// frames, and calls deliver(). A TAP with offloads has checksums and segments left to it and leaves
// them to its user, as the frames' headers there say (struct virtio_net_hdr).
#pragma once
#include <atomic>
#include <mutex>
#include <thread>

#include "base/core/boxed.h"
#include "emulator/host/nic/host_nic.h"
#include "platform/api/frame_port.h"
#include "platform/posix/descriptor.h"

namespace ovs::emulator {

// Once read, frames wait nowhere: what the switch does not take at once is lost, and counted.
inline constexpr std::size_t kFramesAtOnce = 32;
inline constexpr std::size_t kLargestFrame = 65536 + 64;  // with Ethernet's header and tags

class LinuxNic final : public HostNic {
 public:
  static Result<std::unique_ptr<HostNic>, NicError> make_tap(const TapSpec& spec);
  // In the caller's namespace.
  static Result<std::unique_ptr<HostNic>, NicError> open_link(const std::string& link);
  ~LinuxNic() override;

  const std::string& link() const override { return link_; }
  MacAddress mac() const override { return port_->mac(); }
  std::uint32_t mtu() const override { return port_->mtu(); }
  bool has_carrier() const override;
  void set_carrier(bool present) override;
  void start(Receiver receiver) override;
  void stop() override;
  void deliver(const NicFrame& frame) override;
  HostNicCounters counters() const override;
  bool has_gone() const override { return gone_.load(std::memory_order_relaxed); }

 private:
  enum class Kind : bool { Tap, Link };
  struct Rooms;
  using Port = Boxed<platform::FramePort>;

  LinuxNic(Kind kind, std::string link, Port port, platform::Descriptor stop_event);
  static Result<std::unique_ptr<LinuxNic>, NicError> make(Kind kind, const std::string& link,
                                                          Result<Port, platform::OsError> port);
  Result<void, NicError> set_up(const TapSpec& spec);
  void discard_waiting();
  void read_until_stopped();
  void read_frames(Rooms& rooms);
  std::size_t fill(Rooms& rooms);
  bool wait_for_frames();

  const Kind kind_;
  const std::string link_;
  Port port_;
  platform::Descriptor stop_event_;
  Receiver receiver_;
  std::thread reader_;
  std::atomic<bool> stopping_{false}, gone_{false};
  std::atomic<std::uint64_t> from_frames_{0}, from_bytes_{0}, from_large_{0}, from_refused_{0};
  std::atomic<std::uint64_t> not_taken_{0};
  mutable std::mutex sending_;  // and its counters
  std::uint64_t to_frames_ = 0, to_bytes_ = 0, to_large_ = 0, to_dropped_ = 0;
};

class LinuxNics final : public HostNics {
 public:
  Result<std::unique_ptr<HostNic>, NicError> make_tap(const TapSpec& spec) override {
    return LinuxNic::make_tap(spec);
  }
  Result<std::unique_ptr<HostNic>, NicError> open_link(const std::string& link) override {
    return LinuxNic::open_link(link);
  }
};

}  // namespace ovs::emulator
