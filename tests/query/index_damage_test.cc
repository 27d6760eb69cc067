// Whole index directories with one file damaged, cut, gone or another's: what is asked of them is
// answered as before or refused by name, and verify finds all of it.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/file.h"
#include "base/random.h"
#include "query/model_check.h"
#include "query/protocol.h"
#include "query/query_engine.h"
#include "storage/layout.h"
#include "tests/support/damage.h"
#include "tests/support/test_index.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

constexpr size_t kRows = 300;
constexpr size_t kDim = 8;

// Builds with sanitizers are many times slower, and an ordinary one has done all.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr size_t kTries = 200;
constexpr size_t kLeastTries = 4;  // of each file
#else
constexpr size_t kTries = 1000;
constexpr size_t kLeastTries = 20;
#endif

std::vector<Item> MakeItems(Rng& rng) {
  std::vector<Item> items = test::MakeTestItems(kRows);
  for (Item& item : items) {
    item.values = {Value("brand " + std::to_string(rng.Below(9))), Value(rng.Uniform(1, 99)),
                   Value(std::vector<std::string>{"new", std::to_string(rng.Below(4))})};
    if (rng.Below(10) == 0) item.values[rng.Below(3)] = Value();
  }
  return items;
}

void WriteIndex(const std::string& index, const std::string& key, uint64_t seed) {
  Rng rng(seed);
  const test::EmbeddingWorld world = test::MakeEmbeddingWorld(kRows, kDim, 3, seed);
  Matrix weights = world.masks.matrix();
  std::ranges::fill(weights.Row(2), 0.0f);  // its index is a file of our own
  test::WriteTestIndex(index, world.embeddings, MaskTable(weights), MakeItems(rng),
                       {.key = key,
                        .ef_search = 40,
                        .columns = {{"brand", ColumnType::kText},
                                    {"price", ColumnType::kNumber},
                                    {"tags", ColumnType::kList}},
                        .notions = {"shape", "shade", "nothing"}});
}

// Every notion, a mixture, an exact plan, by sku and by vector; every item's metadata once.
std::string Answers(const std::string& index) {
  const QueryEngine engine = QueryEngine::Open(index);
  std::string text;
  const auto ask = [&](Query query, const char* notions) {
    query.notions = ParseNotionWeights(notions);
    text += FormatAnswer(engine.Search(query), Format::kJsonl);
  };
  for (const char* notions : {"shape", "shade", "nothing", "shape=2,shade=-0.5"}) {
    for (const char* sku : {"sku-000000", "sku-000123", "sku-000299"}) {
      ask({.liked = {sku}, .k = 10}, notions);
    }
  }
  ask({.liked = {"sku-000042"}, .k = 10, .exact = true}, "shade");
  ask({.liked = {std::vector<float>(kDim, 0.25f)}, .k = kRows}, "shape");
  return text;
}

// As csn_index verify does.
void Verify(const std::string& index) {
  const Generation generation = Generation::Open(index);
  CheckModel(generation);
  generation.Verify({});
}

// What a call threw, if anything.
template <typename Call>
std::optional<Error> ErrorOf(const Call& call) {
  try {
    call();
    return std::nullopt;
  } catch (const Error& error) {
    return error;
  }
}

// All files of an index, in order, without those that are empty.
std::vector<std::string> FilesOf(const std::string& index) {
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(index)) {
    if (entry.is_regular_file() && entry.file_size() > 0) files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

// That an error speaks of damage and names the file. RocksDB may know no more than the folder.
void ExpectNames(const std::optional<Error>& error, const std::string& path) {
  ASSERT_TRUE(error.has_value()) << "nothing was thrown";
  EXPECT_TRUE(error->code() == ErrorCode::kCorruption || error->code() == ErrorCode::kMismatch)
      << error->what();
  const size_t store = path.find("/metadata/");
  const std::string part = store == std::string::npos ? path : path.substr(0, store) + "/metadata";
  EXPECT_NE(std::string(error->what()).find(part), std::string::npos) << error->what();
}

// With one file wrong: the answers are `sound` or an error, and verify finds it.
void ExpectFound(const std::string& index, const std::string& path, const std::string& sound) {
  SCOPED_TRACE(path);
  std::string answers;
  if (const auto error = ErrorOf([&] { answers = Answers(index); })) {
    ExpectNames(error, path);
  } else {
    EXPECT_TRUE(answers == sound) << "a wrong answer";
  }
  ExpectNames(ErrorOf([&] { Verify(index); }), path);
}

class IndexDamageTest : public testing::TestWithParam<const char*> {
 protected:
  IndexDamageTest() : index_(folder_ / "idx") {
    WriteIndex(index_, GetParam(), 1);
    sound_ = Answers(index_);
  }
  ~IndexDamageTest() override {
    Verify(index_);  // all damage was undone
    EXPECT_EQ(Answers(index_), sound_);
  }

  TempDir folder_;
  std::string index_;
  std::string sound_;  // its answers
};

TEST_P(IndexDamageTest, OneFlippedBitIsNeverAWrongAnswer) {
  const uint64_t seed = 20;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Rng rng(seed);
  const std::vector<std::string> files = FilesOf(index_);
  uint64_t bytes = 0;
  for (const std::string& file : files) bytes += fs::file_size(file);
  const size_t spare = kTries - kLeastTries * files.size();
  size_t done = 0;
  for (const std::string& file : files) {
    const uint64_t size = fs::file_size(file);
    // What rounding leaves goes to the last.
    const size_t tries = file == files.back() ? kTries - done : kLeastTries + spare * size / bytes;
    for (size_t i = 0; i < tries; ++i) {
      const size_t at = rng.Below(size);
      const int bit = static_cast<int>(rng.Below(8));
      SCOPED_TRACE(fmt::format("byte {} bit {}", at, bit));
      test::FlipBit(file, at, bit);
      ExpectFound(index_, file, sound_);
      test::FlipBit(file, at, bit);
    }
    done += tries;
  }
  EXPECT_EQ(done, kTries);
}

TEST_P(IndexDamageTest, CutFilesAreNamed) {
  for (const std::string& file : FilesOf(index_)) {
    const std::string sound = ReadTextFile(file);
    const size_t size = sound.size();
    for (const size_t length : {size_t{0}, size_t{1}, size / 3, size / 2, size - 1}) {
      SCOPED_TRACE(fmt::format("cut to {}", length));
      fs::resize_file(file, length);
      ExpectFound(index_, file, sound_);
    }
    test::WriteText(file, sound);
  }
}

TEST_P(IndexDamageTest, MissingFilesAreNamed) {
  for (const std::string& file : FilesOf(index_)) {
    if (file == layout::Current(index_)) continue;
    fs::rename(file, folder_ / "away");
    ExpectFound(index_, file, sound_);
    fs::rename(folder_ / "away", file);
  }
  // An index whose first build was killed before its last step looks like this.
  fs::rename(layout::Current(index_), folder_ / "away");
  EXPECT_THAT([&] { Answers(index_); }, test::ThrowsError(ErrorCode::kNotFound, index_));
  fs::rename(folder_ / "away", layout::Current(index_));
}

TEST_P(IndexDamageTest, FilesOfAnotherGenerationAreNamed) {
  WriteIndex(folder_ / "other", GetParam(), 2);
  for (const std::string& file : FilesOf(index_)) {
    const std::string sound = ReadTextFile(file);
    const std::string other = folder_ / "other" + file.substr(index_.size());
    ASSERT_TRUE(fs::exists(other)) << other;
    if (ReadTextFile(other) == sound) continue;
    test::WriteText(file, ReadTextFile(other));
    ExpectFound(index_, file, sound_);
    test::WriteText(file, sound);
  }
  // The whole store, in which every file fits the others.
  const auto store = [](const std::string& index) {
    return layout::GenerationFolder(index, "000001") + "/" + layout::kMetadata;
  };
  fs::rename(store(index_), folder_ / "away");
  fs::rename(store(folder_ / "other"), store(index_));
  ExpectFound(index_, store(index_) + "/", sound_);
  fs::rename(store(index_), folder_ / "others");
  fs::rename(folder_ / "away", store(index_));
}

INSTANTIATE_TEST_SUITE_P(Keys, IndexDamageTest,
                         testing::Values("Flat", "HNSW8", "IVF6,Flat", "IVF6,PQ4"));

}  // namespace
}  // namespace csn
