// A small generation to publish, open and damage.
#pragma once

#include <string>

#include "base/hash.h"
#include "base/random.h"
#include "storage/generation.h"
#include "storage/layout.h"
#include "tests/support/test_support.h"

namespace csn::test {

inline constexpr size_t kDim = 6;

// A small sound generation: notion 0 is HNSW, 1 Flat with a tree, 2 has no live dimension.
struct World {
  explicit World(size_t rows, uint64_t seed = 1) : embeddings(rows, kDim) {
    Rng rng(seed);
    for (size_t i = 0; i < rows * kDim; ++i) {
      embeddings.data()[i] = static_cast<float>(rng.Normal());
    }
    Matrix weights(3, kDim);
    for (size_t k = 0; k < 4; ++k) weights.Row(0)[k] = 0.5f + 0.1f * static_cast<float>(k);
    weights.Row(1)[5] = 2.0f;
    manifest.masks = MaskTable(weights);
    manifest.created_by = "test";
    manifest.model_id = Sha256(AsBytes(model));
    manifest.preprocessing = std::string(32, '0');
    manifest.dim = kDim;
    manifest.rows = manifest.catalogue_rows = rows;
    manifest.columns = {{"brand", ColumnType::kText}};
    manifest.notions = {
        {.name = "a", .column = "brand"}, {.name = "b", .column = ""}, {.name = "c", .column = ""}};
    manifest.subspaces = {{.key = "HNSW8", .ef_construction = 40, .ef_search = 32}, {}, {}};
    manifest.subspaces[1].tree = {.for_10 = 0.1, .for_100 = 0.2, .for_1000 = 0.5};
  }

  void Write(const std::string& folder) const {
    WriteText(folder + "/" + layout::kModel, model);
    EmbeddingFileWriter file(folder + "/" + layout::kEmbeddings, kDim);
    MetadataWriter metadata(folder + "/" + layout::kMetadata, manifest.columns);
    for (size_t row = 0; row < embeddings.rows(); ++row) {
      file.Append(embeddings.Row(row));
      metadata.Append({.sku = fmt::format("sku-{:05}", row), .image = "i.png", .values = {"x"}});
    }
    file.Finish();
    metadata.Finish();
    for (NotionId id = 0; id < manifest.notions.size(); ++id) {
      const Matrix projected = Project(manifest.masks, id, embeddings.View());
      const SubspaceManifest& subspace = manifest.subspaces[id];
      SubspaceIndex::Build({.key = subspace.key}, projected.View())
          .Save(folder + "/" + layout::NotionIndex(id));
      if (projected.cols() == 0) continue;
      const RowCodes codes(manifest.masks, id, embeddings.View());
      CodeFile::Write(folder + "/" + layout::NotionCodes(id), codes.View());
      if (!subspace.tree) continue;
      CodeFile::Write(folder + "/" + layout::NotionTree(id), codes.InTreeOrder().View());
    }
  }

  std::string Publish(const std::string& index) const {
    GenerationWriter writer(index);
    Write(writer.folder());
    return writer.Publish(manifest);
  }

  std::string model = "model bytes";
  Matrix embeddings;
  Manifest manifest;
};

}  // namespace csn::test
