#include "tools/ovs-vswitchd/dummy_links.h"

#include <algorithm>
#include <list>

#include "base/bytes/big.h"

namespace ovs::vswitchd {

namespace {

constexpr std::uint64_t kRetryMs = 100;
constexpr std::size_t kMaxQueuedBytes = std::size_t{1}
                                        << 20;  // a peer that does not read loses frames
constexpr std::size_t kLengthSize = 2;

void put(std::string& text, std::uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) text += char(value >> 8 * i);
}

}  // namespace

// A file in libpcap's format, little-endian; appended to if it is there.
class DummyLinks::File {
 public:
  File(const std::string& path, const platform::Clock& clock)
      : file_(std::fopen(path.c_str(), "ab")), clock_(clock) {
    if (file_ == nullptr || std::ftell(file_) > 0) return;
    std::string head;
    put(head, 0xa1b2c3d4, 4);
    put(head, 2, 2);
    put(head, 4, 2);
    put(head, 0, 8);
    put(head, 1518, 4);
    put(head, 1, 4);  // Ethernet
    write(head);
  }
  ~File() {
    if (file_ != nullptr) std::fclose(file_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return file_ != nullptr; }
  void add(Bytes frame) {
    if (file_ == nullptr) return;
    const std::uint64_t now_ms = clock_.wall_ms();
    std::string record;
    put(record, now_ms / 1000, 4);
    put(record, now_ms % 1000 * 1000, 4);
    put(record, frame.count(), 4);
    put(record, frame.count(), 4);
    record.append(reinterpret_cast<const char*>(frame.data()), frame.count());
    write(record);
  }

 private:
  void write(const std::string& bytes) {
    std::fwrite(bytes.data(), 1, bytes.size(), file_);
    std::fflush(file_);
  }
  std::FILE* file_;
  const platform::Clock& clock_;
};

struct DummyLinks::Peer {
  std::unique_ptr<daemon::Stream> stream;
  std::string received;  // the beginning of a frame
};

struct DummyLinks::Link {
  userdp::DummyDatapath& datapath;
  std::string device;
  Options options;
  std::string method;  // to connect to; empty: none
  std::shared_ptr<File> received, sent;
  std::unique_ptr<daemon::Listener> listener;
  std::unique_ptr<daemon::Connecting> attempt;
  std::unique_ptr<daemon::Timer> retry;
  std::list<Peer> peers;
};

DummyLinks::DummyLinks(daemon::Program& program)
    : program_(program), log_(program.log().module("netdev_dummy")) {}

DummyLinks::~DummyLinks() {
  while (!links_.empty()) forget(std::string(links_.begin()->first));
}

void DummyLinks::forget(const std::string& device) {
  const auto found = links_.find(device);
  if (found == links_.end()) return;
  // NotFound: the device went first.
  (void)found->second->datapath.set_listener(device, {});
  links_.erase(found);
}

void DummyLinks::configure(userdp::DummyDatapath& datapath, const std::string& device,
                           const Options& options) {
  const auto old = links_.find(device);
  if (old != links_.end() && old->second->options == options) return;
  forget(device);
  const auto value = [&](const char* name) {
    const auto at = options.find(name);
    return at == options.end() ? std::string() : at->second;
  };
  const auto open = [&](const std::string& path) {
    auto file = path.empty() ? nullptr : std::make_shared<File>(path, program_.clock());
    if (file != nullptr && !file->is_open()) log_.warn("{}: cannot open {}", device, path);
    return file;
  };
  auto link = std::make_unique<Link>(
      Link{datapath, device, options, value("stream"), {}, {}, {}, {}, {}, {}});
  link->received = link->sent = open(value("pcap"));
  if (link->received == nullptr) {
    link->received = open(value("rxq_pcap"));
    link->sent = open(value("tx_pcap"));
  }
  Link& made = *link;
  links_[device] = std::move(link);
  made.retry = std::make_unique<daemon::Timer>(program_.loop(), [this, &made] { connect(made); });
  const std::string passive = value("pstream");
  if (!passive.empty()) {
    auto listening =
        program_.network().listen(passive, [this, &made](std::unique_ptr<daemon::Stream> stream) {
          add_peer(made, std::move(stream));
        });
    if (listening.ok()) {
      made.listener = std::move(*listening);
    } else {
      log_.warn("{}: cannot listen on {} ({})", device, passive, listening.error().text());
    }
  }
  if (!made.method.empty()) connect(made);
  (void)datapath.set_listener(device, [this, &made](Bytes frame) { send(made, frame); });
}

void DummyLinks::connect(Link& link) {
  link.attempt = program_.network().connect(
      link.method, [this, &link](Result<std::unique_ptr<daemon::Stream>, daemon::IoError> made) {
        if (made.ok()) {
          add_peer(link, std::move(*made));
        } else {
          link.retry->set_after(kRetryMs);
        }
      });
}

void DummyLinks::add_peer(Link& link, std::unique_ptr<daemon::Stream> stream) {
  Peer& peer = link.peers.emplace_back();
  peer.stream = std::move(stream);
  peer.stream->start(
      {.on_read = [this, &link, &peer](std::string_view bytes) { take_bytes(link, peer, bytes); },
       .on_close =
           [&link, &peer](const daemon::IoError&) {
             Link& its_link = link;  // this function goes with the peer
             its_link.peers.remove_if([&](const Peer& each) { return &each == &peer; });
             if (!its_link.method.empty()) its_link.retry->set_after(kRetryMs);
           },
       .on_drained = {}});
}

void DummyLinks::take_bytes(Link& link, Peer& peer, std::string_view bytes) {
  peer.received += bytes;
  std::vector<std::string> frames;
  std::string_view rest = peer.received;
  while (rest.size() >= kLengthSize) {
    const std::size_t length =
        load<Be16>(reinterpret_cast<const std::uint8_t*>(rest.data())).host();
    if (rest.size() - kLengthSize < length) break;
    frames.emplace_back(rest.substr(kLengthSize, length));
    rest.remove_prefix(kLengthSize + length);
  }
  peer.received = std::string(rest);
  for (const std::string& frame : frames) {
    receive(link.datapath, link.device,
            Bytes(reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size()));
  }
}

void DummyLinks::receive(userdp::DummyDatapath& datapath, const std::string& device, Bytes frame) {
  const auto found = links_.find(device);
  if (found != links_.end() && found->second->received) found->second->received->add(frame);
  // A device that is down loses the frame, and counts it.
  (void)datapath.receive(device, frame);
}

void DummyLinks::send(Link& link, Bytes frame) {
  if (link.sent) link.sent->add(frame);
  std::string bytes;
  bytes += char(frame.count() >> 8);
  bytes += char(frame.count());
  bytes.append(reinterpret_cast<const char*>(frame.data()), frame.count());
  for (Peer& peer : link.peers) {
    if (peer.stream->queued_bytes() < kMaxQueuedBytes) peer.stream->write(bytes);
  }
}

DummyLinks::State DummyLinks::state(const std::string& device) const {
  const auto found = links_.find(device);
  if (found == links_.end()) return State::Unknown;
  const Link& link = *found->second;
  if (link.method.empty() && !link.listener) return State::Unknown;
  return link.peers.empty() ? State::Disconnected : State::Connected;
}

}  // namespace ovs::vswitchd
