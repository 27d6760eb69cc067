// What queries mean, written down independently of the engine: brute force in double.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/matrix.h"
#include "query/query_engine.h"
#include "tests/support/random_filter.h"

namespace csn::test::oracle {

// A catalogue, whole: what a seed makes of a shape.
struct Shape {
  size_t n, d, notions;
  const char* key;
  uint64_t seed;
};

// One index, and everything the oracle may know of it.
struct World {
  Matrix embeddings;
  Matrix masks;
  std::vector<double> scales = {};
  std::vector<Item> items = {};
  std::unique_ptr<QueryEngine> engine = {};
};

// Coordinates are few, so that rows tie; some rows are another one's copy; sometimes the last
// notion has no live dimension.
World MakeWorld(const std::string& folder, const Shape& shape);

struct Ranked {
  double score = 0;
  size_t row = 0;
  std::vector<double> distances = {}, shares = {};  // shown, by notion
  bool operator<(const Ranked& other) const {
    return score != other.score ? score < other.score : row < other.row;
  }
};

struct Case {
  Query query;
  uint64_t seed = 0;  // of the filter and the sizes of pages
};

// The meaning of query.where, where there is one.
RandomFilter FilterOf(const Case& asked);

// Every hit, first to last, whatever k is.
std::vector<Ranked> AllHits(const World& world, const Case& asked);
// A row's distances and shares, hit or not.
Ranked MeasureRow(const World& world, const Case& asked, size_t row);

}  // namespace csn::test::oracle
