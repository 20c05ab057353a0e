// The switch as the driver hosts it: the datapath behind its control door, with a work item that
// keeps it up. Knows no port yet: Hyper-V's come with the modules of extension/.
#pragma once
#include "datapath/control/control.h"
#include "platform/nt/start.h"

namespace ovs::driver {

class Engine final : private datapath::PortProvider,
                     private datapath::PacketRunner,
                     private platform::WorkItem {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsE");

  // `platform` outlives it. PASSIVE_LEVEL. Error::NoMemory.
  static Result<Owned<Engine>> create(const platform::nt::Platform& platform);
  explicit Engine(const platform::nt::Platform& platform) : platform_(platform) {}
  Engine(const Engine&) = delete;
  // No handle is open, no packet under way. PASSIVE_LEVEL.
  ~Engine();

  // What handles of the control device are opened on.
  platform::Device& device() { return *control_; }

 private:
  // ---- PortProvider ----
  datapath::PortNo preferred_number(Text name, datapath::VportKind kind) override;
  Result<datapath::PortDevice> attach(Text name, datapath::VportKind kind,
                                      datapath::PortNo number) override;
  void detach(void*) override {}
  void release(void*) override {}
  datapath::PortState state(void*) override { return {}; }
  Result<void> change(void* device, const datapath::PortChange& change) override;
  // ---- PacketRunner ----
  Result<void> run(Bytes frame, const flow::PacketMetadata& metadata,
                   const datapath::Program& program) override;
  // ---- WorkItem ----
  void run(Passive passive) override;

  const platform::nt::Platform& platform_;
  Owned<datapath::Control> control_;
};

}  // namespace ovs::driver
