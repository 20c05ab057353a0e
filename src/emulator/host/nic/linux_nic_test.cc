// Real TAPs and links, in a network namespace of the test's own; skipped, and said so, without the
// right to make one.
#include "emulator/host/nic/linux_nic.h"

#include <doctest/doctest.h>
#include <sched.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/core/function_ref.h"
#include "emulator/host/nic/net_namespace.h"
#include "platform/posix/net/frame_ports.h"

namespace ovs::emulator {
namespace {

using FrameText = std::string;

// Frames that a receiver was given, on another thread: it outlives the device.
class Received {
 public:
  HostNic::Receiver receiver() {
    return [this](Span<const NicFrame> frames) {
      const std::lock_guard lock(mutex_);
      for (const NicFrame& frame : frames)
        frames_.emplace_back(reinterpret_cast<const char*>(frame.bytes.data()),
                             frame.bytes.count());
      return frames.count();
    };
  }
  // Once it has come, for at most two seconds. Others (IPv6's own) come too.
  bool has(const FrameText& wanted) {
    for (int tries = 0; tries < 200; ++tries) {
      {
        const std::lock_guard lock(mutex_);
        for (const FrameText& frame : frames_) {
          if (frame == wanted) return true;
        }
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

 private:
  std::mutex mutex_;
  std::vector<FrameText> frames_;
};

// 60 bytes of an EtherType of nobody's.
FrameText test_frame(char mark) {
  FrameText frame = std::string("\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x88\xb5", 14);
  return frame + std::string(46, mark);
}

Bytes bytes_of(const FrameText& frame) {
  return Bytes(reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size());
}

bool run(const std::string& command) {
  return std::system((command + " > /dev/null 2>&1").c_str()) == 0;
}

// On a thread in a new network namespace, whose name `test` is given.
void in_new_namespace(FunctionRef<void(const std::string& name)> test) {
  std::thread([&] {
    if (!run("command -v ip") || unshare(CLONE_NEWNET) != 0) {
      MESSAGE("skipped: needs the ip command and the right to make a network namespace");
      return;
    }
    test("/proc/self/task/" + std::to_string(gettid()) + "/ns/net");
  }).join();
}

std::unique_ptr<HostNic> make_tap(const std::string& name_space, const NicOffloads& offloads = {}) {
  TapSpec spec;
  spec.name_space = name_space;
  spec.link = "eth0";
  spec.alias = "vEthernet (test)";
  spec.mac.bytes = {{2, 0, 0, 0, 0, 1}};
  spec.mtu = 1400;
  spec.offloads = offloads;
  auto made = LinuxNic::make_tap(spec);
  REQUIRE(made.ok());
  return std::move(made).value();
}

// What the guest does: sends and receives on the device as a program in its namespace does.
Boxed<platform::FramePort> guest_of(const std::string& link) {
  platform::LinuxFramePorts ports;
  auto port = ports.open_link(Text(link.data(), link.size()));
  REQUIRE(port.ok());
  return std::move(port).value();
}

bool guest_receives(platform::FramePort& guest, const FrameText& wanted) {
  std::vector<std::uint8_t> bytes(2048);
  for (int tries = 0; tries < 200; ++tries) {
    platform::FrameRoom room{bytes.data(), bytes.size(), 0, {}};
    const auto count = guest.receive(Span<platform::FrameRoom>(&room, 1));
    REQUIRE(count.ok());
    if (*count == 1 && FrameText(bytes.begin(), bytes.begin() + long(room.size)) == wanted)
      return true;
    if (*count == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

void guest_sends(platform::FramePort& guest, const FrameText& frame) {
  const platform::FrameParts parts{bytes_of(frame), {}, {}};
  REQUIRE(guest.send(Span<const platform::FrameParts>(&parts, 1)) == 1);
}

TEST_CASE("LinuxNic: a TAP in another namespace has its address, MTU and alias, and goes with it") {
  in_new_namespace([](const std::string& name) {
    {
      const auto nic = make_tap(name);
      CHECK(nic->mtu() == 1400);
      CHECK(nic->mac().bytes.items[5] == 1);
      CHECK(run("ip link show eth0 | grep -q 'mtu 1400'"));
      CHECK(run("ip link show eth0 | grep -q 'alias vEthernet (test)'"));
      CHECK(run("ip link show eth0 | grep -q LOWER_UP"));
      nic->set_carrier(false);
      CHECK(!run("ip link show eth0 | grep -q LOWER_UP"));
    }
    CHECK(!run("ip link show eth0"));
  });
}

TEST_CASE("LinuxNic: what the guest sends is received, and what is delivered it gets") {
  in_new_namespace([](const std::string& name) {
    Received received;
    const auto nic = make_tap(name);
    const auto guest = guest_of("eth0");
    guest_sends(*guest, test_frame('0'));  // before anybody reads: discarded
    nic->start(received.receiver());
    guest_sends(*guest, test_frame('a'));
    CHECK(received.has(test_frame('a')));
    const FrameText answer = test_frame('b');
    nic->deliver({bytes_of(answer), {}, 0});
    CHECK(guest_receives(*guest, answer));
    nic->stop();
    CHECK(nic->counters().from_system_frames >= 1);
    CHECK(nic->counters().to_system_frames == 1);
    CHECK(nic->counters().to_system_bytes == answer.size());
    guest_sends(*guest, test_frame('c'));  // nobody reads
    nic->start(received.receiver());
    guest_sends(*guest, test_frame('d'));
    CHECK(received.has(test_frame('d')));
    nic->stop();
  });
}

TEST_CASE("LinuxNic: frames that the switch does not take are counted") {
  in_new_namespace([](const std::string& name) {
    const auto nic = make_tap(name);
    const auto guest = guest_of("eth0");
    std::atomic<unsigned> seen{0};
    nic->start([&seen](Span<const NicFrame> frames) {
      seen += unsigned(frames.count());
      return std::size_t{0};
    });
    guest_sends(*guest, test_frame('a'));
    for (int tries = 0; seen == 0 && tries < 200; ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    nic->stop();
    CHECK(seen > 0);
    CHECK(nic->counters().not_taken == seen);
  });
}

TEST_CASE("LinuxNic: a device that somebody deletes is gone, and what is delivered is dropped") {
  in_new_namespace([](const std::string& name) {
    Received received;
    const auto nic = make_tap(name);
    nic->start(received.receiver());
    REQUIRE(run("ip link del eth0"));
    for (int tries = 0; !nic->has_gone() && tries < 200; ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(nic->has_gone());
    nic->deliver({bytes_of(test_frame('a')), {}, 0});
    CHECK(nic->counters().to_system_dropped == 1);
  });
}

TEST_CASE("LinuxNic: a TAP that is down is quiet, and works when it is up again") {
  in_new_namespace([](const std::string& name) {
    Received received;
    const auto nic = make_tap(name);
    nic->start(received.receiver());
    REQUIRE(run("ip link set eth0 down"));
    nic->deliver({bytes_of(test_frame('a')), {}, 0});
    CHECK(nic->counters().to_system_dropped == 1);
    REQUIRE(run("ip link set eth0 up"));
    const auto guest = guest_of("eth0");
    guest_sends(*guest, test_frame('b'));
    CHECK(received.has(test_frame('b')));
    CHECK(!nic->has_gone());
  });
}

TEST_CASE("LinuxNic: a checksum that a wire's sender left open is closed") {
  in_new_namespace([](const std::string&) {
    REQUIRE(run("ip link add va type veth peer name vb"));
    REQUIRE(run("ip link set va up"));
    auto opened = LinuxNic::open_link("vb");
    REQUIRE(opened.ok());
    Received received;
    const auto nic = std::move(opened).value();
    nic->start(received.receiver());
    const auto sender = guest_of("va");
    FrameText open = test_frame('\0');
    open[20] = '\x12';  // summed from byte 20 on: 0x1234
    open[21] = '\x34';
    const platform::FrameParts parts{bytes_of(open), {}, {20, 10}};
    REQUIRE(sender->send(Span<const platform::FrameParts>(&parts, 1)) == 1);
    FrameText closed = open;
    closed[30] = '\xed';
    closed[31] = '\xcb';
    CHECK(received.has(closed));
    nic->stop();
  });
}

constexpr NicOffloads kLargeSend = {true, true};
constexpr std::uint16_t kTcpAt = 34, kTcpSumAt = 16;

// IPv4 and TCP without options, as many bytes behind them; checksums are zero.
FrameText tcp_frame(std::size_t payload) {
  FrameText frame(kTcpAt + 20 + payload, 'x');
  const auto put = [&frame](std::size_t at, std::initializer_list<int> bytes) {
    for (const int byte : bytes) frame[at++] = char(byte);
  };
  const std::size_t length = 40 + payload;
  put(0, {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0});
  put(14, {0x45, 0, int(length >> 8), int(length & 255), 0, 0, 0, 0, 64, 6, 0, 0});
  put(26, {10, 0, 0, 1, 10, 0, 0, 2});
  put(34, {0, 80, 0, 81, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0});
  put(50, {0, 0, 0, 0});
  return frame;
}

// What came with the last frame that is longer than others' chatter.
struct Said {
  struct What {
    platform::PartialChecksum partial;
    std::uint16_t segment_size = 0;
    std::size_t size = 0;
  };
  HostNic::Receiver receiver() {
    return [this](Span<const NicFrame> frames) {
      const std::lock_guard lock(mutex);
      for (const NicFrame& frame : frames) {
        if (frame.bytes.count() < 900) continue;
        last = {frame.partial, frame.segment_size, frame.bytes.count()};
      }
      return frames.count();
    };
  }
  // Of the frame of that size that comes; its size is 0 if none does.
  What of(std::size_t wanted) {
    for (int tries = 0; tries < 200; ++tries) {
      {
        const std::lock_guard lock(mutex);
        if (last.size == wanted) return last;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return {};
  }
  std::mutex mutex;
  What last;
};

TEST_CASE("LinuxNic: a TAP with offloads is left large sends and open checksums") {
  in_new_namespace([](const std::string& name) {
    Said said;
    const auto nic = make_tap(name, kLargeSend);
    const auto guest = guest_of("eth0");
    nic->start(said.receiver());
    const FrameText large = tcp_frame(30000), open = tcp_frame(1000);
    const platform::FrameParts parts[] = {{bytes_of(large), {}, {kTcpAt, kTcpSumAt}, 1360}};
    REQUIRE(guest->send(parts) == 1);
    const Said::What of_large = said.of(large.size());
    REQUIRE(of_large.size == large.size());
    CHECK(of_large.segment_size == 1360);
    CHECK(of_large.partial.start == kTcpAt);
    CHECK(of_large.partial.offset == kTcpSumAt);
    CHECK(nic->counters().from_system_large == 1);
    const platform::FrameParts plain[] = {{bytes_of(open), {}, {kTcpAt, kTcpSumAt}}};
    REQUIRE(guest->send(plain) == 1);
    const Said::What of_open = said.of(open.size());
    REQUIRE(of_open.size == open.size());
    CHECK(of_open.segment_size == 0);
    CHECK(of_open.partial.start == kTcpAt);
    nic->stop();
  });
}

TEST_CASE("LinuxNic: open checksums come from a TAP that takes them, whole ones from one without") {
  for (const NicOffloads offloads : {NicOffloads{true, false}, NicOffloads{}}) {
    in_new_namespace([&offloads](const std::string& name) {
      Said said;
      const auto nic = make_tap(name, offloads);
      const auto guest = guest_of("eth0");
      nic->start(said.receiver());
      const FrameText open = tcp_frame(1000);
      const platform::FrameParts parts[] = {{bytes_of(open), {}, {kTcpAt, kTcpSumAt}}};
      REQUIRE(guest->send(parts) == 1);
      const Said::What what = said.of(open.size());
      REQUIRE(what.size == open.size());
      CHECK((what.partial.start != 0) == offloads.checksum);
      nic->stop();
    });
  }
}

TEST_CASE(
    "LinuxNic: a large send that is delivered to a TAP with offloads reaches its user whole") {
  in_new_namespace([](const std::string& name) {
    const auto nic = make_tap(name, kLargeSend);
    const auto guest = guest_of("eth0");  // whose port cuts what it gets, as it says
    const FrameText large = tcp_frame(2 * 1360);
    nic->deliver({bytes_of(large), {kTcpAt, kTcpSumAt}, 1360});
    std::vector<std::uint8_t> bytes(65536);
    int segments = 0;
    for (int tries = 0; segments < 2 && tries < 200; ++tries) {
      platform::FrameRoom room{bytes.data(), bytes.size(), 0, {}};
      const auto count = guest->receive(Span<platform::FrameRoom>(&room, 1));
      REQUIRE(count.ok());
      if (*count == 1 && room.size == 54 + 1360) {
        ++segments;
        CHECK(room.partial.start == kTcpAt);
      }
      if (*count == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    CHECK(segments == 2);
    CHECK(nic->counters().to_system_frames == 1);
    CHECK(nic->counters().to_system_large == 1);
  });
}

TEST_CASE("LinuxNic: what cannot be had is named") {
  in_new_namespace([](const std::string&) {
    TapSpec spec;
    spec.name_space = "no-such-namespace";
    spec.link = "eth0";
    CHECK(LinuxNic::make_tap(spec).error().text ==
          "network namespace \"no-such-namespace\": No such file or directory");
    CHECK(LinuxNic::open_link("none0").error().text == "none0: No such device");
  });
}

}  // namespace
}  // namespace ovs::emulator
