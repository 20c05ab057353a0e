// The ports of a datapath by number and by name. Readers find by number without a lock; one writer
// at a time.
#pragma once
#include "datapath/port/vport.h"

namespace ovs::datapath {

class PortTable {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsO");

  static Result<Owned<PortTable>> create();
  explicit PortTable(OwnedArray<RcuPtr<Vport>> ports) : ports_(std::move(ports)) {}

  // Null if there is no such port.
  const Vport* find(PortNo number, const RcuReader& reader) const {
    if (std::uint32_t(number) >= kMaxPorts) return nullptr;
    return ports_.data()[std::uint32_t(number)].read(reader);
  }

  // The writer's.
  const Vport* find(PortNo number) const {
    if (std::uint32_t(number) >= kMaxPorts) return nullptr;
    return ports_.data()[std::uint32_t(number)].current();
  }
  const Vport* find(Text name) const;
  // The next port at or after this number; null at the end.
  const Vport* next(PortNo from) const;
  // The smallest free number from 1; kNoPort if there is none.
  PortNo free_number() const;
  // Its number is free.
  void add(Owned<Vport> port);
  [[nodiscard]] Retired<Vport> remove(PortNo number);
  std::size_t count() const { return count_; }

 private:
  OwnedArray<RcuPtr<Vport>> ports_;
  std::size_t count_ = 0;
  std::uint32_t end_ = 0;  // no port has this number or a greater one
};

}  // namespace ovs::datapath
