// Stands for a network: the mean colours of a photograph's upper and lower half. Needs no LibTorch,
// and a test computes the same.
#pragma once

#include <algorithm>
#include <vector>

#include "embedder/embedder.h"

namespace csn::test {

class ColourEmbedder : public Embedder {
 public:
  static constexpr int kSide = 32;
  static constexpr size_t kDim = 6;

  explicit ColourEmbedder(int side = kSide) : Embedder(side, kDim) {}

 protected:
  bool DoEmbed(const uint8_t* photographs, size_t n, float* out, ModuleError* error) override;
};

// [side, side, 3] -> [kDim].
inline std::vector<float> MeanColours(const uint8_t* rgb, int side = ColourEmbedder::kSide) {
  const int pixels = side * side;
  std::vector<float> means(ColourEmbedder::kDim);
  for (int pixel = 0; pixel < pixels; ++pixel) {
    for (int channel = 0; channel < 3; ++channel) {
      means[3 * (pixel < pixels / 2 ? 0 : 1) + channel] += rgb[3 * pixel + channel];
    }
  }
  for (float& mean : means) mean /= 1000;
  return means;
}

inline bool ColourEmbedder::DoEmbed(const uint8_t* photographs, size_t n, float* out,
                                    ModuleError*) {
  for (size_t i = 0; i < n; ++i) {
    const std::vector<float> means = MeanColours(photographs + i * 3 * size_ * size_, size_);
    std::copy(means.begin(), means.end(), out + i * kDim);
  }
  return true;
}

}  // namespace csn::test
