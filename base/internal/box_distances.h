// Squared distances of a coded point from boxes of codes, by the widest vectors that the processor
// has (Highway's run-time dispatch).
#pragma once

#include <cstddef>
#include <cstdint>

namespace csn::internal {

inline constexpr size_t kBoxesTogether = 16;

// Bytes of so many boxes: [pairs][2][kBoxesTogether][2], for two dimensions after the other the
// least codes of all boxes, then the greatest. An odd last dimension is followed by zeros.
inline constexpr size_t BoxBytes(size_t pairs) { return pairs * 2 * kBoxesTogether * 2; }

// distances[i]: the squared distance of the point [pairs], two codes of int16_t each within -255 to
// 510, the first one low, from the nearest point of box i. Exact below 2^31. Of a box whose least
// codes are above its greatest it means nothing. Thread-safe.
void BoxDistances(const uint8_t* boxes, size_t pairs, const int32_t* point, int32_t* distances);

}  // namespace csn::internal
