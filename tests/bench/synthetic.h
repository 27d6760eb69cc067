// Indexes of random embeddings: what a shop of that size would have, without photographs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/item.h"
#include "base/mask.h"
#include "base/matrix.h"

namespace csn::bench {

inline constexpr size_t kDim = 64;       // of an embedding, as csn_train's default
inline constexpr size_t kLiveDims = 16;  // of a notion's subspace

// Columns of a shoe shop, and n items "sku-000000", ... with a value in each: about 150 bytes
// stored.
std::vector<Column> ShopColumns();
std::vector<Item> ShopItems(size_t n, uint64_t seed);

// Normal random embeddings [n, kDim].
Matrix RandomEmbeddings(size_t n, uint64_t seed);
// `notions` masks with kLiveDims live dimensions each, all of weight about 1.
MaskTable SliceMasks(size_t notions);

// Publishes an index of `rows` of them under so many notions, with a FAISS index of this key each.
void WriteShopIndex(const std::string& index, size_t rows, const std::string& key,
                    size_t notions = 2);

}  // namespace csn::bench
