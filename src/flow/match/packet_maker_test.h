// Random packets of every shape that extraction knows, and mutations of them; for tests and
// benches. Seeded: the seed is the test's to print.
#pragma once
#include <cstdint>
#include <random>
#include <vector>

namespace ovs::flow {

class PacketMaker {
 public:
  explicit PacketMaker(std::uint64_t seed) : random_(seed) {}

  std::vector<std::uint8_t> packet() {
    bytes_.clear();
    for (int i = 0; i < 12; ++i) put8(next());
    for (unsigned tags = pick(4) == 0 ? 1 + pick(3) : 0; tags > 0; --tags) {
      put16(pick(2) ? 0x8100 : 0x88a8);
      put16(std::uint16_t(next()));
    }
    network();
    for (unsigned pad = pick(3) == 0 ? pick(40) : 0; pad > 0; --pad) put8(0);
    return bytes_;
  }
  // A packet with some bytes changed, or cut short.
  std::vector<std::uint8_t> mutated() {
    std::vector<std::uint8_t> bytes = packet();
    for (unsigned changes = pick(4); changes > 0; --changes)
      bytes[pick(bytes.size())] = std::uint8_t(next());
    if (pick(3) == 0) bytes.resize(pick(bytes.size() + 1));
    return bytes;
  }
  std::uint64_t next() { return random_(); }
  unsigned pick(std::size_t count) { return unsigned(next() % count); }

 private:
  void put8(std::uint64_t value) { bytes_.push_back(std::uint8_t(value)); }
  void put16(std::uint16_t value) { put8(value >> 8), put8(value); }
  void put_random(unsigned count) {
    for (; count > 0; --count) put8(next());
  }

  void network() {
    switch (pick(7)) {
      case 0:
      case 1:
      case 2: return ipv4();
      case 3:
      case 4: return ipv6();
      case 5: return arp();
      case 6: return other();
    }
  }
  void other() {
    if (pick(3) == 0) {
      put16(pick(2) ? 0x8847 : 0x8848);
    } else if (pick(2) == 0) {
      put16(std::uint16_t(next()));
    } else {
      put16(std::uint16_t(pick(0x600)));
      const std::uint8_t snap[] = {0xaa, 0xaa, 3, 0, 0, 0, 0x88, std::uint8_t(next())};
      for (const std::uint8_t byte : snap) put8(byte);
    }
    put_random(pick(60));
  }
  void arp() {
    put16(pick(4) ? 0x0806 : 0x8035);
    put16(1), put16(0x0800), put8(6), put8(4);
    put16(pick(5) ? std::uint16_t(1 + pick(2)) : std::uint16_t(next()));
    put_random(20);
  }
  std::vector<std::uint8_t> transport(std::uint8_t protocol) {
    std::vector<std::uint8_t> outer;
    outer.swap(bytes_);
    put_random(pick(6) == 0 ? pick(8) : 20);
    if (protocol == 58 && bytes_.size() >= 2 && pick(2) == 0) {
      bytes_[0] = std::uint8_t(135 + pick(2)), bytes_[1] = 0;
      put_random(4);
      for (unsigned options = pick(4); options > 0; --options) {
        put8(1 + pick(3)), put8(1 + pick(2) * pick(2));
        put_random(pick(8) == 0 ? 14 : 6);
      }
    }
    put_random(pick(30));
    outer.swap(bytes_);
    return outer;
  }
  std::uint8_t protocol() {
    constexpr std::uint8_t known[] = {1, 6, 17, 58, 132, 47};
    return pick(10) == 0 ? std::uint8_t(next()) : known[pick(6)];
  }
  void ipv4() {
    put16(0x0800);
    const std::uint8_t proto = protocol();
    const std::vector<std::uint8_t> body = transport(proto);
    const unsigned words = pick(5) == 0 ? 5 + pick(4) : 5;
    put8(0x40 | words), put8(next());
    put16(std::uint16_t(words * 4 + body.size()));
    put16(std::uint16_t(next()));
    put16(pick(4) == 0 ? std::uint16_t(pick(3) == 0 ? 0x2000 : next() & 0x3fff)
                       : std::uint16_t(0x4000));
    put8(next()), put8(proto);
    put_random(10);
    put_random((words - 5) * 4);
    bytes_.insert(bytes_.end(), body.begin(), body.end());
  }
  void extensions(std::vector<std::uint8_t>& to, std::uint8_t& first, std::uint8_t last) {
    constexpr std::uint8_t kinds[] = {0, 43, 60, 51, 44};
    std::uint8_t* link = &first;
    std::size_t link_at = 0;
    for (unsigned count = pick(3) == 0 ? 1 + pick(4) : 0; count > 0; --count) {
      const std::uint8_t kind = kinds[pick(5)];
      const unsigned extra = kind == 44 ? 0 : pick(3);
      if (to.empty())
        *link = kind;
      else
        to[link_at] = kind;
      link_at = to.size();
      const unsigned size = kind == 51 ? 8 + 4 * extra : 8 + 8 * extra;
      for (unsigned i = 0; i < size; ++i) to.push_back(std::uint8_t(next()));
      to[link_at + 1] = std::uint8_t(extra);
      if (kind == 44 && pick(2) == 0) to[link_at + 2] = 0, to[link_at + 3] &= 7;
    }
    if (to.empty())
      first = last;
    else
      to[link_at] = last;
  }
  void ipv6() {
    put16(0x86dd);
    const std::uint8_t proto = protocol();
    const std::vector<std::uint8_t> body = transport(proto);
    std::vector<std::uint8_t> chain;
    std::uint8_t first = proto;
    extensions(chain, first, proto);
    put8(0x60 | (next() & 15)), put_random(3);
    put16(std::uint16_t(chain.size() + body.size()));
    put8(first), put8(next());
    put_random(32);
    bytes_.insert(bytes_.end(), chain.begin(), chain.end());
    bytes_.insert(bytes_.end(), body.begin(), body.end());
  }

  std::mt19937_64 random_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace ovs::flow
