// Runs packets that come over netlink, on a processor of their own, one at a time.
#pragma once
#include <mutex>

#include "datapath/control/control.h"
#include "userdp/pooled_host.h"

namespace ovs::userdp {

class Injector final : public datapath::PacketRunner {
 public:
  explicit Injector(Owned<datapath::PacketPool> pool) : host_(std::move(pool)) {}

  // The engine exists, and this processor is nobody else's.
  void start(datapath::Datapath& datapath, unsigned processor);

  Result<void> run(Bytes frame, const flow::PacketMetadata& metadata,
                   const datapath::Program& program) override;
  // Packets that wait for their next hop.
  void retry_held();

 private:
  std::mutex mutex_;
  PooledHost host_;
  datapath::Datapath* datapath_ = nullptr;
  datapath::Processor* processor_ = nullptr;
};

// A packet of `pool` with this frame and metadata, or null.
datapath::Packet* make_packet(datapath::PacketPool& pool, Bytes frame,
                              const flow::PacketMetadata& metadata);

}  // namespace ovs::userdp
