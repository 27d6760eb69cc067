#include "tests/bench/synthetic.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "base/random.h"
#include "tests/support/test_index.h"

namespace csn::bench {
namespace {

double Normal(Rng& rng) {
  const double radius = std::sqrt(-2 * std::log(1 - rng.Uniform()));
  return radius * std::cos(2 * std::numbers::pi * rng.Uniform());
}

}  // namespace

std::vector<Column> ShopColumns() {
  using enum ColumnType;
  return {{.name = "name", .type = kText},          {.name = "brand", .type = kText},
          {.name = "category", .type = kText},      {.name = "closure", .type = kText},
          {.name = "heel_height", .type = kNumber}, {.name = "colour", .type = kText},
          {.name = "price", .type = kNumber},       {.name = "sizes", .type = kList}};
}

std::vector<Item> ShopItems(size_t n, uint64_t seed) {
  Rng rng(seed);
  std::vector<Item> items(n);
  for (size_t i = 0; i < n; ++i) {
    items[i].sku = fmt::format("sku-{:06}", i);
    items[i].image = fmt::format("images/{:06}.jpg", i);
    items[i].values = {fmt::format("a pair of shoes to walk in, number {}", i),
                       fmt::format("brand {}", rng.Below(200)),
                       fmt::format("category {}", rng.Below(12)),
                       fmt::format("closure {}", rng.Below(5)),
                       static_cast<double>(rng.Below(120)) / 10,
                       fmt::format("colour {}", rng.Below(10)),
                       static_cast<double>(rng.Below(30'000)) / 100,
                       std::vector<std::string>{"38", "39", "40", "41"}};
  }
  return items;
}

Matrix RandomEmbeddings(size_t n, uint64_t seed) {
  Rng rng(seed);
  Matrix embeddings(n, kDim);
  for (size_t i = 0; i < n * kDim; ++i) embeddings.data()[i] = static_cast<float>(Normal(rng));
  return embeddings;
}

MaskTable SliceMasks(size_t notions) {
  Matrix weights(notions, kDim);
  for (size_t notion = 0; notion < notions; ++notion) {
    for (size_t k = 0; k < kLiveDims; ++k) {
      weights.Row(notion)[(notion * kLiveDims + k) % kDim] = 1.0f + 0.01f * static_cast<float>(k);
    }
  }
  return MaskTable(std::move(weights));
}

void WriteShopIndex(const std::string& index, size_t rows, const std::string& key, size_t notions) {
  test::WriteTestIndex(index, RandomEmbeddings(rows, 1), SliceMasks(notions), ShopItems(rows, 2),
                       {.key = key, .columns = ShopColumns()});
}

}  // namespace csn::bench
