// Asio without exceptions, for the few .cc files that use it: what Asio would throw ends the
// program. Never included by a header that other folders see. Its compiled half is asio_impl.cc;
// the macros are the target ovs_asio's.
#pragma once
// First a header of the C++ library: Asio asks its macros which allocator to use, and every file
// must get the same answer.
#include <cstdlib>
//
#include <asio/detail/throw_exception.hpp>

#include "base/core/assert.h"

namespace asio::detail {

template <typename Exception>
void throw_exception(const Exception& exception) {
  ovs::panic(exception.what(), "asio", 0);
}

}  // namespace asio::detail
