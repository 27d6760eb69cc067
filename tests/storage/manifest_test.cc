#include "storage/manifest.h"

#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using nlohmann::ordered_json;
using test::ThrowsError;

Manifest SmallManifest() {
  Manifest manifest;
  manifest.created_by = "csn_index 0.1.0";
  manifest.model_id = std::string(64, 'a');
  manifest.dim = 3;
  manifest.rows = 8;
  manifest.catalogue_rows = 10;
  manifest.rejected = 2;
  manifest.seed = std::numeric_limits<uint64_t>::max();
  manifest.split_seed = std::numeric_limits<uint64_t>::max() - 1;
  manifest.split_by = "style";
  manifest.preprocessing = std::string(32, 'b');
  manifest.photographs = "/srv/shop \xc3\xa4";
  manifest.columns = {{"prix \"net\" \xc3\xa4", ColumnType::kNumber},
                      {"sizes", ColumnType::kList},
                      {"brand", ColumnType::kText}};
  manifest.notions = {{.name = "heel-height",
                       .column = "heel_height",
                       .kind = NotionKind::kNumeric,
                       .near = 0.1,
                       .far = 1.5},
                      {.name = "brand", .column = "brand"}};
  Matrix masks(2, 3);
  masks.Row(0)[1] = 0.1f;
  masks.Row(0)[2] = std::numeric_limits<float>::denorm_min();
  manifest.masks = MaskTable(masks);  // the second notion has no live dimension
  manifest.subspaces = {
      {.key = "HNSW32",
       .ef_construction = 200,
       .ef_search = 64,
       .scale = 1.0 / 3,
       .radius = 12.25,
       .recall =
           {.value = 0.9987654321012345, .low = 0.99, .high = 1, .target = 0.985, .queries = 1000},
       .tree = TreeShares{.for_10 = 1.0 / 7, .for_100 = 0.25, .for_1000 = 1}},
      {}};
  manifest.files["notion-00.faiss"] = {.size = 5'000'000'000, .checksum = std::string(32, '0')};
  manifest.files["metadata/CURRENT"] = {.size = 0, .checksum = std::string(32, 'f')};
  return manifest;
}

TEST(ManifestTest, ReadsBackEqual) {
  const Manifest written = SmallManifest();
  const std::string text = FormatManifest(written);
  const Manifest read = ParseManifest(text, "m");
  EXPECT_EQ(FormatManifest(read), text);
  EXPECT_EQ(read.photographs, written.photographs);
  EXPECT_EQ(read.created_by, written.created_by);
  EXPECT_EQ(read.model_id, written.model_id);
  EXPECT_EQ(read.dim, 3u);
  EXPECT_EQ(read.rows, 8u);
  EXPECT_EQ(read.catalogue_rows, 10u);
  EXPECT_EQ(read.rejected, 2u);
  EXPECT_EQ(read.seed, written.seed);
  EXPECT_EQ(read.split_seed, written.split_seed);
  EXPECT_EQ(read.split_by, "style");
  EXPECT_EQ(read.preprocessing, written.preprocessing);
  EXPECT_EQ(read.columns, written.columns);
  ASSERT_EQ(read.notions.size(), 2u);
  EXPECT_EQ(read.notions[0].name, "heel-height");
  EXPECT_EQ(read.notions[0].column, "heel_height");
  EXPECT_EQ(read.notions[0].kind, NotionKind::kNumeric);
  EXPECT_EQ(read.notions[0].near, 0.1);
  EXPECT_EQ(read.notions[0].far, 1.5);
  EXPECT_EQ(read.notions[1].kind, NotionKind::kCategorical);
  ASSERT_EQ(read.subspaces.size(), 2u);
  EXPECT_EQ(read.subspaces[0].key, "HNSW32");
  EXPECT_EQ(read.subspaces[0].ef_construction, 200);
  EXPECT_EQ(read.subspaces[0].ef_search, 64);
  EXPECT_EQ(read.subspaces[0].scale, 1.0 / 3);
  EXPECT_EQ(read.subspaces[0].radius, 12.25);
  EXPECT_EQ(read.subspaces[0].recall, written.subspaces[0].recall);
  EXPECT_EQ(read.subspaces[0].tree, written.subspaces[0].tree);
  EXPECT_EQ(read.subspaces[1].key, "Flat");
  EXPECT_EQ(read.subspaces[1].tree, std::nullopt);
  ASSERT_EQ(read.files.size(), 2u);
  EXPECT_EQ(read.files.at("notion-00.faiss").size, 5'000'000'000u);
  EXPECT_EQ(read.files.at("metadata/CURRENT").checksum, std::string(32, 'f'));
}

TEST(ManifestTest, TheEmbeddingsOutlineMayBeUnknownButNotWrong) {
  Manifest manifest = SmallManifest();
  EXPECT_EQ(ParseManifest(FormatManifest(manifest), "m").embeddings_outline, "");
  manifest.embeddings_outline = std::string(32, 'e');
  ordered_json json = ordered_json::parse(FormatManifest(manifest));
  EXPECT_EQ(ParseManifest(json.dump(), "m").embeddings_outline, manifest.embeddings_outline);
  for (const ordered_json& wrong : {ordered_json(nullptr), ordered_json(1), ordered_json("e")}) {
    json["embeddings_outline"] = wrong;
    EXPECT_THAT([&] { ParseManifest(json.dump(), "m"); },
                ThrowsError(ErrorCode::kCorruption, "embeddings_outline"));
  }
}

TEST(ManifestTest, EveryMaskAndScaleReadsBackToTheBit) {
  Rng rng(1);
  Manifest manifest = SmallManifest();
  manifest.dim = 2000;
  Matrix masks(2, manifest.dim);
  for (size_t i = 0; i < 2 * manifest.dim; ++i) {
    if (rng.Below(3) != 0) masks.data()[i] = static_cast<float>(std::exp(rng.Normal() * 20));
  }
  manifest.masks = MaskTable(masks);
  for (int round = 0; round < 20; ++round) {
    manifest.subspaces[0].scale = std::exp(rng.Normal() * 100);
    const Manifest read = ParseManifest(FormatManifest(manifest), "m");
    ASSERT_EQ(read.subspaces[0].scale, manifest.subspaces[0].scale);
    for (NotionId id = 0; id < 2; ++id) {
      ASSERT_TRUE(std::ranges::equal(read.masks.weights(id), manifest.masks.weights(id)));
    }
  }
}

TEST(ManifestTest, ListsReadBackEqual) {
  Manifest manifest = SmallManifest();
  manifest.subspaces[0].key = "IVF1024,PQ8";
  manifest.subspaces[0].ef_construction = 0;
  manifest.subspaces[0].nprobe = 33;
  EXPECT_EQ(ParseManifest(FormatManifest(manifest), "x").subspaces, manifest.subspaces);
}

TEST(ManifestTest, NewerVersionIsRefusedBeforeAnythingElse) {
  EXPECT_THAT([] { ParseManifest(R"({"format_version": 9, "unknown": []})", "x/MANIFEST.json"); },
              ThrowsError(ErrorCode::kCorruption,
                          "manifest x/MANIFEST.json: format version 9, this build reads up to 8"));
}

// Every path to a value within `node`, by object keys and array positions.
void ForEachPath(const ordered_json& node, const ordered_json::json_pointer& here,
                 const std::function<void(const ordered_json::json_pointer&)>& visit) {
  if (!node.is_structured()) return;
  for (const auto& [key, value] : node.items()) {
    const auto path = node.is_array() ? here / std::stoul(key) : here / key;
    visit(path);
    ForEachPath(value, path, visit);
  }
}

TEST(ManifestTest, EveryMissingFieldIsFound) {
  const ordered_json sound = ordered_json::parse(FormatManifest(SmallManifest()));
  size_t tried = 0;
  ForEachPath(sound, ordered_json::json_pointer(), [&](const ordered_json::json_pointer& path) {
    const ordered_json& parent = sound.at(path.parent_pointer());
    // Whole files and columns may be fewer; that the layout's are there is the generation's to
    // check.
    const std::string in = path.parent_pointer().to_string();
    if (in == "/files" || in == "/columns") return;
    if (path.back() == "tree") return;  // not every notion has one
    ordered_json damaged = sound;
    if (parent.is_object()) {
      damaged.at(path.parent_pointer()).erase(path.back());
    } else if (in == "/notions") {
      return;  // a notion less is a smaller, sound manifest
    } else {
      damaged.at(path.parent_pointer()).erase(std::stoul(path.back()));
    }
    ++tried;
    EXPECT_THAT([&] { ParseManifest(damaged.dump(), "m"); },
                ThrowsError(ErrorCode::kCorruption, "manifest m: "))
        << path.to_string();
  });
  EXPECT_GT(tried, 40u);
}

TEST(ManifestTest, EveryValueOfAnotherKindIsFound) {
  const ordered_json sound = ordered_json::parse(FormatManifest(SmallManifest()));
  ForEachPath(sound, ordered_json::json_pointer(), [&](const ordered_json::json_pointer& path) {
    const ordered_json& value = sound.at(path);
    for (const ordered_json& other :
         {ordered_json(nullptr), ordered_json(true), ordered_json("x\x01"), ordered_json(-1),
          ordered_json(ordered_json::array({1})), ordered_json(ordered_json::object())}) {
      if (value.type() == other.type() || (value.is_object() && other.is_object())) continue;
      if (value.is_array() && other.is_array()) continue;
      ordered_json damaged = sound;
      damaged.at(path) = other;
      EXPECT_THAT([&] { ParseManifest(damaged.dump(), "m"); },
                  ThrowsError(ErrorCode::kCorruption, "manifest m: "))
          << path.to_string() << " = " << other.dump();
    }
  });
}

TEST(ManifestTest, ContradictionsAreFoundInReadingAndWriting) {
  struct Case {
    const char* path;
    ordered_json value;
    const char* message;
  };
  const std::vector<Case> cases = {
      {"/format_version", 0, "format version 0"},
      {"/model_id", "abc", "model_id"},
      {"/model_id", std::string(64, 'A'), "model_id"},
      {"/preprocessing", "pad", "preprocessing 'pad'"},
      {"/split/seed", -1, "split.seed"},
      {"/dim", 0, "dim"},
      {"/dim", 4.0, "whole number"},
      {"/dim", 1ull << 60, "at most"},
      {"/rows", 9, "do not add up"},
      {"/rejected", std::numeric_limits<uint64_t>::max(), "do not add up"},
      {"/rows", 8.0, "whole number"},
      {"/columns/0/type", "money", "money"},
      {"/notions/0/kind", "ordinal", "ordinal"},
      {"/notions/0/near", 2.0, "near 2"},
      {"/notions/0/near", -1.0, "near -1"},
      {"/notions/0/name", "", "without a name"},
      {"/notions/1/name", "heel_height", "two notions"},
      {"/notions/0/mask/dims/1", 3, "ascending"},
      {"/notions/0/mask/dims/1", 1, "ascending"},
      {"/notions/0/mask/dims/1", 2.0, "ascending"},
      {"/notions/0/mask/weights/0", 0.0, "above 0"},
      {"/notions/0/mask/weights/0", -0.5, "above 0"},
      {"/notions/0/mask/weights/0", 1e-60, "above 0"},
      {"/notions/0/mask/weights/0", 1e60, "above 0"},
      {"/notions/0/index/key", "IVF16", "IVF16"},
      {"/notions/0/index/ef_search", 0, "ef_search 0"},
      {"/notions/0/index/ef_search", 1ull << 40, "at most"},
      {"/notions/0/index/ef_construction", 0, "ef_construction 0"},
      {"/notions/0/index/key", "IVF16,Flat", "nprobe 0, expected 1 to 16"},
      {"/notions/0/index/scale", 0.0, "scale 0"},
      {"/notions/0/index/scale", -1, "scale -1"},
      {"/notions/0/index/radius", -1e-9, "radius"},
      {"/notions/0/index/recall", 1.5, "recall"},
      {"/notions/0/index/recall_low", 0.999, "recall"},
      {"/notions/0/index/recall_high", 0.99, "recall"},
      {"/notions/0/index/recall_high", 1.01, "recall"},
      {"/notions/0/index/recall_target", -0.1, "recall_target"},
      {"/notions/0/index/tree/share_10", -0.1, "tree: shares -0.1"},
      {"/notions/0/index/tree/share_1000", 1.5, "tree: shares"},
      {"/notions/0/index/tree/share_1000", 0.125, "ascending"},
      {"/notions/0/index/tree/share_100", 0.125, "ascending"},
      {"/files/notion-00.faiss/checksum", "00", "checksum"},
  };
  const ordered_json sound = ordered_json::parse(FormatManifest(SmallManifest()));
  for (const Case& c : cases) {
    ordered_json damaged = sound;
    damaged.at(ordered_json::json_pointer(c.path)) = c.value;
    EXPECT_THAT([&] { ParseManifest(damaged.dump(), "m"); },
                ThrowsError(ErrorCode::kCorruption, c.message))
        << c.path << " = " << c.value.dump();
  }
  Manifest manifest = SmallManifest();
  manifest.rejected = 3;
  EXPECT_THAT([&] { FormatManifest(manifest); },
              ThrowsError(ErrorCode::kInvalidArgument, "do not add up"));
  manifest = SmallManifest();
  manifest.columns[0].name = "\xff";
  EXPECT_THAT([&] { FormatManifest(manifest); },
              ThrowsError(ErrorCode::kInvalidArgument, "manifest to be written"));
}

TEST(ManifestTest, Version1LacksWhatCameWithVersion2) {
  for (const char* field : {"photographs", "embeddings_outline"}) {
    ordered_json old = ordered_json::parse(FormatManifest(SmallManifest()));
    old.erase(field);
    EXPECT_THAT([&] { ParseManifest(old.dump(), "m"); },
                ThrowsError(ErrorCode::kCorruption, fmt::format("{} is missing", field)));
    old["format_version"] = 1;
    EXPECT_EQ(ParseManifest(old.dump(), "m").photographs, "");
    EXPECT_EQ(ParseManifest(old.dump(), "m").embeddings_outline, "");
  }
}

TEST(ManifestTest, NoPathLeavesTheGeneration) {
  for (const char* path : {"/etc/passwd", "../x", "metadata/../../x", "a//b", "a/", "./a", "", "..",
                           "MANIFEST.json"}) {
    ordered_json damaged = ordered_json::parse(FormatManifest(SmallManifest()));
    damaged["files"][path] = damaged["files"]["metadata/CURRENT"];
    EXPECT_THAT([&] { ParseManifest(damaged.dump(), "m"); },
                ThrowsError(ErrorCode::kCorruption, "not a path within the generation"))
        << path;
  }
}

TEST(ManifestTest, MalformedAndHostileTextNeverDoesWorseThanThrow) {
  const std::string sound = FormatManifest(SmallManifest());
  for (const std::string& text :
       {std::string(), std::string("null"), std::string("[]"), std::string("7"),
        std::string("{\"format_version\": 1e999}"), std::string("{\"format_version\": -1}"),
        std::string(1'000'000, '['),
        std::string("{\"format_version\":") + std::string(500'000, '['), sound + "x",
        std::string("\xff\xfe{}")}) {
    EXPECT_THAT([&] { ParseManifest(text, "m"); },
                ThrowsError(ErrorCode::kCorruption, "manifest m: "));
  }
  for (size_t length = 0; length + 2 < sound.size(); ++length) {
    ASSERT_THAT([&] { ParseManifest(std::string_view(sound).substr(0, length), "m"); },
                ThrowsError(ErrorCode::kCorruption, "manifest m: "))
        << length;
  }
  Rng rng(3);
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = sound;
    damaged[rng.Below(damaged.size())] = static_cast<char>(rng.Below(256));
    try {
      ParseManifest(damaged, "m");
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::kCorruption) << error.what();
    }
  }
}

}  // namespace
}  // namespace csn
