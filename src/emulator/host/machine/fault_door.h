// What a test makes fail in an emulated host, behind an interface, so that commands can be tested
// without a kernel.
#pragma once
#include <cstdint>

namespace ovs::emulator {

class FaultDoor {
 public:
  // The n-th of the driver's requests that may fail fails, memory above all; 0 is the next one.
  // Negative: none does. Counting starts anew.
  virtual void fail_nth(std::int64_t nth) = 0;
  virtual std::int64_t nth() const = 0;
  virtual std::int64_t asked() const = 0;
  virtual bool has_failed() const = 0;

 protected:
  ~FaultDoor() = default;
};

}  // namespace ovs::emulator
