// The programs of flows: those with the same actions share one, so that their packets run it
// together. One writer: control's lock.
#pragma once
#include "base/containers/hash_table.h"
#include "datapath/control/refusal.h"
#include "datapath/pipeline/program.h"

namespace ovs::datapath {

class SharedProgram final : public RcuObject, public HashLink<SharedProgram> {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsP");

  SharedProgram(OwnedArray<std::uint8_t> actions, Owned<Program> program)
      : actions_(std::move(actions)), program_(std::move(program)) {}

  Program& program() const { return *program_; }
  // As they came.
  Bytes actions() const { return Bytes(actions_.data(), actions_.count()); }

 private:
  friend class ProgramStore;

  const OwnedArray<std::uint8_t> actions_;
  const Owned<Program> program_;
  std::uint32_t users_ = 0;
};

class ProgramStore {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsP");

  static Result<Owned<ProgramStore>> create(Reclaimer& reclaimer, std::uint64_t secret);
  ProgramStore(Reclaimer& reclaimer, std::uint64_t secret,
               OwnedArray<HashTable<SharedProgram, SharedProgram>::Bucket> buckets);
  ProgramStore(const ProgramStore&) = delete;

  // What does these actions, used once more. Refused: NoMemory, whatever is wrong with them.
  Result<SharedProgram*, Refusal> use(Bytes actions);
  // Used once less, and by no reader that comes from now on.
  void leave(SharedProgram& program);
  std::size_t count() const { return index_.count(); }

 private:
  Reclaimer& reclaimer_;
  const std::uint64_t secret_;
  OwnedArray<HashTable<SharedProgram, SharedProgram>::Bucket> buckets_;
  HashTable<SharedProgram, SharedProgram> index_;
};

}  // namespace ovs::datapath
