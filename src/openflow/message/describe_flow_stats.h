// Bodies of flow and aggregate statistics.
#pragma once
#include "openflow/message/describe.h"

namespace ovs::openflow {

template <class A>
void stats_request10(A& a, Of<A, FlowStatsRequest>& m) {
  match10(a, m.match);
  a.be(m.table);
  a.pad(1);
  a.be(m.out_port);
}
template <class A>
void stats_request11(A& a, Of<A, FlowStatsRequest>& m) {
  a.be(m.table);
  a.pad(3);
  a.wide_port(m.out_port);
  a.be(m.out_group);
  a.pad(4);
  a.be(m.cookie);
  a.be(m.cookie_mask);
  match11(a, m.match);
  if constexpr (A::kReading) a.take_rest();  // 1.5 may say which statistics it wants
}
template <class A>
void stats_request_nx(A& a, Of<A, FlowStatsRequest>& m) {
  OxmCookie cookie{m.cookie, m.cookie_mask};
  SizedNxm<A> match(a, m.match, &cookie);
  a.be(m.out_port);
  match.length();
  a.be(m.table);
  a.pad(3);
  match.fields();
  if constexpr (A::kReading) {
    m.cookie = cookie.value;
    m.cookie_mask = cookie.mask;
  }
}

template <class A>
void describe(A& a, Of<A, FlowStatsRequest>& m, const Dialect& dialect) {
  if (row(dialect.encoding).carrier == Carrier::NxStatsRequest) return stats_request_nx(a, m);
  if (a.version() == Version::V10) return stats_request10(a, m);
  stats_request11(a, m);
}

template <class A>
void flow_times(A& a, Of<A, FlowStats>& m) {
  a.be(m.duration_s);
  a.be(m.duration_ns);
  a.be(m.priority);
  a.be(m.idle_timeout);
  a.be(m.hard_timeout);
}
template <class A>
void flow_counts(A& a, Of<A, FlowStats>& m) {
  a.be(m.cookie);
  a.be(m.packets);
  a.be(m.bytes);
}

template <class A>
void flow_stats10(A& a, Of<A, FlowStats>& m) {
  a.be(m.table);
  a.pad(1);
  match10(a, m.match);
  flow_times(a, m);
  a.pad(6);
  flow_counts(a, m);
  instructions(a, m.actions);
}

template <class A>
void flow_stats11(A& a, Of<A, FlowStats>& m) {
  a.be(m.table);
  a.pad(1);
  flow_times(a, m);
  if (a.version() >= Version::V13) {
    a.be(m.flags);
  } else {
    a.pad(2);
  }
  if (a.version() >= Version::V14) {
    a.be(m.importance);
  } else {
    a.pad(2);
  }
  a.pad(2);
  flow_counts(a, m);
  match11(a, m.match);
  instructions(a, m.actions);
}

// Zero says nothing, so ages are one more than they are.
template <class A>
void age(A& a, Of<A, std::int32_t>& seconds) {
  std::uint16_t wire = seconds < 0 ? 0 : std::uint16_t(std::min(seconds, 0xfffe) + 1);
  a.be(wire);
  if constexpr (A::kReading) seconds = wire == 0 ? -1 : wire - 1;
}

template <class A>
void flow_stats_nx(A& a, Of<A, FlowStats>& m) {
  SizedNxm<A> match(a, m.match);
  a.be(m.table);
  a.pad(1);
  flow_times(a, m);
  match.length();
  age(a, m.idle_age_s);
  age(a, m.hard_age_s);
  flow_counts(a, m);
  match.fields();
  instructions(a, m.actions);
}

template <class A>
void flow_stats15(A& a, Of<A, FlowStats>& m) {
  a.pad(2);
  a.be(m.table);
  a.pad(1);
  a.be(m.priority);
  a.be(m.idle_timeout);
  a.be(m.hard_timeout);
  a.be(m.flags);
  a.be(m.importance);
  a.be(m.cookie);
  match11(a, m.match);
  if constexpr (A::kReading) {
    m.idle_age_s = read_flow_oxs(a, m).idle_s;
  } else {
    write_oxs(a, [&](Out& stats) {
      write_duration(stats, m.duration_s, m.duration_ns);
      if (m.idle_age_s >= 0) {
        write_oxs_field(stats, kOxsIdle, std::uint64_t(std::uint32_t(m.idle_age_s)) << 32);
      }
      write_oxs_field(stats, kOxsPackets, m.packets);
      write_oxs_field(stats, kOxsBytes, m.bytes);
    });
  }
  instructions(a, m.actions);
}

template <class A>
void describe(A& a, Of<A, FlowStatsReply>& m, const Dialect& dialect) {
  const Encoding encoding = dialect.encoding;
  sized_list(a, m.flows, [encoding](A& archive, auto& flow) {
    if (encoding == Encoding::NxstFlowReply) return flow_stats_nx(archive, flow);
    if (archive.version() == Version::V10) return flow_stats10(archive, flow);
    if (archive.version() == Version::V15) return flow_stats15(archive, flow);
    flow_stats11(archive, flow);
  });
}

template <class A>
void describe(A& a, Of<A, AggregateReply>& m, const Dialect&) {
  if (a.version() != Version::V15) {
    a.be(m.packets);
    a.be(m.bytes);
    a.be(m.flows);
    a.pad(4);
    return;
  }
  if constexpr (A::kReading) {
    const FlowCounts counts = read_oxs(a);
    m.packets = counts.packets;
    m.bytes = counts.bytes;
    m.flows = counts.flows;
  } else {
    write_oxs(a, [&](Out& stats) {
      write_oxs_field(stats, kOxsFlows, m.flows);
      write_oxs_field(stats, kOxsPackets, m.packets);
      write_oxs_field(stats, kOxsBytes, m.bytes);
    });
  }
}

}  // namespace ovs::openflow
