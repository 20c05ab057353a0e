#include "datapath/control/program_store.h"

#include "base/bytes/hash.h"
#include "datapath/control/hash_room.h"

namespace ovs::datapath {
namespace {

using Bucket = HashTable<SharedProgram, SharedProgram>::Bucket;
constexpr std::size_t kFirstBuckets = 256;

bool are_equal(Bytes a, Bytes b) {
  return a.count() == b.count() &&
         (a.empty() || __builtin_memcmp(a.data(), b.data(), a.count()) == 0);
}

}  // namespace

Result<Owned<ProgramStore>> ProgramStore::create(Reclaimer& reclaimer, std::uint64_t secret) {
  OVS_TRY(auto buckets, try_make_array<Bucket>(kFirstBuckets, kTag));
  return try_make<ProgramStore>(reclaimer, secret, std::move(buckets));
}

ProgramStore::ProgramStore(Reclaimer& reclaimer, std::uint64_t secret, OwnedArray<Bucket> buckets)
    : reclaimer_(reclaimer),
      secret_(secret),
      buckets_(std::move(buckets)),
      index_(buckets_.span()) {}

Result<SharedProgram*, Refusal> ProgramStore::use(Bytes actions) {
  const std::uint64_t hash = hash_bytes(actions, secret_);
  const auto is_it = [&](const SharedProgram& other) {
    return are_equal(other.actions(), actions);
  };
  if (SharedProgram* const known = index_.find(hash, is_it)) {
    ++known->users_;
    return known;
  }
  auto program = compile(actions);
  if (!program) {
    const CompileRefusal& why = program.error();
    return Refusal(why.error, why.reason, why.offset);
  }
  if (const auto room = make_room(index_, buckets_, kTag); !room) return Refusal(room.error());
  auto copy = try_copy(actions, kTag);
  if (!copy) return Refusal(copy.error());
  auto made = try_make<SharedProgram>(std::move(*copy), std::move(*program));
  if (!made) return Refusal(made.error());
  SharedProgram* const shared = made->release();
  shared->users_ = 1;
  index_.insert(*shared, hash);
  return shared;
}

void ProgramStore::leave(SharedProgram& program) {
  if (--program.users_ != 0) return;
  index_.remove(program);
  reclaimer_.take(Retired<SharedProgram>(Owned<SharedProgram>::adopt(&program)));
}

}  // namespace ovs::datapath
