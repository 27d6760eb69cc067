// Published index directories from embeddings and masks, without a network or photographs.
#pragma once

#include <string>
#include <vector>

#include "base/item.h"
#include "base/mask.h"
#include "base/matrix.h"

namespace csn::test {

struct TestIndexOptions {
  std::string key = "Flat";  // FAISS factory string of every notion
  int ef_search = 64;        // of approximate ones
  int nprobe = 3;            // IVF only
  bool codes = true;         // false: as indexes before format 6 were
  // A tree of every notion with codes, of however few rows, which the planner thinks to be free.
  bool tree = false;
  std::vector<Column> columns = {};
  std::vector<std::string> notions = {};  // [C]; empty: "notion-0", "notion-1", ...
};

// n items "sku-000000", "sku-000001", ... in row order, without values.
std::vector<Item> MakeTestItems(size_t n);

// Publishes one generation: embeddings [n, d], masks [C, d], items [n] in ascending order of sku
// with a value for each of options.columns, scales and radii as a build computes them, and a
// model.csn of these masks and notions without a network. Returns the generation's name.
std::string WriteTestIndex(const std::string& index, const Matrix& embeddings,
                           const MaskTable& masks, const std::vector<Item>& items,
                           const TestIndexOptions& options = {});

}  // namespace csn::test
