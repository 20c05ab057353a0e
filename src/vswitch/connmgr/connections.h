// All OpenFlow connections of one switch: the listeners BR.mgmt and BR.snoop, the controllers of
// the database, and who of them hears of what. Connects and connects again, probes, and gives up on
// peers that do not answer.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "daemon/log/log.h"
#include "daemon/run/loop.h"
#include "daemon/stream/reconnect.h"
#include "vswitch/connmgr/connection.h"
#include "vswitch/connmgr/settings.h"

namespace ovs::vswitch {

class Connections final : public OfConnection::Owner {
 public:
  class Switch {
   public:
    virtual void handle(OfConnection& connection, const openflow::Message& message, Bytes raw) = 0;
    virtual std::uint64_t finish_batch() = 0;  // as OfConnection::Owner's
    // Which connections there are has changed: what happens to packets that match nothing may have.
    virtual void connections_changed() = 0;

   protected:
    ~Switch() = default;
  };
  struct Environment {
    daemon::Loop& loop;
    daemon::Network& network;
    daemon::LogModule log;
  };

  Connections(Switch& owner, Environment environment, std::string bridge);
  ~Connections();

  // "punix:DIR/BR.mgmt" and the snoop beside it.
  void listen(const std::string& directory);
  void set_controllers(const std::vector<ControllerSettings>& controllers);
  std::vector<ControllerStatus> status() const;
  void set_versions(openflow::VersionBitmap versions) { versions_ = versions; }

  bool has_controllers() const { return !controllers_.empty(); }
  bool has_connected_controller() const;
  // There are controllers, and none has been reached for three probe intervals.
  bool have_failed(std::uint64_t now_ms);
  // Versions below 1.3 expect to be sent what matches nothing.
  bool wants_misses() const;

  void release(std::uint64_t ticket);  // for all of them

  template <class F>
  void for_each(F&& visit) {
    for (const auto& connection : connections_) {
      if (connection->is_ready()) visit(*connection);
    }
  }

 private:
  struct Controller;

  void handle(OfConnection& connection, const openflow::Message& message, Bytes raw) override;
  std::uint64_t finish_batch() override { return switch_.finish_batch(); }
  void closed(OfConnection& connection) override;
  void connected(OfConnection& connection) override;
  void overhear(const OfConnection& connection, std::string_view messages) override;

  OfConnection* add(std::unique_ptr<daemon::Stream> stream, ConnectionKind kind);
  void listen_on(const std::string& method, ConnectionKind kind,
                 std::unique_ptr<daemon::Listener>& listener);
  void run(Controller& controller);
  void bury();

  Switch& switch_;
  Environment environment_;
  const std::string bridge_;
  openflow::VersionBitmap versions_ = openflow::kAllVersions;
  std::unique_ptr<daemon::Listener> management_, snoop_;
  std::vector<std::unique_ptr<Controller>> controllers_;
  std::vector<std::unique_ptr<OfConnection>> connections_;
  std::uint64_t alone_since_ms_;
  daemon::Timer burial_;
};

}  // namespace ovs::vswitch
