// Objects behind interfaces, for hosted code, where running out of memory ends the program.
#pragma once
#include <utility>

#include "base/core/boxed.h"
#include "platform/api/memory.h"

namespace ovs::platform {

template <class Interface, class T, class... Args>
Boxed<Interface> make_boxed(Args&&... args) {
  return Boxed<Interface>(try_make<T>(std::forward<Args>(args)...).value());
}

}  // namespace ovs::platform
