// Embeddings to measure with where there is no catalogue.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/item.h"
#include "base/mask.h"
#include "base/matrix.h"
#include "base/notion.h"
#include "base/stop.h"

namespace csn {

enum class SyntheticKind {
  kClusters,  // "clusters": 50 rows about each of many centres, as items of one kind lie together
  kLatent,    // "latent": few factors, mixed into all dimensions, and a little noise
};
SyntheticKind ParseSyntheticKind(std::string_view name);  // throws Error(kInvalidArgument)

struct SyntheticOptions {
  SyntheticKind kind = SyntheticKind::kClusters;
  size_t rows = 100'000;
  size_t notions = 4;
  size_t dims = 16;          // live ones of each notion, which no other has
  double correlation = 0;    // in [0, 1]: how far every notion goes with the first
  double duplicates = 0.01;  // the part of rows that are another one's equal
  uint64_t seed = 1;
};

struct BenchData {
  Matrix embeddings;  // [n, d]
  MaskTable masks;
  std::vector<Notion> notions;
  std::vector<Column> columns;
  std::function<Item(size_t row)> item;
};

// Disentangled embeddings [rows, notions * dims], with attributes: `brand`, of which few have most
// items, and `price`. The same options give the same data.
BenchData MakeSynthetic(const SyntheticOptions& options, const StopFlag* stop);

// Vectors as they come, under masks of weight 1 on `notions` slices of their dimensions, as even as
// can be. Throws Error(kInvalidArgument) where there are fewer dimensions than notions.
BenchData SliceVectors(Matrix vectors, size_t notions, uint64_t seed);

}  // namespace csn
