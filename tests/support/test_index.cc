#include "tests/support/test_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/distance.h"
#include "embedder/model_file.h"
#include "storage/generation.h"
#include "storage/layout.h"

namespace csn::test {
namespace {

double Radius(const Matrix& vectors) {
  double radius = 0;
  for (size_t row = 0; row < vectors.rows(); ++row) {
    double sum = 0;
    for (const float value : vectors.Row(row)) sum += static_cast<double>(value) * value;
    radius = std::max(radius, std::sqrt(sum));
  }
  return radius;
}

void WriteRows(const std::string& folder, const Matrix& embeddings, const std::vector<Item>& items,
               const std::vector<Column>& columns) {
  EmbeddingFileWriter rows(folder + "/" + layout::kEmbeddings, embeddings.cols());
  MetadataWriter metadata(folder + "/" + layout::kMetadata, columns);
  for (size_t row = 0; row < embeddings.rows(); ++row) {
    rows.Append(embeddings.Row(row));
    metadata.Append(items.at(row));
  }
  rows.Finish();
  metadata.Finish();
}

SubspaceManifest WriteSubspace(const std::string& folder, const Matrix& embeddings,
                               const MaskTable& masks, NotionId notion,
                               const TestIndexOptions& options) {
  const Matrix vectors = Project(masks, notion, embeddings.View());
  const IndexOptions index{.key = options.key};
  SubspaceIndex::Build(index, vectors.View()).Save(folder + "/" + layout::NotionIndex(notion));
  std::optional<TreeShares> tree;
  if (options.codes && vectors.cols() > 0) {
    const RowCodes codes(masks, notion, embeddings.View());
    CodeFile::Write(folder + "/" + layout::NotionCodes(notion), codes.View());
    if (options.tree) {
      CodeFile::Write(folder + "/" + layout::NotionTree(notion), codes.InTreeOrder().View());
      tree = {.for_10 = 0, .for_100 = 0, .for_1000 = 0};
    }
  }
  const IndexKey key = ParseIndexKey(options.key);
  return {.key = options.key,
          .ef_construction = key.kind == IndexKind::kGraph ? index.ef_construction : 0,
          .ef_search = key.kind == IndexKind::kFlat ? 0 : options.ef_search,
          .nprobe = key.has_lists() ? options.nprobe : 0,
          .scale = 1,
          .radius = Radius(vectors),
          .recall = {},
          .tree = tree};
}

}  // namespace

std::vector<Item> MakeTestItems(size_t n) {
  std::vector<Item> items(n);
  for (size_t i = 0; i < n; ++i) {
    items[i].sku = fmt::format("sku-{:06}", i);
    items[i].image = fmt::format("images/{}.png", i);
  }
  return items;
}

std::string WriteTestIndex(const std::string& index, const Matrix& embeddings,
                           const MaskTable& masks, const std::vector<Item>& items,
                           const TestIndexOptions& options) {
  GenerationWriter writer(index);
  WriteRows(writer.folder(), embeddings, items, options.columns);
  Model model;
  model.masks = masks;
  for (NotionId notion = 0; notion < masks.notion_count(); ++notion) {
    const std::string name =
        options.notions.empty() ? fmt::format("notion-{}", notion) : options.notions.at(notion);
    model.notions.push_back({.name = name, .column = name});
  }
  SaveModel(writer.folder() + "/" + layout::kModel, model);

  Manifest manifest;
  manifest.created_by = "a test";
  manifest.model_id = model.id;
  manifest.split_seed = model.split.seed;
  manifest.split_by = model.split.by;
  manifest.preprocessing = PreprocessingChecksum(model.preprocessing);
  manifest.notions = model.notions;
  manifest.dim = masks.dim();
  manifest.rows = manifest.catalogue_rows = embeddings.rows();
  manifest.columns = options.columns;
  manifest.masks = masks;
  const std::vector<double> scales = NotionScales(masks, embeddings.View());
  for (NotionId notion = 0; notion < masks.notion_count(); ++notion) {
    manifest.subspaces.push_back(
        WriteSubspace(writer.folder(), embeddings, masks, notion, options));
    manifest.subspaces.back().scale = scales[notion];
  }
  return writer.Publish(std::move(manifest));
}

}  // namespace csn::test
