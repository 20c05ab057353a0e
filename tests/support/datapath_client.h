// A datapath's user for tests: speaks netlink over a device, in the texts that people know. What it
// is refused, it says in words.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "flow/match/key.h"
#include "platform/api/device.h"
#include "wire/netlink/message.h"

namespace ovs::tests {

struct ClientUpcall {
  wire::PacketCommand reason = wire::PacketCommand::Miss;
  flow::FlowKey key;
  std::vector<std::uint8_t> packet, userdata;
};

struct ClientFlow {
  std::string match, actions;  // as dump-flows shows them
  std::uint64_t packets = 0, bytes = 0;
};

// A command of the control family without attributes, as it is written to the handle of `pid`.
std::vector<std::uint8_t> control_message(std::uint32_t pid, wire::ControlCommand command);

class DatapathClient {
 public:
  explicit DatapathClient(platform::Device& device);
  explicit DatapathClient(platform::OpenDevice opened);

  // Each returns what went wrong, or "".
  std::string add_port(std::string_view name, wire::VportType type, std::uint32_t number,
                       std::uint16_t udp_port = 0);
  std::string del_port(std::uint32_t number);
  std::string put_flow(std::string_view match, std::string_view actions);
  // Of a flow that is there.
  std::string set_flow(std::string_view match, std::string_view actions);
  std::string del_flow(std::string_view match);
  std::string flush_flows();
  std::string execute(Bytes packet, std::string_view key, std::string_view actions);
  std::string add_address(std::string_view address, std::uint32_t port);
  std::string add_route(std::string_view prefix, std::uint32_t port, std::string_view gateway);
  std::string add_neighbour(std::string_view address, std::uint32_t port, std::string_view mac);
  std::string del_address(std::string_view address, std::uint32_t port);
  std::string del_route(std::string_view prefix, std::uint32_t port);
  std::string del_neighbour(std::string_view address, std::uint32_t port);
  std::string subscribe_upcalls();
  // And those of this port come here.
  std::string subscribe_upcalls_of(std::uint32_t port);
  std::string subscribe_group(std::uint32_t group);

  std::vector<ClientFlow> flows();
  std::vector<ClientUpcall> upcalls();
  // Of each message: "port added p1", "neighbour wanted 10.0.0.2".
  std::vector<std::string> events();
  // What NETDEV says of a port: "up", "down", what it waits for; else the refusal.
  std::string link_state(std::string_view port);
  wire::VportStats port_stats(std::uint32_t number);
  wire::DatapathStats datapath_stats();
  // By cause; of a datapath that tells.
  std::map<std::string, std::uint64_t> drops();

  // No answer, upcall or event will be larger; at first 64 kB. Less makes requests cheaper.
  void expect_at_most(std::size_t room) { room_ = room; }
  std::uint32_t pid() const { return pid_; }
  platform::DeviceHandle& handle() { return *device_; }

  // The general form: "" or the refusal; `reply` sees what came back.
  using Fill = std::function<void(wire::Writer&)>;
  using Visit = std::function<void(const wire::MessageView&)>;
  std::string transact(wire::Family family, std::uint8_t command, const Fill& fill,
                       const Visit& reply = {}, std::uint16_t flags = 0);
  std::string write(wire::Family family, std::uint8_t command, const Fill& fill,
                    std::uint16_t flags = 0);
  std::string dump(wire::Family family, std::uint8_t command, const Visit& visit);

 private:
  std::string send_flow(wire::FlowCommand command, std::string_view match, std::string_view actions,
                        std::uint16_t flags);
  std::vector<std::uint8_t> message(wire::Family family, std::uint8_t command, const Fill& fill,
                                    std::uint16_t flags);
  std::string send(platform::DeviceControl code, const std::vector<std::uint8_t>& request,
                   const Visit& reply);

  platform::OpenDevice device_;
  std::uint32_t pid_ = 0;
  std::size_t room_ = 0x10000;
};

}  // namespace ovs::tests
