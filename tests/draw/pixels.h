// What the tests of drawings measure in pictures and samples.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/image.h"
#include "tools/draw/colour.h"

namespace csn {

// No shoe is magenta: what is, in shadow or not, is background.
inline constexpr Rgb kMagenta{1, 0, 1};

struct Pixel {
  double r, g, b;  // 0..255
};

inline Pixel At(const Image& image, int x, int y) {
  const uint8_t* p = &image.rgb[(static_cast<size_t>(y) * image.width + x) * 3];
  return {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
}

inline bool IsMagenta(Pixel p) { return p.r > p.g + 50 && p.b > p.g + 50; }

inline double Pearson(const std::vector<double>& x, const std::vector<double>& y) {
  const double n = static_cast<double>(x.size());
  double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    mx += x[i] / n;
    my += y[i] / n;
  }
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return xy / std::sqrt(xx * yy);
}

// Association of two categorical columns: 0 independent, 1 one decides the other.
inline double CramersV(const std::vector<int>& a, const std::vector<int>& b, int na, int nb) {
  std::vector<double> joint(static_cast<size_t>(na) * nb), rows(na), columns(nb);
  for (size_t i = 0; i < a.size(); ++i) {
    ++joint[static_cast<size_t>(a[i]) * nb + b[i]];
    ++rows[a[i]];
    ++columns[b[i]];
  }
  const double n = static_cast<double>(a.size());
  double chi2 = 0;
  for (int i = 0; i < na; ++i) {
    for (int j = 0; j < nb; ++j) {
      const double expected = rows[i] * columns[j] / n;
      const double off = joint[static_cast<size_t>(i) * nb + j] - expected;
      chi2 += off * off / expected;
    }
  }
  return std::sqrt(chi2 / (n * (std::min(na, nb) - 1)));
}

inline int DifferingPixels(const Image& a, const Image& b, double threshold) {
  int count = 0;
  for (int y = 0; y < a.height; ++y) {
    for (int x = 0; x < a.width; ++x) {
      const Pixel p = At(a, x, y), q = At(b, x, y);
      const double most = std::max({std::abs(p.r - q.r), std::abs(p.g - q.g), std::abs(p.b - q.b)});
      if (most > threshold) ++count;
    }
  }
  return count;
}

}  // namespace csn
