#include "datapath/port/vport.h"

#include "datapath/port/port_provider.h"

namespace ovs::datapath {

Result<Owned<Vport>> Vport::create(const Spec& spec, unsigned processors, PortProvider& provider) {
  OVS_TRY(auto counters, try_make_array<VportCounters>(processors, kTag));
  return try_make<Vport>(spec, provider, std::move(counters));
}

Vport::~Vport() {
  if (spec_.device != nullptr) provider_.release(spec_.device);
}

VportTotals Vport::totals() const {
  VportTotals totals;
  for (const VportCounters& row : counters_) {
    totals.rx_packets += row.rx_packets.load(Order::Relaxed);
    totals.rx_bytes += row.rx_bytes.load(Order::Relaxed);
    totals.rx_dropped += row.rx_dropped.load(Order::Relaxed);
    totals.rx_errors += row.rx_errors.load(Order::Relaxed);
    totals.tx_packets += row.tx_packets.load(Order::Relaxed);
    totals.tx_bytes += row.tx_bytes.load(Order::Relaxed);
    totals.tx_dropped += row.tx_dropped.load(Order::Relaxed);
    totals.tx_errors += row.tx_errors.load(Order::Relaxed);
  }
  totals.upcalls_lost = upcalls_lost_.load(Order::Relaxed);
  return totals;
}

}  // namespace ovs::datapath
