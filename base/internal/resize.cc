#include "base/internal/resize.h"

#include <algorithm>
#include <cmath>
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

// One source row -> one row of output width, unrounded.
void ResizeRow(const uint8_t* source, const std::vector<Taps>& taps, float* output) {
  for (const Taps& tap : taps) {
    const uint8_t* pixel = source + tap.first * kChannels;
    float sum[kChannels] = {};
    for (const float weight : tap.weights) {
      for (size_t c = 0; c < kChannels; ++c) sum[c] += weight * static_cast<float>(pixel[c]);
      pixel += kChannels;
    }
    output = std::copy(sum, sum + kChannels, output);
  }
}

uint8_t Round(float value) {
  return static_cast<uint8_t>(std::lround(std::clamp(value, 0.0f, 255.0f)));
}

}  // namespace

Image Resize(const Image& source, const Window& window, int width, int height) {
  const std::vector<Taps> columns = MakeTaps(source.width, window.left, window.width, width);
  const std::vector<Taps> rows = MakeTaps(source.height, window.top, window.height, height);
  const size_t source_stride = static_cast<size_t>(source.width) * kChannels;
  const size_t stride = static_cast<size_t>(width) * kChannels;
  // Only the source rows that some output row needs, in output width.
  const size_t first_row = rows.front().first;
  const size_t end_row = rows.back().first + rows.back().weights.size();
  std::vector<float> narrow((end_row - first_row) * stride);
  for (size_t y = first_row; y < end_row; ++y) {
    ResizeRow(source.rgb.data() + y * source_stride, columns,
              narrow.data() + (y - first_row) * stride);
  }
  Image output{.width = width, .height = height, .rgb = {}};
  output.rgb.reserve(stride * rows.size());
  std::vector<float> sums(stride);
  for (const Taps& tap : rows) {
    std::fill(sums.begin(), sums.end(), 0.0f);
    const float* from = narrow.data() + (tap.first - first_row) * stride;
    for (const float weight : tap.weights) {
      for (size_t i = 0; i < stride; ++i) sums[i] += weight * from[i];
      from += stride;
    }
    std::transform(sums.begin(), sums.end(), std::back_inserter(output.rgb), Round);
  }
  return output;
}

}  // namespace csn::internal
