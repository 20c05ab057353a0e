// The engine in this process, over the operating system's devices: threads that receive frames,
// switch them, and send them. What ovs-vswitchd's datapath_type=netdev is. Control comes through
// device(), from any thread.
#pragma once
#include <memory>
#include <string>

#include "platform/api/clock.h"
#include "platform/api/device.h"
#include "platform/api/frame_port.h"

namespace ovs::userdp {

enum class Waiting : bool {
  Sleep,
  Poll
};  // Poll: a thread uses all of its processor, and answers sooner

struct UserDatapathConfig {
  std::string name = "ovs-netdev";
  unsigned threads = 1;
  Waiting waiting = Waiting::Sleep;
  std::size_t packets_per_thread = 2048;
  std::uint64_t secret = 0;  // drawn by the program at start: guests choose packets
};

class UserDatapath {
 public:
  // `clock` and `ports` outlive it. Errors: NoMemory.
  static Result<std::unique_ptr<UserDatapath>> create(const UserDatapathConfig& config,
                                                      const platform::Clock& clock,
                                                      platform::FramePorts& ports);
  UserDatapath(const UserDatapath&) = delete;
  UserDatapath& operator=(const UserDatapath&) = delete;
  // Every handle of device() is closed.
  ~UserDatapath();

  platform::Device& device();

 private:
  class Impl;
  explicit UserDatapath(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ovs::userdp
