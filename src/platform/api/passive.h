// Permission to wait, as a parameter. A function that sleeps, blocks or synchronizes asks for a
// Passive; whoever is called by the system at PASSIVE_LEVEL (an IOCTL, a worker, a thread's main)
// makes one and hands it down.
#pragma once

namespace ovs {

class Passive {
 public:
  // Defined by the backend, which panics when the caller may not wait: above PASSIVE_LEVEL, under a
  // spin lock, or while it holds an RcuReader.
  static Passive here() noexcept;

 private:
  Passive() = default;
};

}  // namespace ovs
