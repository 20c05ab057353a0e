// One OpenFlow connection: framing, version negotiation, what the peer has asked to hear. All whole
// messages of one read are handled before the answers leave together. Knows no tables: messages go
// to its owner.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "daemon/stream/stream.h"
#include "openflow/message/codec.h"

namespace ovs::vswitch {

enum class ConnectionRole : std::uint8_t { Equal, Primary, Secondary };
// A primary connection is a controller's; a service connection asks and is told nothing unasked.
enum class ConnectionKind : std::uint8_t { Primary, Service, Snoop };

inline constexpr std::uint16_t kDefaultMissSendLength = 128;

class OfConnection {
 public:
  class Owner {
   public:
    virtual void handle(OfConnection& connection, const openflow::Message& message, Bytes raw) = 0;
    // After all messages of one read, before the replies leave: what they changed must be in force.
    // 0, or the ticket that the replies have to wait for: release() tells it.
    virtual std::uint64_t finish_batch() = 0;
    // The connection is over and may be destroyed, though not inside this call.
    virtual void closed(OfConnection& connection) = 0;
    virtual void connected(OfConnection& connection) = 0;
    // Whole messages that came or went, for those who snoop.
    virtual void overhear(const OfConnection& connection, std::string_view messages) = 0;

   protected:
    ~Owner() = default;
  };

  OfConnection(Owner& owner, std::unique_ptr<daemon::Stream> stream, ConnectionKind kind,
               openflow::VersionBitmap versions);
  OfConnection(const OfConnection&) = delete;
  OfConnection& operator=(const OfConnection&) = delete;

  const std::string& name() const { return stream_->name(); }
  ConnectionKind kind() const { return kind_; }
  bool is_ready() const { return negotiated_ && !is_closed_; }
  bool is_closed() const { return is_closed_; }
  openflow::Version version() const { return version_; }
  std::uint64_t last_input_ms = 0;

  void send(const openflow::Message& message);
  void send_error(openflow::OfError error, Bytes request);
  // In the standard encoding of the connection's version; whole replies are split as needed.
  void reply(openflow::Kind kind, std::uint32_t xid, openflow::Body body);
  void send_raw(std::string_view messages);  // as they are
  void send_echo_request();
  // All tickets up to this one are done: replies that waited for them leave.
  void release(std::uint64_t ticket);
  void close();

  // Whether the peer wants an asynchronous message with this reason.
  bool wants_packet_in(openflow::PacketInReason reason) const;
  bool wants_port_status(openflow::PortReason reason) const;
  bool wants_flow_removed(openflow::FlowRemovedReason reason) const;
  std::size_t queued_bytes() const { return stream_->queued_bytes(); }

  // What the peer has set.
  openflow::PacketInFormat packet_in_format = openflow::PacketInFormat::Standard;
  std::uint16_t miss_send_length = 0;
  std::uint16_t controller_id = 0;
  ConnectionRole role = ConnectionRole::Equal;
  openflow::AsyncConfig async;
  bool nxm = false;
  openflow::TableIds table_ids = openflow::TableIds::Absent;

 private:
  void read(std::string_view bytes);
  void take(Bytes message);
  void negotiate(Bytes message);
  bool wants_async() const;
  void flush();

  Owner& owner_;
  std::unique_ptr<daemon::Stream> stream_;
  ConnectionKind kind_;
  openflow::VersionBitmap versions_;
  openflow::Version version_ = openflow::Version::V10;
  bool negotiated_ = false;
  bool is_closed_ = false;
  bool in_batch_ = false;
  std::uint64_t held_for_ = 0;  // the ticket that output waits for
  std::string input_;           // the beginning of a message that has not come whole
  std::string output_;          // gathered until the batch is over
};

}  // namespace ovs::vswitch
