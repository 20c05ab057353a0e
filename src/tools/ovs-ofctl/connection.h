// A connection to a switch for a program that asks and waits: versions are agreed, one request has
// one answer, and bytes go in bulk. Blocks by running its own loop.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "daemon/run/loop.h"
#include "daemon/stream/system_network.h"
#include "openflow/message/codec.h"
#include "tools/ovs-ofctl/options.h"

namespace ovs::tools::ofctl {

using Failure = daemon::ProgramError;

class Connection {
 public:
  enum class Socket : bool { Management, Snoop };

  // `remote` is a bridge, a socket or a connection method.
  static Result<std::unique_ptr<Connection>, Failure> open(Call& call, const std::string& remote,
                                                           openflow::VersionBitmap versions,
                                                           Socket socket = Socket::Management);

  openflow::Version version() const { return version_; }
  openflow::Protocol protocol() const { return protocol_; }
  std::uint32_t next_xid() { return ++xid_; }

  void send(std::string message);
  // The next message, or why there is none. Echo requests are answered here.
  Result<std::string, Failure> receive();
  // The reply to a request of that xid; messages that answer nothing are dropped.
  Result<std::string, Failure> reply_to(std::uint32_t xid);
  Result<std::string, Failure> transact(const openflow::Message& request);
  Result<openflow::Message, Failure> ask(const openflow::Message& request);
  // Sends messages and a barrier; an error among the replies is printed, and is a failure.
  Result<void, Failure> commit(std::string messages);
  // All of the messages or none of them, in one bundle; errors are printed and are a failure.
  Result<void, Failure> commit_bundle(const std::vector<std::string>& messages);

  // Changes the flow format to one of `usable`: false if the switch has none of them.
  Result<void, Failure> use_protocol(openflow::Protocols usable);

 private:
  Connection(Call& call, std::string name);
  Result<void, Failure> connect(const std::string& method);
  Result<void, Failure> shake_hands(openflow::VersionBitmap versions);
  Result<void, Failure> wait(const std::function<bool()>& done);
  void on_read(std::string_view bytes);
  void tell(std::string_view verb, std::string_view messages) const;
  Failure failure(std::string_view what) const;
  Result<bool, Failure> control_bundle(openflow::BundleType type, std::vector<std::string>& errors);
  Result<void, Failure> add_to_bundle(const std::vector<std::string>& messages,
                                      std::vector<std::string>& errors);
  void print_errors(const std::vector<std::string>& errors,
                    const std::vector<std::string>& messages) const;

  Call& call_;
  std::string name_;
  daemon::Loop loop_;
  daemon::SystemNetwork network_;
  std::unique_ptr<daemon::Connecting> connecting_;
  std::unique_ptr<daemon::Stream> stream_;
  std::string input_;
  std::size_t consumed_ = 0;
  bool closed_ = false;
  std::string close_reason_;
  openflow::Version version_ = openflow::Version::V10;
  openflow::Protocol protocol_ = openflow::Protocol::Of10;
  std::uint32_t xid_ = 0;
};

// The method by which a bridge's or socket's name is reached.
Result<std::string, Failure> method_of(Call& call, const std::string& remote,
                                       Connection::Socket socket);

}  // namespace ovs::tools::ofctl
