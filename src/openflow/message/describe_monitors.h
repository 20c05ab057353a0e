// Bodies about watching flows, and which messages a controller wants.
#pragma once
#include <fmt/format.h>

#include "openflow/message/describe.h"

namespace ovs::openflow {

// --- asynchronous messages ---

struct AsyncRow {
  const char* name;
  std::uint32_t (AsyncConfig::*reasons)[2];
  std::uint32_t allowed10, allowed14;  // before 1.4, and from there on
};
// Property 2n is of secondary controllers, 2n + 1 of the others.
inline constexpr AsyncRow kAsyncRows[] = {
    {"PACKET_IN", &AsyncConfig::packet_in, 0x07, 0x3f},
    {"PORT_STATUS", &AsyncConfig::port_status, 0x07, 0x07},
    {"FLOW_REMOVED", &AsyncConfig::flow_removed, 0x3f, 0x3f},
    {"ROLE_STATUS", &AsyncConfig::role_status, 0x07, 0x07},
    {"TABLE_STATUS", &AsyncConfig::table_status, 0x18, 0x18},
    {"REQUESTFORWARD", &AsyncConfig::request_forward, 0x03, 0x03},
};
inline constexpr std::size_t kAsyncPropertyCount = 2 * std::size(kAsyncRows);

template <class A>
void async_masks(A& a, Of<A, AsyncConfig>& m) {
  for (auto* reasons : {&m.packet_in, &m.port_status, &m.flow_removed}) {
    a.be((*reasons)[0]);
    a.be((*reasons)[1]);
  }
}

inline void read_async_property(In& property, std::uint16_t type, AsyncConfig& m,
                                Remarks* remarks) {
  if (type >= kAsyncPropertyCount) {
    remark(remarks, "ofp_async", Remark::Level::Warn,
           fmt::format("unknown async config property type {}", type));
    return property.fail(OfError::OFPACFC_UNSUPPORTED);
  }
  const AsyncRow& row = kAsyncRows[type / 2];
  const std::uint32_t allowed = property.version() >= Version::V14 ? row.allowed14 : row.allowed10;
  const auto mask = property.read<std::uint32_t>();
  if (mask & ~allowed) {
    remark(remarks, "ofp_async", Remark::Level::Warn,
           fmt::format("bad value 0x{:x} for {} (allowed mask 0x{:x})", mask, row.name, allowed));
    return property.fail(OfError::OFPACFC_INVALID);
  }
  (m.*row.reasons)[type % 2 == 0 ? 1 : 0] = mask;
  m.said |= 1u << type;
}
inline void async_properties(In& in, AsyncConfig& m, Remarks* remarks) {
  m.said = 0;
  read_properties(in, [&](In& property, std::uint16_t type) {
    read_async_property(property, type, m, remarks);
  });
}
inline void async_properties(Out& out, const AsyncConfig& m, Remarks*) {
  const bool new_masks = out.version() >= Version::V14;
  for (std::uint16_t type = 0; type < kAsyncPropertyCount; ++type) {
    if ((m.said >> type & 1) == 0) continue;
    const AsyncRow& row = kAsyncRows[type / 2];
    const std::uint32_t mask = (m.*row.reasons)[type % 2 == 0 ? 1 : 0];
    write_property(out, type, [&](Out& property) {
      property.be(std::uint32_t(mask & (new_masks ? row.allowed14 : row.allowed10)));
    });
  }
}

template <class A>
void describe(A& a, Of<A, AsyncConfig>& m, const Dialect& dialect) {
  const bool properties =
      dialect.encoding == Encoding::NxtSetAsyncConfig2 ||
      (a.version() >= Version::V14 && dialect.encoding != Encoding::NxtSetAsyncConfig);
  if (properties) return async_properties(a, m, dialect.remarks);
  async_masks(a, m);
}

// --- monitors ---

inline constexpr std::uint16_t kMonitorOwnOld = 1 << 5;

inline std::uint16_t old_monitor_flags(std::uint16_t flags) {
  const bool own = (flags & kMonitorOwn) != 0;
  return std::uint16_t((flags & 0x1f) | (own ? kMonitorOwnOld : 0));
}
inline std::uint16_t new_monitor_flags(std::uint16_t flags) {
  const bool own = (flags & kMonitorOwnOld) != 0;
  return std::uint16_t((flags & 0x1f) | (own ? kMonitorOwn : 0));
}
inline void check_monitor_flags(In& in, std::uint16_t flags, std::uint16_t known) {
  const bool watches = (flags & (kMonitorAdd | kMonitorDelete | kMonitorModify)) != 0;
  if (!watches || (flags & ~known) != 0) in.fail(OfError::OFPMOFC_BAD_FLAGS);
}

template <class A>
void old_flags(A& a, Of<A, FlowMonitor>& m) {
  std::uint16_t flags = old_monitor_flags(m.flags);
  a.be(flags);
  if constexpr (A::kReading) {
    check_monitor_flags(a, flags, 0x3f);
    m.flags = new_monitor_flags(flags);
  }
}
template <class A>
void flow_monitor_nx(A& a, Of<A, FlowMonitor>& m) {
  SizedNxm<A> match(a, m.match);
  a.be(m.id);
  old_flags(a, m);
  a.be(m.out_port);
  match.length();
  a.be(m.table);
  a.zeros(5, OfError::NXBRC_MUST_BE_ZERO);
  match.fields();
}
template <class A>
void flow_monitor13(A& a, Of<A, FlowMonitor>& m) {
  a.be(m.id);
  old_flags(a, m);
  // A length that nobody needs: the match says its own.
  a.pad(2);
  a.wide_port(m.out_port);
  a.be(m.table);
  a.zeros(3, OfError::NXBRC_MUST_BE_ZERO);
  match11(a, m.match);
}
template <class A>
void flow_monitor14(A& a, Of<A, FlowMonitor>& m) {
  constexpr std::uint16_t kKnown = 0x1f | kMonitorOwn;
  a.be(m.id);
  a.wide_port(m.out_port);
  a.be(m.out_group);
  a.be(m.flags);
  a.be(m.table);
  a.be(m.command);
  if constexpr (A::kReading) {
    if (m.command > MonitorCommand::Delete) return a.fail(OfError::OFPMOFC_BAD_COMMAND);
    if (m.command != MonitorCommand::Delete) check_monitor_flags(a, m.flags, kKnown);
  }
  match11(a, m.match);
}

template <class A>
void describe(A& a, Of<A, FlowMonitorRequest>& m, const Dialect&) {
  list(a, m.monitors, [](A& archive, auto& monitor) {
    if (archive.version() <= Version::V12) return flow_monitor_nx(archive, monitor);
    if (archive.version() == Version::V13) return flow_monitor13(archive, monitor);
    flow_monitor14(archive, monitor);
  });
}

template <class A>
void describe(A& a, Of<A, MonitorCancel>& m, const Dialect&) {
  a.be(m.id);
}

// --- updates ---

// Before 1.4 there is no word for what was there already, and events count from "added".
inline std::uint16_t old_event(FlowEvent event) {
  return event <= FlowEvent::Added ? 0 : std::uint16_t(std::uint16_t(event) - 1);
}

// Version 1.3's, and Nicira's with a match that has no header of its own.
template <class A>
void flow_update_old(A& a, Of<A, FlowUpdate>& m) {
  a.template as<std::uint16_t>(m.reason);
  a.be(m.priority);
  a.be(m.idle_timeout);
  a.be(m.hard_timeout);
  const bool has_header = a.version() >= Version::V13;
  SizedNxm<A> match(a, m.match);
  if (has_header) {
    a.pad(2);
  } else {
    match.length();
  }
  a.be(m.table);
  a.pad(1);
  a.be(m.cookie);
  if (has_header) {
    match11(a, m.match);
    return instructions(a, m.actions);
  }
  match.fields();
  actions(a, m.actions);
}
template <class A>
void flow_update14(A& a, Of<A, FlowUpdate>& m) {
  a.be(m.table);
  a.be(m.reason);
  a.be(m.idle_timeout);
  a.be(m.hard_timeout);
  a.be(m.priority);
  a.pad(4);
  a.be(m.cookie);
  match11(a, m.match);
  instructions(a, m.actions);
}

template <class A>
void flow_update(A& a, Of<A, FlowUpdate>& m) {
  const bool old = a.version() <= Version::V13;
  std::uint16_t event = old ? old_event(m.event) : std::uint16_t(m.event);
  a.be(event);
  if constexpr (A::kReading) {
    m.event = FlowEvent(old ? event + 1 : event);
    const FlowEvent last = old ? FlowEvent::Abbreviated : FlowEvent::Resumed;
    if (m.event > last) return a.fail(OfError::NXBRC_FM_BAD_EVENT);
  }
  switch (m.event) {
    case FlowEvent::Abbreviated: return a.be(m.xid);
    case FlowEvent::Paused:
    case FlowEvent::Resumed: return a.pad(4);
    case FlowEvent::Initial:
    case FlowEvent::Added:
    case FlowEvent::Deleted:
    case FlowEvent::Modified: break;
  }
  if (old) return flow_update_old(a, m);
  flow_update14(a, m);
}
template <class A>
void describe(A& a, Of<A, FlowMonitorReply>& m, const Dialect&) {
  sized_list(a, m.updates, [](A& archive, auto& update) { flow_update(archive, update); });
}

}  // namespace ovs::openflow
