#include "driver/engine.h"

namespace ovs::driver {
namespace {

constexpr Text kDatapathName = "ovs-system";
constexpr std::uint64_t kUpkeepMs = 1000;

}  // namespace

Result<Owned<Engine>> Engine::create(const platform::nt::Platform& platform) {
  OVS_TRY(auto engine, try_make<Engine>(platform));
  datapath::Control::Config config;
  config.processors = platform.processor_count();
  config.secret = platform.draw_secret();
  config.name = datapath::PortName::cut(kDatapathName);
  OVS_TRY(engine->control_,
          datapath::Control::create(config, {platform.clock(), *engine, *engine}));
  platform.worker().submit_after(*engine, kUpkeepMs);
  return engine;
}

Engine::~Engine() {
  platform_.worker().cancel(*this, Passive::here());
}

datapath::PortNo Engine::preferred_number(Text, datapath::VportKind) {
  return datapath::kNoPort;
}

Result<datapath::PortDevice> Engine::attach(Text, datapath::VportKind, datapath::PortNo) {
  return Error::NotFound;
}

Result<void> Engine::change(void*, const datapath::PortChange&) {
  return Error::Unsupported;
}

Result<void> Engine::run(Bytes, const flow::PacketMetadata&, const datapath::Program&) {
  return Error::Unsupported;
}

void Engine::run(Passive passive) {
  control_->maintain(passive);
  platform_.worker().submit_after(*this, kUpkeepMs);
}

}  // namespace ovs::driver
