// What dummy devices are tied to by options of their interfaces: another dummy, here or in another
// daemon, through a socket (stream=unix:..., pstream=punix:...; each frame behind its length in two
// bytes, most significant first), and files of what came and went (pcap=, rxq_pcap=, tx_pcap=).
// Loop's thread only.
#pragma once
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "daemon/run/program.h"
#include "userdp/dummy_datapath.h"

namespace ovs::vswitchd {

class DummyLinks {
 public:
  using Options = std::map<std::string, std::string>;

  explicit DummyLinks(daemon::Program& program);
  ~DummyLinks();
  DummyLinks(const DummyLinks&) = delete;
  DummyLinks& operator=(const DummyLinks&) = delete;

  // Ties a device anew, as its options say now; `datapath` lives until forget() or this goes.
  void configure(userdp::DummyDatapath& datapath, const std::string& device,
                 const Options& options);
  void forget(const std::string& device);

  // As if the frame had come in on the device.
  void receive(userdp::DummyDatapath& datapath, const std::string& device, Bytes frame);
  enum class State : std::uint8_t { Unknown, Disconnected, Connected };
  State state(const std::string& device) const;

 private:
  struct Link;
  class File;
  struct Peer;
  void connect(Link& link);
  void add_peer(Link& link, std::unique_ptr<daemon::Stream> stream);
  void take_bytes(Link& link, Peer& peer, std::string_view bytes);
  void send(Link& link, Bytes frame);

  daemon::Program& program_;
  daemon::LogModule log_;
  std::map<std::string, std::unique_ptr<Link>, std::less<>> links_;
};

}  // namespace ovs::vswitchd
