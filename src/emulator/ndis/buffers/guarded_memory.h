// Memory between pages that nobody may touch. What was freed cannot be touched for a while, and a
// fault in any of it is a violation that says which rule was broken.
#pragma once
#include <cstddef>

namespace ovs::emulator {

// `size` bytes that end where a forbidden page begins; the page before the first is forbidden too.
// Whoever touches either violates `rule`.
std::byte* allocate_guarded(std::size_t size, int rule = 85);
void free_guarded(std::byte* start, std::size_t size);
void make_read_only(std::byte* start, std::size_t size);
void make_writable(std::byte* start, std::size_t size);

// Memory that nobody may touch for a while, or may again; nothing happens to memory from elsewhere.
enum class Conceal : bool { No, Yes };
void conceal(const void* address, Conceal how);

// Who is told of accesses to memory: after each instruction that touches it, on its thread.
class AccessWatcher {
 public:
  // May watch and cease to watch.
  virtual void note_access() = 0;

 protected:
  ~AccessWatcher() = default;
};
// Null: nobody. The memory is writable then.
void watch(const std::byte* start, AccessWatcher* watcher);

// From now on faults here are looked at before those of whoever handled faults till now.
void report_frame_faults();

}  // namespace ovs::emulator
