#include "indexer/index_builder.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <numeric>

#include "base/file.h"
#include "base/hash.h"
#include "query/query_engine.h"
#include "storage/generation.h"
#include "storage/layout.h"
#include "tests/support/colour_embedder.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

namespace fs = std::filesystem;
using test::TempDir;
using test::TestImage;
using test::ThrowsError;
using test::WritePng;
using test::WriteText;

using test::ColourEmbedder;
using test::MeanColours;
constexpr int kSide = ColourEmbedder::kSide;
constexpr size_t kDim = ColourEmbedder::kDim;

class NanEmbedder : public ColourEmbedder {
 protected:
  bool DoEmbed(const uint8_t*, size_t n, float* out, ModuleError*) override {
    std::fill(out, out + n * kDim, std::numeric_limits<float>::quiet_NaN());
    return true;
  }
};

// Three notions: some dimensions, others, and none at all.
Matrix MaskWeights() {
  Matrix weights(3, kDim);
  const float first[kDim] = {1, 0.5f, 0, 0, 2, 0}, second[kDim] = {0, 0, 1, 1.5f, 0, 0.25f};
  std::copy(first, first + kDim, weights.Row(0).begin());
  std::copy(second, second + kDim, weights.Row(1).begin());
  return weights;
}

class IndexBuilderTest : public testing::Test {
 protected:
  IndexBuilderTest() {
    Model model;
    model.preprocessing = {.size = kSide};
    for (const char* name : {"upper", "lower", "nothing"}) {
      model.notions.push_back({.name = name, .column = "kind"});
    }
    model.masks = MaskTable(MaskWeights());
    model.split.by = "kind";
    model.tensors = {{.name = "w", .shape = {2}, .values = {1, 2}}};
    SaveModel(folder_ / "m.csn", model);
  }

  // `count` good rows, skus in an order that is neither theirs nor a number's; plus the given
  // lines.
  std::string WriteCatalogue(int count, const std::string& more = "") {
    std::string csv = "sku,image,kind,price\n";
    for (int i = 0; i < count; ++i) {
      WritePng(folder_ / fmt::format("images/{}.png", i),
               TestImage(20 + i / 256 * 3, 20 + i % 11, i));
      csv += fmt::format("{},images/{}.png,kind{},{}\n", Sku(i), i, i % 3, i);
    }
    WriteText(folder_ / "c.csv", csv + more);
    return folder_ / "c.csv";
  }
  static std::string Sku(int i) { return fmt::format("{}-{}", i * 7919 % 1009, i); }

  BuildOptions Options() {
    BuildOptions options;
    options.catalogue_path = folder_ / "c.csv";
    options.model_path = folder_ / "m.csn";
    options.index = folder_ / "idx";
    options.rejects = folder_ / "rejects.tsv";
    options.created_by = "a test";
    options.threads = 2;
    options.batch = 16;
    options.make_embedder = [](const Model&, const EmbedderOptions&) {
      return std::make_unique<ColourEmbedder>();
    };
    return options;
  }

  BuildReport Build(const BuildOptions& options, const StopFlag* stop = nullptr,
                    const ProgressSink& progress = {}) {
    return BuildIndexDirectory(options, Catalogue::Open(options.catalogue_path), progress, stop);
  }

  // What lies under a folder, by relative path.
  static std::vector<std::string> FilesOf(const std::string& folder) {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      files.push_back(fs::relative(entry.path(), folder).string());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  TempDir folder_;
};

TEST_F(IndexBuilderTest, RowsAreSkusInBytewiseOrderWithTheirOwnEmbeddingsAndValues) {
  constexpr int kCount = 75;  // no multiple of the batch
  WriteCatalogue(kCount);
  const BuildReport report = Build(Options());
  EXPECT_EQ(report.counts.rows, kCount);
  EXPECT_EQ(report.counts.accepted, kCount);
  std::vector<int> order(kCount);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [](int a, int b) { return Sku(a) < Sku(b); });

  const Generation generation = Generation::Open(folder_ / "idx");
  EXPECT_EQ(generation.name(), report.generation);
  ASSERT_EQ(generation.embeddings().rows(), kCount);
  for (uint32_t row = 0; row < kCount; ++row) {
    const int i = order[row];
    const Item item = generation.metadata().GetMany(std::vector<uint32_t>{row})[0];
    EXPECT_EQ(item.sku, Sku(i));
    EXPECT_EQ(item.image, fmt::format("images/{}.png", i));
    EXPECT_EQ(item.values[0], Value(fmt::format("kind{}", i % 3)));
    EXPECT_EQ(item.values[1], Value(static_cast<double>(i)));
    const std::vector<uint8_t> rgb = PrepareImage(ReadFile(folder_ / item.image), {.size = kSide});
    const std::vector<float> expected = MeanColours(rgb.data());
    EXPECT_TRUE(std::ranges::equal(generation.embeddings().Row(row), expected)) << item.sku;
  }
  EXPECT_NO_THROW(generation.Verify({}));
}

TEST_F(IndexBuilderTest, ManifestSaysWhatWasBuilt) {
  WriteCatalogue(50, "bad,images/none.png,kind0,1\n");
  BuildOptions options = Options();
  options.seed = 12;
  const BuildReport report = Build(options);
  const Generation generation = Generation::Open(folder_ / "idx");
  const Manifest& manifest = generation.manifest();
  const Model model = LoadModel(folder_ / "m.csn");
  EXPECT_EQ(manifest.created_by, "a test");
  EXPECT_EQ(manifest.model_id, model.id);
  EXPECT_EQ(manifest.rows, 50);
  EXPECT_EQ(manifest.rejected, 1);
  EXPECT_EQ(manifest.catalogue_rows, 51);
  EXPECT_EQ(manifest.seed, 12);
  EXPECT_EQ(manifest.split_seed, model.split.seed);
  EXPECT_EQ(manifest.split_by, "kind");
  EXPECT_EQ(manifest.preprocessing, PreprocessingChecksum(model.preprocessing));
  EXPECT_EQ(manifest.columns,
            (std::vector<Column>{{"kind", ColumnType::kText}, {"price", ColumnType::kNumber}}));
  EXPECT_EQ(ReadFile(generation.folder() + "/" + layout::kModel), ReadFile(folder_ / "m.csn"));
  EXPECT_THAT(FilesOf(generation.folder()),
              testing::Not(testing::Contains(testing::HasSubstr("spill"))));

  // Scale and radius by their definitions, over all pairs and rows.
  const MatrixView rows = generation.embeddings().All();
  for (NotionId c = 0; c < 3; ++c) {
    double sum = 0, radius = 0;
    for (size_t a = 0; a < rows.rows; ++a) {
      double norm = 0;
      for (size_t k = 0; k < kDim; ++k) {
        const double weight = model.masks.weights(c)[k];
        norm += std::pow(weight * rows.Row(a)[k], 2);
        for (size_t b = 0; b < rows.rows; ++b) {
          sum += std::pow(weight * (static_cast<double>(rows.Row(a)[k]) - rows.Row(b)[k]), 2);
        }
      }
      radius = std::max(radius, std::sqrt(norm));
    }
    const double scale = sum / static_cast<double>(rows.rows * rows.rows);
    EXPECT_NEAR(manifest.subspaces[c].scale, c == 2 ? 1 : scale, 1e-9 * scale);
    EXPECT_NEAR(manifest.subspaces[c].radius, radius, 1e-5 * radius);
    EXPECT_EQ(manifest.subspaces[c].key, "Flat");
    EXPECT_EQ(report.subspaces[c].live_dims, model.masks.live_dims(c).size());
  }
}

TEST_F(IndexBuilderTest, SameInputGivesTheSameBytesWhateverTheThreadsAndBatch) {
  WriteCatalogue(120);
  std::vector<std::vector<uint8_t>> first;
  for (const auto& [threads, batch] : {std::pair<int, size_t>{1, 7}, {3, 64}}) {
    BuildOptions options = Options();
    options.index = folder_ / fmt::format("idx{}", threads);
    options.threads = threads;
    options.batch = batch;
    options.plan.index_key = "HNSW8";
    Build(options);
    const std::string folder = Generation::Open(options.index).folder();
    std::vector<std::vector<uint8_t>> bytes;
    for (const std::string& name : {std::string(layout::kEmbeddings), layout::NotionIndex(0),
                                    layout::NotionIndex(1), layout::NotionIndex(2)}) {
      bytes.push_back(ReadFile(folder + "/" + name));
    }
    if (first.empty()) first = bytes;
    EXPECT_EQ(bytes, first);
  }
}

TEST_F(IndexBuilderTest, ATargetRecallIsReachedOrNothingIsPublished) {
  constexpr int kCount = 700;
  WriteCatalogue(kCount);
  BuildOptions options = Options();
  // No measurement of so few can promise more than 1 - 3 / queries.
  options.plan.index_key = "HNSW32";
  options.target_recall = 0.9999;
  EXPECT_THAT([&] { Build(options); }, ThrowsError(ErrorCode::kTargetNotMet,
                                                   "of 700 rows no more than 0.9957 can be shown"));
  EXPECT_FALSE(std::filesystem::exists(options.index));

  options.plan.index_key = "HNSW32";
  options.target_recall = 0.9;
  Build(options);
  const Manifest graphs = Generation::Open(options.index).manifest();
  for (NotionId c = 0; c < 2; ++c) {
    const MeasuredRecall& recall = graphs.subspaces[c].recall;
    EXPECT_EQ(graphs.subspaces[c].key, "HNSW32");
    EXPECT_EQ(recall.target, 0.9);
    EXPECT_GE(recall.low, 0.9);
    EXPECT_LE(recall.low, 1 - 3.0 / kCount);
    EXPECT_LE(recall.low, recall.value);
    EXPECT_LE(recall.value, recall.high);
  }

  // Where it may choose, what is exact promises everything.
  options.plan.index_key = kAutoKey;
  options.plan.flat_bytes = 100;
  options.target_recall = 1;
  const BuildReport report = Build(options);
  for (const SubspaceReport& subspace : report.subspaces) {
    EXPECT_EQ(subspace.key, "Flat");
    EXPECT_EQ(subspace.recall, (MeasuredRecall{.target = 1}));
  }
  QueryEngine::Open(options.index).generation().Verify({});

  options.target_recall = 1.5;
  EXPECT_THAT([&] { Build(options); }, ThrowsError(ErrorCode::kInvalidArgument, "got 1.5"));
}

TEST_F(IndexBuilderTest, LargeCataloguesGetGraphsWhoseRecallIsMeasured) {
  constexpr int kCount = 700;
  WriteCatalogue(kCount);
  BuildOptions options = Options();
  options.plan.flat_bytes = 100;
  const BuildReport report = Build(options);
  EXPECT_EQ(report.subspaces[0].key, "HNSW32");
  EXPECT_EQ(report.subspaces[1].key, "HNSW32");
  EXPECT_EQ(report.subspaces[2].key, "Flat") << "no live dimension: every row ties";

  const QueryEngine engine = QueryEngine::Open(options.index);
  const Manifest& manifest = engine.generation().manifest();
  const MatrixView rows = engine.generation().embeddings().All();
  for (NotionId c = 0; c < 2; ++c) {
    SCOPED_TRACE(manifest.notions[c].name);
    const SubspaceManifest& subspace = manifest.subspaces[c];
    EXPECT_EQ(subspace.recall.queries, kCount);
    EXPECT_GE(subspace.recall.value, 0.99);
    EXPECT_EQ(subspace.recall.target, 0);
    EXPECT_EQ(subspace.ef_search, 64);
    // The recall the manifest claims, measured anew on queries as users ask them against brute
    // force.
    double hits = 0;
    for (int i = 0; i < kCount; ++i) {
      const uint32_t row = *engine.generation().metadata().RowOf(Sku(i));
      std::vector<double> exact;
      for (uint32_t other = 0; other < kCount; ++other) {
        double distance = 0;
        for (size_t k = 0; k < kDim; ++k) {
          distance += std::pow(manifest.masks.weights(c)[k] *
                                   (static_cast<double>(rows.Row(row)[k]) - rows.Row(other)[k]),
                               2);
        }
        if (other != row) exact.push_back(distance);
      }
      std::nth_element(exact.begin(), exact.begin() + 9, exact.end());
      const double limit = std::sqrt(exact[9] / subspace.scale) * (1 + 1e-6);
      const Answer answer = engine.Search({.liked = {Sku(i)},
                                           .notions = {{manifest.notions[c].name, 1}},
                                           .k = 10,
                                           .ef = subspace.ef_search});
      EXPECT_EQ(answer.plan, Plan::kHnsw);
      for (const Hit& hit : answer.hits) hits += hit.parts[c].distance <= limit ? 0.1 : 0;
    }
    EXPECT_NEAR(subspace.recall.value, hits / kCount, 1e-9);
  }
}

TEST_F(IndexBuilderTest, NothingIsPublishedWhereNoRowIsAccepted) {
  WriteText(folder_ / "c.csv", "sku,image\na,gone.png\n,b.png\n");
  EXPECT_THAT([&] { Build(Options()); }, ThrowsError(ErrorCode::kFailed, "none of its 2 rows"));
  EXPECT_FALSE(fs::exists(folder_ / "idx"));
}

TEST_F(IndexBuilderTest, StoppedOrFailedItLeavesTheOldGenerationAndNothingElse) {
  WriteCatalogue(60);
  Build(Options());
  const std::vector<std::string> before = FilesOf(folder_ / "idx");

  for (const char* stage : {"embedding", "writing items", "building indexes"}) {
    SCOPED_TRACE(stage);
    StopFlag stop;
    const ProgressSink progress = [&](const Progress& progress) {
      if (progress.stage == stage) stop.signal = 2;
    };
    EXPECT_THAT([&] { Build(Options(), &stop, progress); },
                ThrowsError(ErrorCode::kInterrupted, "signal 2"));
    EXPECT_EQ(FilesOf(folder_ / "idx"), before);
  }
  BuildOptions broken = Options();
  broken.make_embedder = [](const Model&, const EmbedderOptions&) {
    return std::make_unique<NanEmbedder>();
  };
  EXPECT_THAT([&] { Build(broken); }, ThrowsError(ErrorCode::kFailed, Sku(0)));
  EXPECT_EQ(FilesOf(folder_ / "idx"), before);

  EXPECT_EQ(Generation::Open(folder_ / "idx").name(), "000001");
  EXPECT_EQ(Build(Options()).generation, "000002");
}

TEST_F(IndexBuilderTest, RefusesWhatItCannotUse) {
  WriteCatalogue(5);
  BuildOptions options = Options();
  options.plan.index_key = "IVF16,Flat";
  EXPECT_THAT([&] { Build(options); }, ThrowsError(ErrorCode::kInvalidArgument, "IVF16"));
  options = Options();
  options.model_path = folder_ / "none.csn";
  EXPECT_THAT([&] { Build(options); }, ThrowsError(ErrorCode::kNotFound, "none.csn"));
  options.model_path = folder_ / "c.csv";
  EXPECT_THAT([&] { Build(options); }, ThrowsError(ErrorCode::kCorruption, "c.csv"));
  EXPECT_FALSE(fs::exists(folder_ / "idx"));

  const GenerationWriter other(folder_ / "idx");
  const std::string theirs = "line\tsku\treason\n1\ta\tof the build that goes on\n";
  WriteText(folder_ / "rejects.tsv", theirs);
  EXPECT_THAT([&] { Build(Options()); }, ThrowsError(ErrorCode::kLocked, "idx"));
  EXPECT_EQ(ReadTextFile(folder_ / "rejects.tsv"), theirs);
}

}  // namespace
}  // namespace csn
