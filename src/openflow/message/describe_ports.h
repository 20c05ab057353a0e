// Bodies about ports, queues and tables: what they are and what they counted.
#pragma once
#include "openflow/message/describe.h"

namespace ovs::openflow {

// Version 1.0 does not say how fast a link is: its fastest mode.
constexpr std::uint32_t link_speed_kbps(LinkFeatures features) {
  constexpr std::uint32_t kSpeeds[] = {10'000,      10'000,       100'000,    100'000,
                                       1'000'000,   1'000'000,    10'000'000, 40'000'000,
                                       100'000'000, 1'000'000'000};
  std::uint32_t best = 0;
  for (unsigned i = 0; i < 10; ++i) {
    if (features >> i & 1) best = kSpeeds[i];
  }
  return best;
}

// Version 1.0 numbers the link features above 10 Gbit/s differently.
template <class A>
void features10(A& a, Of<A, LinkFeatures>& features) {
  std::uint32_t wire = (features & 0x7f) | (features >> 11 & 0x1f) << 7;
  a.be(wire);
  if constexpr (A::kReading) features = (wire & 0x7f) | (wire >> 7 & 0x1f) << 11;
}

template <class A>
void port10(A& a, Of<A, Port>& port) {
  a.be(port.number);
  a.raw(port.address.bytes);
  a.text(port.name, 16);
  a.be(port.config);
  a.be(port.state);
  for (auto* features : {&port.current, &port.advertised, &port.supported, &port.peer}) {
    features10(a, *features);
  }
  if constexpr (A::kReading) {
    port.current_kbps = link_speed_kbps(port.current);
    port.maximum_kbps = link_speed_kbps(port.supported);
  }
}

template <class A>
void port_start11(A& a, Of<A, Port>& port) {
  a.raw(port.address.bytes);
  a.pad(2);
  a.text(port.name, 16);
  a.be(port.config);
  a.be(port.state);
}
template <class A>
void port_link11(A& a, Of<A, Port>& port) {
  for (auto* number : {&port.current, &port.advertised, &port.supported, &port.peer}) {
    a.be(*number);
  }
  a.be(port.current_kbps);
  a.be(port.maximum_kbps);
}

template <class A>
void port11(A& a, Of<A, Port>& port) {
  a.wide_port(port.number);
  a.pad(4);
  port_start11(a, port);
  port_link11(a, port);
}

inline constexpr std::uint16_t kEthernetProperty = 0;

template <class A>
void port14(A& a, Of<A, Port>& port) {
  a.wide_port(port.number);
  std::uint16_t length = 40 + 32;
  a.be(length);
  a.pad(2);
  port_start11(a, port);
  if constexpr (A::kReading) {
    if (length < 40 || length - 40u > a.remaining()) return a.fail(OfError::OFPBRC_BAD_LEN);
    In properties = a.part(length - 40u);
    read_properties(properties, [&](In& property, std::uint16_t type) {
      if (type != kEthernetProperty) return;
      property.pad(4);
      port_link11(property, port);
    });
    a.absorb(properties);
  } else {
    write_property(a, kEthernetProperty, [&](Out& property) {
      property.pad(4);
      port_link11(property, port);
    });
  }
}

template <class A>
void any_port(A& a, Of<A, Port>& port) {
  if (a.version() == Version::V10) return port10(a, port);
  if (a.version() <= Version::V13) return port11(a, port);
  port14(a, port);
}

template <class A>
void port_list(A& a, Of<A, std::vector<Port>>& ports) {
  list(a, ports, [](A& archive, auto& port) { any_port(archive, port); });
}

template <class A>
void describe(A& a, Of<A, FeaturesReply>& m, const Dialect&) {
  constexpr std::uint32_t kStp10 = 1u << 3;
  const bool first = a.version() == Version::V10;
  a.be(m.datapath_id);
  a.be(m.buffers);
  a.be(m.tables);
  a.be(m.auxiliary_id);
  a.pad(2);
  std::uint32_t capabilities = m.capabilities & 0x7fffffff;
  if (first) capabilities = (capabilities & 0xf7) | ((m.capabilities & kStp) ? kStp10 : 0);
  a.be(capabilities);
  a.be(m.actions);
  if constexpr (A::kReading) {
    const std::uint32_t known = a.version() == Version::V11 ? 0xef : 0x76f;
    m.capabilities = capabilities & (first ? 0xf7 : known);
    if (first && (capabilities & kStp10)) m.capabilities = (m.capabilities & ~kStp10) | kStp;
    if (a.version() < Version::V13) m.auxiliary_id = 0;
  }
  if (a.version() < Version::V13) port_list(a, m.ports);
}

template <class A>
void describe(A& a, Of<A, PortStatus>& m, const Dialect&) {
  a.be(m.reason);
  a.pad(7);
  if constexpr (A::kReading) {
    if (m.reason > PortReason::Modify) return a.fail(OfError::NXBRC_BAD_REASON);
  }
  any_port(a, m.port);
}

template <class A>
void describe(A& a, Of<A, PortMod>& m, const Dialect&) {
  const bool first = a.version() == Version::V10;
  a.port(m.port);
  if (!first) a.pad(4);
  a.raw(m.address.bytes);
  if (!first) a.pad(2);
  a.be(m.config);
  a.be(m.mask);
  if (a.version() <= Version::V13) {
    if (first) {
      features10(a, m.advertise);
    } else {
      a.be(m.advertise);
    }
    a.pad(4);
    return;
  }
  if constexpr (A::kReading) {
    read_properties(a, [&](In& property, std::uint16_t type) {
      if (type != kEthernetProperty) return property.fail(OfError::OFPBPC_BAD_TYPE);
      property.be(m.advertise);
    });
  } else if (m.advertise != 0) {
    write_property(a, kEthernetProperty, [&](Out& property) { property.be(m.advertise); });
  }
}

template <class A>
void describe(A& a, Of<A, PortDescReply>& m, const Dialect&) {
  port_list(a, m.ports);
}

template <class A>
void describe(A& a, Of<A, PortRequest>& m, const Dialect&) {
  a.port(m.port);
  a.pad(a.version() == Version::V10 ? 6 : 4);
}

template <class A>
void port_counts(A& a, Of<A, PortStats>& m) {
  for (auto* count : {&m.rx_packets, &m.tx_packets, &m.rx_bytes, &m.tx_bytes, &m.rx_dropped,
                      &m.tx_dropped, &m.rx_errors, &m.tx_errors}) {
    a.be(*count);
  }
}
template <class A>
void ethernet_counts(A& a, Of<A, PortStats>& m) {
  for (auto* count : {&m.rx_frame_errors, &m.rx_overruns, &m.rx_crc_errors, &m.collisions}) {
    a.be(*count);
  }
}

template <class A>
void port_stats10(A& a, Of<A, PortStats>& m) {
  a.port(m.port);
  a.pad(a.version() == Version::V10 ? 6 : 4);
  port_counts(a, m);
  ethernet_counts(a, m);
  if (a.version() != Version::V13) return;
  a.be(m.duration_s);
  a.be(m.duration_ns);
}

// Intel's experimenter property: counters of RFC 2819 by position, or by name.
inline constexpr std::uint32_t kIntelRfc2819 = 1, kIntelCustom = 2;

inline void read_named_counters(In& in, PortStats& m) {
  in.pad(2);
  const auto count = in.read<std::uint16_t>();
  for (unsigned i = 0; i < count && in.ok(); ++i) {
    std::string name;
    in.text(name, in.read<std::uint8_t>());
    const auto value = in.read<std::uint64_t>();
    if (in.ok()) m.custom.emplace_back(std::move(name), value);
  }
}

inline void read_experimenter_counters(In& in, PortStats& m) {
  const auto vendor = in.read<std::uint32_t>();
  const auto type = in.read<std::uint32_t>();
  if (vendor != kIntelVendor) return in.fail(OfError::OFPBPC_BAD_EXPERIMENTER);
  if (type == kIntelCustom) return read_named_counters(in, m);
  if (type != kIntelRfc2819) return in.fail(OfError::OFPBPC_BAD_EXP_TYPE);
  in.pad(4);
  while (in.remaining() >= 8) m.custom_rfc2819.push_back(in.read<std::uint64_t>());
}

template <class A>
void port_stats14(A& a, Of<A, PortStats>& m) {
  a.pad(2);
  a.wide_port(m.port);
  a.be(m.duration_s);
  a.be(m.duration_ns);
  port_counts(a, m);
  if constexpr (A::kReading) {
    read_properties(a, [&](In& property, std::uint16_t type) {
      if (type == kExperimenterProperty) return read_experimenter_counters(property, m);
      if (type != kEthernetProperty) return property.fail(OfError::OFPBPC_BAD_TYPE);
      property.pad(4);
      ethernet_counts(property, m);
    });
  } else {
    write_property(a, kEthernetProperty, [&](Out& property) {
      property.pad(4);
      ethernet_counts(property, m);
    });
  }
}

template <class A>
void describe(A& a, Of<A, PortStatsReply>& m, const Dialect&) {
  if (a.version() <= Version::V13) {
    return list(a, m.ports, [](A& archive, auto& port) { port_stats10(archive, port); });
  }
  sized_list(a, m.ports, [](A& archive, auto& port) { port_stats14(archive, port); });
}

// Version 1.0 calls "any port" ALL.
template <class A>
void queue_port(A& a, Of<A, OfPort>& port) {
  if (a.version() != Version::V10) return a.wide_port(port);
  OfPort wire = port == kPortAny ? kPortAll : port;
  a.be(wire);
  if constexpr (A::kReading) port = wire == kPortAll ? kPortAny : wire;
  a.pad(2);
}

template <class A>
void describe(A& a, Of<A, QueueRequest>& m, const Dialect&) {
  queue_port(a, m.port);
  a.be(m.queue);
}

template <class A>
void queue_stats(A& a, Of<A, QueueStats>& m) {
  if (a.version() >= Version::V14) a.pad(6);
  a.port(m.port);
  if (a.version() == Version::V10) a.pad(2);
  a.be(m.queue);
  a.be(m.tx_bytes);
  a.be(m.tx_packets);
  a.be(m.tx_errors);
  if (a.version() < Version::V13) return;
  a.be(m.duration_s);
  a.be(m.duration_ns);
}

template <class A>
void describe(A& a, Of<A, QueueStatsReply>& m, const Dialect&) {
  const auto entry = [](A& archive, auto& queue) { queue_stats(archive, queue); };
  if (a.version() >= Version::V14) return sized_list(a, m.queues, entry);
  list(a, m.queues, entry);
}

template <class A>
void describe(A& a, Of<A, QueueConfigRequest>& m, const Dialect&) {
  a.port(m.port);
  if (a.version() >= Version::V14) return a.be(m.queue);
  a.pad(a.version() == Version::V10 ? 2 : 4);
}

inline constexpr std::uint16_t kMinimumRate = 1, kMaximumRate = 2;

// A rate: up to 1.3 in a structure of sixteen bytes, later of eight.
template <class A>
void queue_rates(A& a, Of<A, QueueConfig>& m) {
  const std::size_t skipped = a.version() >= Version::V14 ? 0 : 4;
  const std::size_t padding = a.version() >= Version::V14 ? 2 : 6;
  if constexpr (A::kReading) {
    read_properties(a, [&](In& property, std::uint16_t type) {
      property.pad(skipped);
      if (type == kMinimumRate) property.be(m.minimum_rate);
      if (type == kMaximumRate) property.be(m.maximum_rate);
    });
  } else {
    const auto put = [&](std::uint16_t type, std::uint16_t rate) {
      if (rate == kNoRate) return;
      write_property(a, type, [&](Out& property) {
        property.pad(skipped);
        property.be(rate);
        property.pad(padding);
      });
    };
    put(kMinimumRate, m.minimum_rate);
    put(kMaximumRate, m.maximum_rate);
  }
}

inline void queue_config(In& in, QueueConfig& m) {
  const std::size_t start = in.offset();
  if (in.version() >= Version::V14) in.wide_port(m.port);
  in.be(m.queue);
  if (in.version() >= Version::V12 && in.version() <= Version::V13) in.pad(4);  // a port again
  const auto length = in.read<std::uint16_t>();
  in.pad(in.version() <= Version::V11 ? 2 : 6);
  const std::size_t read = in.offset() - start;
  if (length < read) return in.fail(OfError::OFPBRC_BAD_LEN);
  In properties = in.part(length - read);
  queue_rates(properties, m);
  in.absorb(properties);
}
inline void queue_config(Out& out, const QueueConfig& m) {
  Out entry(out.string(), out.version());
  if (out.version() >= Version::V14) entry.wide_port(m.port);
  entry.be(m.queue);
  if (out.version() >= Version::V12 && out.version() <= Version::V13) entry.wide_port(m.port);
  const std::size_t length = entry.offset();
  entry.pad(out.version() <= Version::V11 ? 4 : 8);
  queue_rates(entry, m);
  entry.patch(length, entry.offset());
}

template <class A>
void describe(A& a, Of<A, QueueConfigReply>& m, const Dialect&) {
  if (a.version() <= Version::V13) {
    a.port(m.port);
    a.pad(a.version() == Version::V10 ? 6 : 4);
  }
  list(a, m.queues, [](A& archive, auto& queue) { queue_config(archive, queue); });
}

template <class A>
void describe(A& a, Of<A, TableMod>& m, const Dialect&) {
  a.be(m.table);
  a.pad(3);
  a.be(m.config);
  if constexpr (A::kReading) a.take_rest();
}

template <class A>
void table_counts(A& a, Of<A, TableStats>& m) {
  a.be(m.active);
  a.be(m.lookups);
  a.be(m.matches);
}
template <class A>
void table_stats10(A& a, Of<A, TableStats>& m) {
  a.be(m.table);
  a.pad(3);
  a.text(m.name, 32);
  a.template as<std::uint32_t>(m.wildcards);
  a.be(m.maximum);
  table_counts(a, m);
}
// What a table could do is in these two versions' statistics; the switch can do everything.
template <class A>
void table_stats11(A& a, Of<A, TableStats>& m) {
  a.be(m.table);
  a.pad(7);
  a.text(m.name, 32);
  if (a.version() == Version::V11) {
    a.be(m.wildcards);
    a.be(m.matchable);
    a.be(m.instructions);
    a.be(m.write_actions);
    a.be(m.apply_actions);
    a.be(m.config);
  } else {
    for (auto* bits : {&m.matchable, &m.wildcards}) a.be(*bits);
    a.be(m.write_actions);
    a.be(m.apply_actions);
    for (auto* bits : {&m.write_fields, &m.apply_fields, &m.metadata_match, &m.metadata_write}) {
      a.be(*bits);
    }
    a.be(m.instructions);
    a.be(m.config);
  }
  a.be(m.maximum);
  table_counts(a, m);
}
template <class A>
void table_stats13(A& a, Of<A, TableStats>& m) {
  a.be(m.table);
  a.pad(3);
  table_counts(a, m);
}

template <class A>
void describe(A& a, Of<A, TableStatsReply>& m, const Dialect&) {
  list(a, m.tables, [](A& archive, auto& table) {
    if (archive.version() == Version::V10) return table_stats10(archive, table);
    if (archive.version() <= Version::V12) return table_stats11(archive, table);
    table_stats13(archive, table);
  });
}

}  // namespace ovs::openflow
