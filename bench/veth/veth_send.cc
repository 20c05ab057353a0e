// Sends COUNT small UDP frames into the link NAME at RATE frames a second, and says how long that
// took. Frames that are due are sent together, as a NIC would hand them over; 64 sources take
// turns. Called by veth_bench.py.
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <time.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr unsigned kAtOnce = 64;
constexpr unsigned kSources = 64;
constexpr std::size_t kFrame = 60;  // 64 with the check sequence that a wire adds
constexpr long kTickNs = 100'000;   // how often what is due is sent

struct Frames {
  std::uint8_t bytes[kSources][kFrame];
  iovec parts[kSources];
};

void fill(Frames& frames) {
  // Ethernet, IPv4 (20 bytes, its sum below), UDP without a checksum, padding.
  constexpr std::uint8_t kHead[] = {2,    0, 0,  0,  0, 2, 2,    0, 0,  0,  0, 1, 8,  0,
                                    0x45, 0, 0,  46, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 9,
                                    0,    1, 10, 9,  0, 2, 4,    0, 0,  9,  0, 26};
  for (unsigned i = 0; i < kSources; ++i) {
    std::uint8_t* frame = frames.bytes[i];
    std::memset(frame, 0, kFrame);
    std::memcpy(frame, kHead, sizeof kHead);
    frame[35] = std::uint8_t(i);
    unsigned sum = 0;
    for (unsigned at = 14; at < 34; at += 2) sum += unsigned(frame[at]) << 8 | frame[at + 1];
    sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
    frame[24] = std::uint8_t(sum >> 8);
    frame[25] = std::uint8_t(sum);
    frames.parts[i] = {frame, kFrame};
  }
}

int open_link(const char* name) {
  const int link = socket(AF_PACKET, SOCK_RAW, 0);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = int(if_nametoindex(name));
  const int on = 1;
  if (link < 0 || setsockopt(link, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0 ||
      bind(link, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    std::perror(name);
    std::exit(1);
  }
  return link;
}

// How many of `wanted` frames from number `first` on went.
unsigned send_some(int link, Frames& frames, std::uint64_t first, unsigned wanted) {
  mmsghdr messages[kAtOnce] = {};
  for (unsigned i = 0; i < wanted; ++i) {
    messages[i].msg_hdr.msg_iov = &frames.parts[(first + i) % kSources];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const int sent = sendmmsg(link, messages, wanted, 0);
  return sent > 0 ? unsigned(sent) : 0;
}

std::uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::uint64_t(now.tv_sec) * 1'000'000'000u + std::uint64_t(now.tv_nsec);
}

void sleep_a_tick() {
  const timespec tick{0, kTickNs};
  nanosleep(&tick, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: veth_send NAME COUNT RATE\n");
    return 1;
  }
  static Frames frames;
  fill(frames);
  const int link = open_link(argv[1]);
  const std::uint64_t count = std::strtoull(argv[2], nullptr, 10);
  const std::uint64_t rate = std::strtoull(argv[3], nullptr, 10);
  const std::uint64_t start = now_ns();
  for (std::uint64_t sent = 0; sent < count;) {
    const std::uint64_t due = (now_ns() - start) * rate / 1'000'000'000u;
    const std::uint64_t waiting = (due < count ? due : count) - sent;
    if (due <= sent) {
      sleep_a_tick();
      continue;
    }
    sent += send_some(link, frames, sent, unsigned(waiting < kAtOnce ? waiting : kAtOnce));
  }
  std::printf("%llu\n", static_cast<unsigned long long>(now_ns() - start));
  return 0;
}
