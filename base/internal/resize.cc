#include "base/internal/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace csn::internal {
namespace {

constexpr size_t kChannels = 3;

// The source pixels that one output pixel is made of, and their weights, which sum to 1.
struct Taps {
  size_t first = 0;
  std::vector<float> weights;
};

// Taps of every output pixel along one axis; pixels outside the image have no weight.
std::vector<Taps> MakeTaps(int source_size, double start, double length, int output_size) {
  const double step = length / output_size;
  const double reach = std::max(1.0, step);
  std::vector<Taps> taps(static_cast<size_t>(output_size));
  for (int i = 0; i < output_size; ++i) {
    const double center = start + (i + 0.5) * step;
    const int first = std::clamp(static_cast<int>(std::floor(center - reach)), 0, source_size - 1);
    const int end = std::clamp(static_cast<int>(std::ceil(center + reach)), first + 1, source_size);
    std::vector<double> weights;
    double sum = 0;
    for (int j = first; j < end; ++j) {
      weights.push_back(std::max(0.0, 1 - std::abs(j + 0.5 - center) / reach));
      sum += weights.back();
    }
    Taps& tap = taps[static_cast<size_t>(i)];
    tap.first = static_cast<size_t>(first);
    for (const double weight : weights) tap.weights.push_back(static_cast<float>(weight / sum));
  }
  return taps;
}

// Four floats at once: a pixel's three channels and one more that is not used.
using Vector = float __attribute__((vector_size(16)));
constexpr size_t kLanes = sizeof(Vector) / sizeof(float);

Vector LoadPixel(const float* pixel) {
  Vector vector;
  std::memcpy(&vector, pixel, sizeof vector);
  return vector;
}

// Rows that are narrowed side by side: the sums of one alone would wait for each other.
constexpr size_t kRows = 4;

// Floats of a row, and room for the unused lane of its last pixel.
size_t RowFloats(size_t pixels) { return pixels * kChannels + (kLanes - kChannels); }

// Source rows from y on, kRows of them or as many as there are before `end`, -> rows of output
// width, unrounded, RowFloats apart. `floats` has room for kRows rows of the source.
void NarrowRows(const Image& source, size_t y, size_t end, const std::vector<Taps>& taps,
                std::vector<float>& floats, float* output) {
  const size_t stride = static_cast<size_t>(source.width) * kChannels;
  const float* rows[kRows];
  float* narrow[kRows];
  for (size_t r = 0; r < kRows; ++r) {
    const size_t row = std::min(y + r, end - 1);  // beyond the end, the last one again
    float* const converted = floats.data() + r * RowFloats(static_cast<size_t>(source.width));
    std::copy_n(source.rgb.data() + row * stride, stride, converted);
    rows[r] = converted;
    narrow[r] = output + (row - y) * RowFloats(taps.size());
  }
  for (const Taps& tap : taps) {
    size_t at = tap.first * kChannels;
    Vector sums[kRows] = {};
    for (const float weight : tap.weights) {
      for (size_t r = 0; r < kRows; ++r) sums[r] += weight * LoadPixel(rows[r] + at);
      at += kChannels;
    }
    for (size_t r = 0; r < kRows; ++r) {
      std::memcpy(narrow[r], &sums[r],
                  sizeof sums[r]);  // the next pixel's goes over the unused lane
      narrow[r] += kChannels;
    }
  }
}

// A mean of bytes, which needs no clamping, to the nearest, halves up: std::lround, of which no
// compiler makes vectors. The difference is exact.
uint8_t Round(float value) {
  const int whole = static_cast<int>(value);
  return static_cast<uint8_t>(whole + (value - static_cast<float>(whole) >= 0.5f ? 1 : 0));
}

}  // namespace

Image Resize(const Image& source, const Window& window, int width, int height) {
  const std::vector<Taps> columns = MakeTaps(source.width, window.left, window.width, width);
  const std::vector<Taps> rows = MakeTaps(source.height, window.top, window.height, height);
  const size_t stride = static_cast<size_t>(width) * kChannels;
  const size_t row_floats = RowFloats(columns.size());
  // Only the source rows that some output row needs, in output width.
  const size_t first_row = rows.front().first;
  const size_t end_row = rows.back().first + rows.back().weights.size();
  std::vector<float> narrow((end_row - first_row) * row_floats);
  std::vector<float> floats(kRows * RowFloats(static_cast<size_t>(source.width)));
  for (size_t y = first_row; y < end_row; y += kRows) {
    NarrowRows(source, y, end_row, columns, floats, narrow.data() + (y - first_row) * row_floats);
  }
  Image output{.width = width, .height = height, .rgb = {}};
  output.rgb.resize(stride * rows.size());
  uint8_t* rounded = output.rgb.data();
  std::vector<float> sums(stride);
  for (const Taps& tap : rows) {
    std::fill(sums.begin(), sums.end(), 0.0f);
    const float* from = narrow.data() + (tap.first - first_row) * row_floats;
    for (const float weight : tap.weights) {
      for (size_t i = 0; i < stride; ++i) sums[i] += weight * from[i];
      from += row_floats;
    }
    rounded = std::transform(sums.begin(), sums.end(), rounded, Round);
  }
  return output;
}

}  // namespace csn::internal
