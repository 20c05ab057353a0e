#include "driver/engine.h"

namespace ovs::driver {
namespace {

constexpr Text kDatapathName = "ovs-system";
constexpr std::uint64_t kUpkeepMs = 1000;

}  // namespace

Result<Owned<Engine>> Engine::create(const platform::nt::Platform& platform) {
  OVS_TRY(auto engine, try_make<Engine>(platform));
  OVS_TRY(engine->processors_, PacketProcessors::create(platform));
  datapath::Control::Config config;
  config.processors = platform.processor_count();
  config.secret = platform.draw_secret();
  config.name = datapath::PortName::cut(kDatapathName);
  OVS_TRY(engine->control_, datapath::Control::create(config, {platform.clock(), engine->bindings_,
                                                               *engine->processors_}));
  engine->processors_->start(engine->control_->datapath());
  engine->bindings_.start(*engine->control_);
  platform.worker().submit_after(*engine, kUpkeepMs);
  return engine;
}

Engine::~Engine() {
  const Passive passive = Passive::here();
  platform_.worker().cancel(*this, passive);
  bindings_.stop(passive);
  if (processors_) processors_->stop(passive);
}

void Engine::run(Passive passive) {
  control_->maintain(passive);
  bindings_.maintain(passive);
  platform_.worker().submit_after(*this, kUpkeepMs);
}

}  // namespace ovs::driver
