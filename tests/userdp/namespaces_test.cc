// Two network namespaces reach each other through the engine, by flows that are put over netlink.
// Needs root and iproute2; without them it says so and passes.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "platform/posix/clock.h"
#include "platform/posix/net/frame_ports.h"
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
  std::string tap() const { return "udp" + tag_ + "t"; }
  std::string mac(int i) const {
    std::string text;
    if (FILE* file =
            popen(("ip netns exec " + name(i) + " cat /sys/class/net/eth0/address").c_str(), "r")) {
      char line[32] = {};
      if (std::fgets(line, sizeof line, file) != nullptr) text = std::string(line, 17);
      pclose(file);
    }
    return text;
  }
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

namespace {

// 40 MB, by large frames whose checksums are open, which must arrive whole.
bool transfer(const Namespaces& spaces, int from, int to, const std::string& address) {
  const std::string serve =
      "timeout 60 python3 -c \"import socket,sys\ns=socket.create_server(('" + address +
      "',5001));c,_=s.accept();n=0\nwhile True:\n b=c.recv(1<<20)\n if not b: break\n "
      "n+=len(b)\nsys.exit(0 if n==40000000 else 1)\"";
  const std::string send =
      "timeout 60 python3 -c \"import socket,time\nfor i in range(50):\n try: "
      "s=socket.create_connection(('" +
      address +
      "',5001),2); break\n except OSError: "
      "time.sleep(0.1)\ns.settimeout(None)\ns.sendall(bytes(40000000));s.close()\"";
  const pid_t server = fork();
  if (server == 0) _exit(spaces.in(to, serve) ? 0 : 1);
  const bool sent = spaces.in(from, send);
  int status = -1;
  waitpid(server, &status, 0);
  return sent && status == 0;
}

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
  CHECK(transfer(spaces, 0, 1, "10.99.0.2"));
  for (const tests::ClientFlow& flow : client.flows())
    MESSAGE(flow.match, " packets ", flow.packets, " -> ", flow.actions);
  REQUIRE(client.flush_flows() == "");
  CHECK(!spaces.in(0, "ping -c 1 -W 1 10.99.0.2"));
}

namespace {

// The kernel of namespace 0 has the other end of a tunnel to the engine; namespace 1 is behind the
// engine.
void check_tunnel(const Namespaces& spaces, const std::string& kind,
                  const std::string& kernel_device, const std::string& flags) {
  CAPTURE(kind);
  platform::SystemClock clock;
  platform::LinuxFramePorts ports;
  auto made = userdp::UserDatapath::create({.name = "test", .threads = 1}, clock, ports);
  REQUIRE(made.ok());
  tests::DatapathClient client((*made)->device());
  REQUIRE(client.add_port(spaces.link(0), wire::VportType::Netdev, 1) == "");
  REQUIRE(client.add_port(spaces.link(1), wire::VportType::Netdev, 2) == "");
  REQUIRE(client.add_port(spaces.tap(), wire::VportType::Internal, 3) == "");
  const auto type = kind == "vxlan" ? wire::VportType::Vxlan : wire::VportType::Gre;
  REQUIRE(client.add_port("tunnel", type, 4) == "");
  REQUIRE(run("ip addr add 10.99.0.254/24 dev " + spaces.tap() + " && ip link set " + spaces.tap() +
              " up"));
  REQUIRE(client.add_address("10.99.0.254", 3) == "");
  REQUIRE(client.add_route("10.99.0.0/24", 3, "") == "");
  REQUIRE(client.add_neighbour("10.99.0.1", 3, spaces.mac(0)) == "");
  for (const char* what : {"eth_type(0x0806)", "eth_type(0x0800),ipv4(frag=no)"}) {
    const std::string match = std::string(",eth(),") + what;
    REQUIRE(client.put_flow("in_port(1)" + match, "3") == "");
    REQUIRE(client.put_flow("in_port(3)" + match, "1") == "");
    REQUIRE(client.put_flow(
                "in_port(2)" + match,
                "set(tunnel(tun_id=0x2a,dst=10.99.0.1,ttl=64,flags(" + flags + "))),4") == "");
    REQUIRE(client.put_flow("tunnel(tun_id=0x2a,src=10.99.0.1,dst=10.99.0.254),in_port(4)" + match,
                            "2") == "");
  }
  for (int i = 0; i < 2; ++i) spaces.in(i, "ip neigh flush all");
  CHECK(spaces.in(0, "ping -c 2 -i 0.2 -W 2 10.99.0.254"));  // through the TAP
  if (!spaces.in(0, "ip link add tun0 type " + kernel_device)) {
    MESSAGE("skipped: this kernel has no device for ", kind);
    return;
  }
  REQUIRE(spaces.in(0, "ip addr add 10.88.0.1/24 dev tun0"));
  REQUIRE(spaces.in(0, "ip link set tun0 mtu 1400 up"));
  CHECK(spaces.in(1, "ping -c 3 -i 0.2 -W 2 10.88.0.1"));
  CHECK(transfer(spaces, 1, 0, "10.88.0.1"));
  CHECK(transfer(spaces, 0, 1, "10.88.0.2"));
  if (doctest::getContextOptions()->success) {
    for (const tests::ClientFlow& flow : client.flows())
      MESSAGE(flow.match, " packets ", flow.packets);
  }
  spaces.in(0, "ip link del tun0");
}

}  // namespace

TEST_CASE("UserDatapath: tunnels reach the kernel's own, and INTERNAL ports the machine") {
  const Namespaces spaces;
  if (!spaces.usable() || !spaces.in(1, "ip addr add 10.88.0.2/24 dev eth0") ||
      !spaces.in(1, "ip link set eth0 mtu 1400")) {
    MESSAGE("skipped: no network namespaces here (root and iproute2 are needed)");
    return;
  }
  check_tunnel(spaces, "vxlan", "vxlan id 42 remote 10.99.0.254 local 10.99.0.1 dstport 4789",
               "df|key");
  check_tunnel(spaces, "vxlan",
               "vxlan id 42 remote 10.99.0.254 local 10.99.0.1 dstport 4789 udpcsum", "csum|key");
  check_tunnel(spaces, "gre", "gretap remote 10.99.0.254 local 10.99.0.1 key 42", "df|key");
  check_tunnel(spaces, "gre", "gretap remote 10.99.0.254 local 10.99.0.1 key 42 csum", "csum|key");
}
