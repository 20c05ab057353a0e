// Two network namespaces reach each other through the engine, by flows that are put over netlink.
// Needs root and iproute2; without them it says so and passes.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "platform/posix/clock.h"
#include "platform/posix/frame_ports.h"
#include "tests/support/datapath_client.h"
#include "userdp/user_datapath.h"

using namespace ovs;

namespace {

bool run(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

// Two namespaces, a veth from each to here; gone when it goes.
class Namespaces {
 public:
  Namespaces() : tag_(std::to_string(getpid() % 100000)) {
    usable_ = true;
    for (int i = 0; i < 2 && usable_; ++i) usable_ = add(i);
  }
  ~Namespaces() {
    for (int i = 0; i < 2; ++i) {
      run("ip link del " + link(i));
      run("ip netns del " + name(i));
    }
  }
  bool usable() const { return usable_; }
  std::string name(int i) const { return "udp" + tag_ + "n" + std::to_string(i); }
  std::string link(int i) const { return "udp" + tag_ + "l" + std::to_string(i); }
  bool in(int i, const std::string& command) const {
    return run("ip netns exec " + name(i) + " " + command);
  }

 private:
  bool add(int i) {
    const std::string address = "10.99.0." + std::to_string(i + 1) + "/24";
    return run("ip netns add " + name(i)) &&
           run("ip link add " + link(i) + " type veth peer name eth0 netns " + name(i)) &&
           run("ip link set " + link(i) + " up") && in(i, "ip link set lo up") &&
           in(i, "ip addr add " + address + " dev eth0") && in(i, "ip link set eth0 up");
  }

  std::string tag_;
  bool usable_ = false;
};

}  // namespace

TEST_CASE("UserDatapath: two namespaces ping and talk TCP through flows put over netlink") {
  const Namespaces spaces;
  if (!spaces.usable()) {
    MESSAGE("skipped: no network namespaces here (root and iproute2 are needed)");
    return;
  }
  platform::SystemClock clock;
  platform::LinuxFramePorts ports;
  auto made = userdp::UserDatapath::create({.name = "test", .threads = 2}, clock, ports);
  REQUIRE(made.ok());
  tests::DatapathClient client((*made)->device());
  REQUIRE(client.add_port(spaces.link(0), wire::VportType::Netdev, 1) == "");
  REQUIRE(client.add_port(spaces.link(1), wire::VportType::Netdev, 2) == "");
  CHECK(client.add_port("no-such-device", wire::VportType::Netdev, 3) ==
        "there is no device of this name");
  REQUIRE(client.put_flow("in_port(1),eth(),eth_type(0x0806)", "2") == "");
  REQUIRE(client.put_flow("in_port(2),eth(),eth_type(0x0806)", "1") == "");
  REQUIRE(client.put_flow("in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)", "2") == "");
  REQUIRE(client.put_flow("in_port(2),eth(),eth_type(0x0800),ipv4(frag=no)", "1") == "");
  CHECK(spaces.in(0, "ping -c 3 -i 0.2 -W 2 10.99.0.2"));
  // 40 MB by large frames with open checksums, which must arrive whole.
  const std::string serve =
      "ip netns exec " + spaces.name(1) +
      " python3 -c \"import "
      "socket,hashlib;s=socket.create_server(('10.99.0.2',5001));c,_=s.accept();h=0\n"
      "while True:\n b=c.recv(1<<20)\n if not b: break\n h+=len(b)\nc.close()\nimport "
      "sys;sys.exit(0 if h==40000000 else 1)\"";
  const pid_t server = fork();
  if (server == 0) _exit(run(serve) ? 0 : 1);
  CHECK(spaces.in(0,
                  "python3 -c \"import socket,time\nfor i in range(50):\n try: "
                  "s=socket.create_connection(('10.99.0.2',5001),2); break\n except OSError: "
                  "time.sleep(0.1)\ns.sendall(bytes(40000000));s.close()\""));
  int status = -1;
  waitpid(server, &status, 0);
  CHECK(status == 0);
  for (const tests::ClientFlow& flow : client.flows())
    MESSAGE(flow.match, " packets ", flow.packets, " -> ", flow.actions);
  REQUIRE(client.flush_flows() == "");
  CHECK(!spaces.in(0, "ping -c 1 -W 1 10.99.0.2"));
}
