// Squared distances of rows of bytes from a point, by the widest vectors that the processor has
// (Highway's run-time dispatch).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace csn {

// Rows and points have a multiple of so many values: zeros behind their own.
inline constexpr size_t kBytesTogether = 32;

// distances[i]: the sum of (rows[i][k] - point[k])^2 over `width` values, exact below 2^31. The
// point's are within int16_t, and no difference is beyond 2^14. `distances` is as long as `rows`.
// Thread-safe.
void ByteDistances(const int16_t* point, size_t width, std::span<const uint8_t* const> rows,
                   int32_t* distances);

}  // namespace csn
