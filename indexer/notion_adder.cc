#include "indexer/notion_adder.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/distance.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/thread_pool.h"
#include "indexer/internal/subspace_builder.h"
#include "indexer/training_set.h"
#include "query/model_check.h"
#include "storage/generation.h"
#include "storage/layout.h"
#include "storage/reject_file.h"

namespace csn {
namespace {

constexpr double kChance = 0.5;  // triplet error of a coin
constexpr size_t kItemsAtOnce = 10'000;

// What the catalogue says of the index's items.
struct Labels {
  std::vector<Value> values;        // [n], missing where there is none
  std::vector<uint32_t> rows;       // with a label
  std::vector<std::string> groups;  // theirs
  uint64_t unknown_rows = 0;
};

// One addition: options and what its steps share.
struct Addition {
  const AddNotionOptions& options;
  const Catalogue& catalogue;
  const ProgressSink& progress;
  const StopFlag* stop;
  const Generation& old;
};

// Where the notion's label stands in the catalogue.
size_t LabelColumn(const AddNotionOptions& options, const Catalogue& catalogue) {
  const NotionSpec& spec = options.notion;
  const size_t at =
      catalogue.ColumnIndex(spec.column.empty() ? spec.name : spec.column, "notion " + spec.name);
  CheckNotionColumn(spec.name, spec.kind, catalogue.columns()[at]);
  return at;
}

Labels ReadLabels(const Addition& add, size_t column, RejectFile& rejects, StreamCounts& counts) {
  const Manifest& manifest = add.old.manifest();
  std::optional<size_t> group;
  if (!manifest.split_by.empty()) group = add.catalogue.FindColumn(manifest.split_by);
  Labels labels{.values = std::vector<Value>(manifest.rows), .rows = {}, .groups = {}};
  add.catalogue.ForEach([&](CatalogueRow&& row, uint64_t) {
    ThrowIfStopped(add.stop);
    ++counts.rows;
    if (const Reject* reject = std::get_if<Reject>(&row)) {
      rejects.Add(*reject);
      counts.CountRejected(*reject);
      return true;
    }
    ++counts.accepted;
    Item& item = std::get<Item>(row);
    const std::optional<uint32_t> at = add.old.metadata().RowOf(item.sku);
    if (!at) {
      ++labels.unknown_rows;
    } else if (!std::holds_alternative<std::monostate>(item.values[column])) {
      labels.rows.push_back(*at);
      std::string by = group ? ValueText(item.values[*group]) : "";
      labels.groups.push_back(by.empty() ? item.sku : std::move(by));
      labels.values[*at] = std::move(item.values[column]);
    }
    if (add.progress) {
      add.progress({.stage = "reading labels",
                    .done = counts.rows,
                    .total = add.catalogue.row_count(),
                    .unit = "rows"});
    }
    return true;
  });
  return labels;
}

// By the model's rule. Byte-identical photographs have equal embeddings, so these tell which items
// belong together.
std::vector<Split> SplitItems(const Addition& add, const Labels& labels, MatrixView embeddings) {
  std::vector<uint64_t> hashes;
  for (const uint32_t row : labels.rows) {
    const std::span<const float> embedding = embeddings.Row(row);
    hashes.push_back(
        Hash64({reinterpret_cast<const uint8_t*>(embedding.data()), embedding.size_bytes()}));
  }
  const SplitRule rule{.seed = add.old.manifest().split_seed, .by = add.old.manifest().split_by};
  const std::vector<Split> of_labelled = AssignSplits(rule, labels.groups, hashes);
  std::vector<Split> splits(embeddings.rows, Split::kTest);  // without a label it plays no part
  for (size_t i = 0; i < labels.rows.size(); ++i) splits[labels.rows[i]] = of_labelled[i];
  return splits;
}

Notion MakeNotion(const Addition& add, const Column& column, const Labels& labels) {
  const NotionSpec& spec = add.options.notion;
  Notion notion{.name = spec.name, .column = column.name, .kind = spec.kind};
  if (spec.kind == NotionKind::kNumeric) {
    std::vector<double> present;
    for (const uint32_t row : labels.rows) present.push_back(std::get<double>(labels.values[row]));
    ResolveThresholds(spec, present, add.options.seed, notion);
  }
  return notion;
}

// The old masks and one more.
MaskTable WithMask(const MaskTable& masks, std::span<const float> added) {
  Matrix weights(masks.notion_count() + 1, masks.dim());
  for (NotionId notion = 0; notion < masks.notion_count(); ++notion) {
    std::ranges::copy(masks.weights(notion), weights.Row(notion).begin());
  }
  std::ranges::copy(added, weights.Row(masks.notion_count()).begin());
  return MaskTable(std::move(weights));
}

// The store as it is, or where the items lack the label's column, written anew with it.
void WriteMetadata(const Addition& add, const Column& column, const Labels& labels,
                   GenerationWriter& writer, Manifest& manifest) {
  const bool known = std::ranges::any_of(
      manifest.columns, [&](const Column& other) { return SameName(other.name, column.name); });
  if (known) {
    for (const auto& [file, entry] : manifest.files) {
      if (file.starts_with(layout::kMetadata + std::string("/"))) writer.Share(add.old, file);
    }
    return;
  }
  manifest.columns.push_back(column);
  MetadataWriter metadata(writer.folder() + "/" + layout::kMetadata, manifest.columns);
  std::vector<uint32_t> rows;
  for (uint32_t first = 0; first < manifest.rows; first += static_cast<uint32_t>(rows.size())) {
    ThrowIfStopped(add.stop);
    rows.resize(std::min<size_t>(kItemsAtOnce, manifest.rows - first));
    std::iota(rows.begin(), rows.end(), first);
    std::vector<Item> items = add.old.metadata().GetMany(rows);
    for (size_t i = 0; i < items.size(); ++i) {
      items[i].values.push_back(labels.values[rows[i]]);
      metadata.Append(items[i]);
    }
  }
  metadata.Finish();
}

SubspaceManifest WriteSubspace(const Addition& add, const Manifest& manifest,
                               const std::string& folder) {
  const NotionId added = static_cast<NotionId>(manifest.notions.size() - 1);
  const MatrixView embeddings = add.old.embeddings().All();
  const int threads = add.options.threads > 0 ? add.options.threads : DefaultThreads();
  const IndexPlan plan = PlanIndex(manifest.notions, manifest.masks, manifest.rows,
                                   {.index_key = add.options.index_key});
  return BuildSubspace({.masks = &manifest.masks,
                        .notion = added,
                        .name = manifest.notions[added].name,
                        .embeddings = embeddings,
                        .scale = NotionScales(manifest.masks, embeddings)[added],
                        .key = plan.subspaces[added].key,
                        .target_recall = add.options.target_recall,
                        .else_flat = add.options.index_key == kAutoKey,
                        .seed = add.options.seed,
                        .threads = threads,
                        .folder = folder,
                        .stop = add.stop});
}

// By two standard errors: triplets are many, but drawn from few items.
void CheckBetterThanChance(const AddNotionReport& report) {
  const double items = static_cast<double>(report.fit.test_items);
  const double luck = 2 * std::sqrt(kChance * (1 - kChance) / items);
  if (report.fit.error < kChance - luck) return;
  Fail(ErrorCode::kTargetNotMet,
       "notion {}: triplet error {:.3f} on the {} items kept for the test, no better than chance "
       "(0.5, give or take {:.3f}); nothing is published",
       report.notion.name, report.fit.error, report.fit.test_items, luck);
}

// Fills the new generation's folder and returns its manifest.
Manifest FillGeneration(const Addition& add, GenerationWriter& writer, RejectFile& rejects,
                        AddNotionReport& report) {
  Model model = LoadCheckedModel(add.old);
  const size_t at = LabelColumn(add.options, add.catalogue);
  const Column& column = add.catalogue.columns()[at];
  const Labels labels = ReadLabels(add, at, rejects, report.counts);
  const MatrixView embeddings = add.old.embeddings().All();
  report.items = embeddings.rows;
  report.labelled = labels.rows.size();
  report.unknown_rows = labels.unknown_rows;
  report.notion = MakeNotion(add, column, labels);
  report.fit = FitMask(LabelTable({report.notion}, {labels.values}), embeddings,
                       SplitItems(add, labels, embeddings), {.seed = add.options.seed}, add.stop);
  CheckBetterThanChance(report);

  Manifest manifest = add.old.manifest();
  for (const auto& [file, entry] : manifest.files) {
    if (file == layout::kModel || file.starts_with(layout::kMetadata)) continue;
    writer.Share(add.old, file);
  }
  WriteMetadata(add, column, labels, writer, manifest);
  model.parent = std::exchange(model.id, "");
  model.notions.push_back(report.notion);
  model.masks = WithMask(model.masks, report.fit.weights);
  SaveModel(writer.folder() + "/" + layout::kModel, model);
  manifest.created_by = add.options.created_by;
  manifest.model_id = model.id;
  manifest.notions = model.notions;
  manifest.masks = model.masks;
  manifest.subspaces.push_back(WriteSubspace(add, manifest, writer.folder()));

  report.model_id = model.id;
  report.parent_id = model.parent;
  report.live_dims = std::ranges::count_if(report.fit.weights, [](float w) { return w > 0; });
  report.key = manifest.subspaces.back().key;
  report.recall = manifest.subspaces.back().recall;
  const NotionId added = static_cast<NotionId>(model.notions.size() - 1);
  report.bytes = SubspaceBytes(writer.folder(), added);
  return manifest;
}

void CheckOptions(const AddNotionOptions& options, const Manifest& manifest) {
  if (options.index_key != kAutoKey) ParseIndexKey(options.index_key);
  CheckTargetRecall(options.target_recall, options.index_key, manifest.rows);
  Require(options.threads >= 0, "threads: expected 0 (all) or more, got {}", options.threads);
  for (const Notion& notion : manifest.notions) {
    Require(!SameName(notion.name, options.notion.name), "notion {}: index {} has one called {}",
            options.notion.name, options.index, notion.name);
  }
}

}  // namespace

AddNotionReport AddNotion(const AddNotionOptions& options, const Catalogue& catalogue,
                          const ProgressSink& progress, const StopFlag* stop) {
  const auto start = std::chrono::steady_clock::now();
  CheckOptions(options, Generation::Open(options.index).manifest());  // before anything is made
  RejectFile rejects(options.rejects);
  GenerationWriter writer(options.index);
  const Generation old = Generation::Open(options.index);
  CheckOptions(options, old.manifest());
  AddNotionReport report;
  const Manifest manifest =
      FillGeneration({options, catalogue, progress, stop, old}, writer, rejects, report);
  ThrowIfStopped(stop);
  report.generation = writer.Publish(manifest);
  rejects.Commit();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace csn
