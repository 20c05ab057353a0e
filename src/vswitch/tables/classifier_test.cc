#include "vswitch/tables/classifier.h"

#include <doctest/doctest.h>

#include <map>
#include <random>

#include "vswitch/tables/rule_actions.h"

namespace ovs::vswitch {
namespace {

using flow::FieldId;
using flow::FieldValue;
using flow::Match;
using flow::MatchKey;
using flow::MatchMask;

Shared<Rule> make_rule(const Match& match, int priority) {
  RuleSpec spec;
  spec.priority = priority;
  return new_shared<Rule>(match, spec, new_shared<RuleActions>(openflow::Actions{}),
                          new_shared<RuleCounters>());
}

MatchKey packet_of(std::mt19937& random) {
  MatchKey key;
  const auto pick = [&](unsigned n) { return FieldValue::of(random() % n); };
  flow::set_field(key, FieldId::InPort, FieldValue::of(1 + random() % 3));
  flow::set_field(key, FieldId::EthType, FieldValue::of(0x0800));
  flow::set_field(key, FieldId::EthDst, pick(4));
  flow::set_field(key, FieldId::IpSrc, FieldValue::of(0x0a000000 + random() % 64 * 0x00410101u));
  flow::set_field(key, FieldId::IpDst, FieldValue::of(0x0a000000 + random() % 64 * 0x01010801u));
  flow::set_field(key, FieldId::NwProto, FieldValue::of(6));
  flow::set_field(key, FieldId::TcpSrc, pick(8));
  flow::set_field(key, FieldId::TcpDst, FieldValue::of(random() % 8 * 1000));
  flow::set_field(key, FieldId::Reg0, pick(3));
  return key;
}

Match match_of(std::mt19937& random) {
  const MatchKey key = packet_of(random);
  Match match;
  const auto take = [&](FieldId id) {
    if (random() % 3 == 0) match.set(id, flow::field_value(key, id));
  };
  const auto take_prefix = [&](FieldId id) {
    if (random() % 3 != 0) return;
    const unsigned length = 8 * (1 + random() % 4);
    const auto mask = FieldValue::of(0xffffffffu << (32 - length) & 0xffffffffu);
    match.set_masked(id, flow::field_value(key, id) & mask, mask);
  };
  take(FieldId::InPort);
  take(FieldId::Reg0);
  take(FieldId::EthDst);
  if (random() % 2 == 0) return match;
  match.set(FieldId::EthType, 0x0800);
  take_prefix(FieldId::IpSrc);
  take_prefix(FieldId::IpDst);
  if (random() % 2 == 0) return match;
  match.set(FieldId::NwProto, 6);
  take(FieldId::TcpSrc);
  take(FieldId::TcpDst);
  return match;
}

// What tuple space search must agree with.
struct Naive {
  std::vector<Shared<Rule>> rules;

  void insert(const Shared<Rule>& rule) {
    std::erase_if(rules, [&](const Shared<Rule>& each) {
      return each->spec.priority == rule->spec.priority && each->match == rule->match;
    });
    rules.push_back(rule);
  }
  const Rule* find(const MatchKey& packet) const {
    const Rule* best = nullptr;
    for (const Shared<Rule>& rule : rules) {
      if (!rule->match.matches(packet)) continue;
      if (best == nullptr || rule->spec.priority > best->spec.priority) best = rule.raw();
    }
    return best;
  }
};

// A packet like `packet` where `mask` has ones, like `other` elsewhere.
MatchKey blend(const MatchKey& packet, const MatchKey& other, const MatchMask& mask) {
  MatchKey blended;
  for (unsigned i = 0; i < kMatchWords; ++i) {
    const std::uint64_t bits = word_of(mask, i);
    word_of(blended, i) = (word_of(packet, i) & bits) | (word_of(other, i) & ~bits);
  }
  return blended;
}

MatchKey look_up(const Classifier& table, const MatchKey& packet) {
  MatchMask wildcards;
  (void)table.find(packet, &wildcards, nullptr);
  return wildcards;
}

}  // namespace

TEST_CASE("Classifier: finds what a search through all rules finds") {
  std::mt19937 random(20260101);
  Classifier table(0);
  Naive naive;
  PendingStamps changed;
  int next_priority = 0;
  for (int step = 0; step < 600; ++step) {
    const Shared<Rule> rule = make_rule(match_of(random), ++next_priority * 7919 % 1000);
    if (naive.find(MatchKey{}) == nullptr || random() % 4 != 0) {
      (void)table.insert(rule, changed);
      naive.insert(rule);
    } else {
      const Shared<Rule> victim = naive.rules[random() % naive.rules.size()];
      table.remove(*victim, changed);
      std::erase(naive.rules, victim);
    }
    REQUIRE(table.count() == naive.rules.size());
    for (int i = 0; i < 20; ++i) {
      const MatchKey packet = packet_of(random);
      const Rule* found = table.find(packet, nullptr, nullptr);
      const Rule* expected = naive.find(packet);
      REQUIRE((found == nullptr) == (expected == nullptr));
      if (found != nullptr) REQUIRE(found->spec.priority == expected->spec.priority);
    }
  }
}

TEST_CASE("Classifier: packets that agree in the un-wildcarded bits find the same rule") {
  std::mt19937 random(7);
  Classifier table(0);
  PendingStamps changed;
  for (int i = 0; i < 60; ++i) (void)table.insert(make_rule(match_of(random), 1 + i), changed);
  for (int i = 0; i < 3000; ++i) {
    const MatchKey packet = packet_of(random);
    MatchMask wildcards;
    const Rule* found = table.find(packet, &wildcards, nullptr);
    // EthType is always looked at before tables are.
    flow::set_field(wildcards, FieldId::EthType, FieldValue::of(0xffff));
    const MatchKey other = blend(packet, packet_of(random), wildcards);
    REQUIRE(table.find(other, nullptr, nullptr) == found);
  }
}

TEST_CASE(
    "Classifier: whoever looked where a change happens is told, and the version they saw stays") {
  std::mt19937 random(99);
  Stamps stamps;
  Shared<Classifier> table = new_shared<Classifier>(3);
  std::vector<Shared<Rule>> rules;
  unsigned told = 0, asked = 0;
  for (int round = 0; round < 200; ++round) {
    const MatchKey packet = packet_of(random);
    const Shared<Classifier> old = table;
    Dependencies read;
    MatchMask wildcards;
    const StampTime began = stamps.now();
    const Rule* before = old->find(packet, &wildcards, &read);
    flow::set_field(wildcards, FieldId::EthType, FieldValue::of(0xffff));

    PendingStamps changed;
    if (rules.size() < 40 || random() % 2 == 0) {
      rules.push_back(make_rule(match_of(random), 1 + round));
      (void)own(table).insert(rules.back(), changed);
    } else {
      own(table).remove(*rules.front(), changed);
      rules.erase(rules.begin());
    }
    changed.touch_all(stamps);
    const bool is_stale = stamps.changed_since(began, read.compact());
    ++asked;
    told += is_stale;
    REQUIRE(old->find(packet, nullptr, nullptr) == before);
    for (int i = 0; i < 10; ++i) {
      const MatchKey like = blend(packet, packet_of(random), wildcards);
      REQUIRE(old->find(like, nullptr, nullptr) == before);
      if (!is_stale) REQUIRE(table->find(like, nullptr, nullptr) == before);
    }
  }
  CHECK(told < asked);
}

TEST_CASE("Classifier: a long prefix elsewhere costs only the bits that exclude it") {
  Classifier table(0);
  PendingStamps changed;
  Match route;
  route.set(FieldId::EthType, 0x0800);
  route.set(FieldId::IpDst, 0x0a000001);
  (void)table.insert(make_rule(route, 10), changed);
  MatchKey packet;
  flow::set_field(packet, FieldId::EthType, FieldValue::of(0x0800));
  flow::set_field(packet, FieldId::IpDst, FieldValue::of(0xc0a80001));
  const MatchMask wildcards = look_up(table, packet);
  CHECK(flow::field_value(wildcards, FieldId::IpDst) == FieldValue::of(0x80000000));
}

TEST_CASE("Classifier: a stage that excludes a mask leaves later stages wildcarded") {
  Classifier table(0);
  PendingStamps changed;
  Match web;
  web.set(FieldId::InPort, 1);
  web.set(FieldId::EthType, 0x0800);
  web.set(FieldId::NwProto, 6);
  web.set(FieldId::TcpDst, 80);
  (void)table.insert(make_rule(web, 10), changed);
  MatchKey packet;
  flow::set_field(packet, FieldId::InPort, FieldValue::of(2));
  flow::set_field(packet, FieldId::EthType, FieldValue::of(0x0800));
  const MatchMask wildcards = look_up(table, packet);
  CHECK(flow::field_value(wildcards, FieldId::TcpDst).is_zero());
  CHECK(flow::field_value(wildcards, FieldId::NwProto).is_zero());
  CHECK(!flow::field_value(wildcards, FieldId::InPort).is_zero());
}

TEST_CASE("Classifier: a rule with the same match and priority replaces the old one") {
  Classifier table(0);
  PendingStamps changed;
  const Shared<Rule> first = make_rule(Match(), 5), second = make_rule(Match(), 5);
  CHECK(!table.insert(first, changed));
  CHECK(table.insert(second, changed) == first);
  CHECK(table.count() == 1);
  CHECK(table.find_exactly(Match(), 5) == second.raw());
}

}  // namespace ovs::vswitch
