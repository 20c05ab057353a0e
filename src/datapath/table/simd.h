// The few vector forms of the packet path, for the baseline of every x86-64 (SSE2): kernels have no
// more without saving state. The only file that includes the compiler's intrinsics.
#pragma once
#include <emmintrin.h>

#include <cstdint>

// These read memory that a writer may be changing, and whatever they find is checked before it is
// believed; each lane is read whole. A race detector cannot know that.
#define OVS_UNCHECKED_READ __attribute__((no_sanitize("thread")))

// gcc at -O2 keeps a loop of three turns as a loop.
#if defined(__clang__)
#define OVS_UNROLL _Pragma("clang loop unroll(full)")
#else
#define OVS_UNROLL _Pragma("GCC unroll 8")
#endif

namespace ovs::datapath {

// Bit i is set where tags[i] == tag. `tags` are eight, 16-byte aligned.
OVS_UNCHECKED_READ inline unsigned match_tags(const std::uint16_t* tags, std::uint16_t tag) {
  const __m128i all = _mm_load_si128(reinterpret_cast<const __m128i*>(tags));
  const __m128i same = _mm_cmpeq_epi16(all, _mm_set1_epi16(short(tag)));
  return unsigned(_mm_movemask_epi8(_mm_packs_epi16(same, _mm_setzero_si128())));
}

// Whether (key & mask) == wanted, for 48 bytes each, all 16-byte aligned.
inline bool equal_under_48(const std::uint64_t* key, const std::uint64_t* mask,
                           const std::uint64_t* wanted) {
  const auto* k = reinterpret_cast<const __m128i*>(key);
  const auto* m = reinterpret_cast<const __m128i*>(mask);
  const auto* w = reinterpret_cast<const __m128i*>(wanted);
  __m128i differ = _mm_setzero_si128();
  OVS_UNROLL for (int i = 0; i < 3; ++i) {
    const __m128i masked = _mm_and_si128(_mm_load_si128(k + i), _mm_load_si128(m + i));
    differ = _mm_or_si128(differ, _mm_xor_si128(masked, _mm_load_si128(w + i)));
  }
  return _mm_movemask_epi8(_mm_cmpeq_epi32(differ, _mm_setzero_si128())) == 0xffff;
}

// The sum over six words of (low half + low half of its secret) * (high half + high half of its
// secret), of words under a mask: NH, which is universal, and needs one instruction that every
// x86-64 has.
inline std::uint64_t nh_48(const std::uint64_t* key, const std::uint64_t* mask,
                           const std::uint64_t* secrets) {
  const auto* k = reinterpret_cast<const __m128i*>(key);
  const auto* m = reinterpret_cast<const __m128i*>(mask);
  const auto* s = reinterpret_cast<const __m128i*>(secrets);
  __m128i sum = _mm_setzero_si128();
  OVS_UNROLL for (int i = 0; i < 3; ++i) {
    const __m128i masked = _mm_and_si128(_mm_load_si128(k + i), _mm_load_si128(m + i));
    const __m128i mixed = _mm_add_epi32(masked, _mm_load_si128(s + i));
    sum = _mm_add_epi64(sum, _mm_mul_epu32(mixed, _mm_srli_epi64(mixed, 32)));
  }
  sum = _mm_add_epi64(sum, _mm_unpackhi_epi64(sum, sum));
  return std::uint64_t(_mm_cvtsi128_si64(sum));
}

inline void prefetch(const void* memory) {
  __builtin_prefetch(memory);
}

}  // namespace ovs::datapath
