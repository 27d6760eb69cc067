#include "storage/subspace_index.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <set>
#include <thread>

#include "base/file.h"
#include "base/hash.h"
#include "base/random.h"
#include "tests/support/damage.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::ThrowsError;

Matrix RandomMatrix(size_t rows, size_t cols, uint64_t seed) {
  Rng rng(seed);
  Matrix matrix(rows, cols);
  for (size_t i = 0; i < rows * cols; ++i) matrix.data()[i] = static_cast<float>(rng.Normal());
  return matrix;
}

// Rows around a few centres, a tenth of them twice: what catalogues look like.
Matrix ClusteredMatrix(size_t rows, size_t cols, uint64_t seed) {
  Rng rng(seed);
  const Matrix centres = RandomMatrix(20, cols, seed + 1);
  Matrix matrix(rows, cols);
  for (size_t row = 0; row < rows; ++row) {
    const size_t centre = rng.Below(centres.rows());
    for (size_t k = 0; k < cols; ++k) {
      matrix.Row(row)[k] = centres.Row(centre)[k] + 0.1f * static_cast<float>(rng.Normal());
    }
    if (row > 0 && rng.Below(10) == 0) {
      std::ranges::copy(matrix.Row(rng.Below(row)), matrix.Row(row).begin());
    }
  }
  return matrix;
}

double SquaredDistance(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t k = 0; k < a.size(); ++k) {
    sum += (double(a[k]) - double(b[k])) * (double(a[k]) - double(b[k]));
  }
  return sum;
}

// Squared distances of all rows in double, ascending.
std::vector<double> SortedDistances(const Matrix& rows, std::span<const float> query) {
  std::vector<double> distances;
  for (size_t row = 0; row < rows.rows(); ++row) {
    distances.push_back(SquaredDistance(rows.Row(row), query));
  }
  std::sort(distances.begin(), distances.end());
  return distances;
}

// The answer is k distinct rows at the distances brute force finds, in order, ties by row.
void ExpectExact(const Matrix& rows, std::span<const float> query, size_t k,
                 const std::vector<Neighbor>& answer) {
  const std::vector<double> expected = SortedDistances(rows, query);
  ASSERT_EQ(answer.size(), std::min(k, rows.rows()));
  std::set<uint32_t> seen;
  for (size_t i = 0; i < answer.size(); ++i) {
    ASSERT_LT(answer[i].row, rows.rows());
    ASSERT_TRUE(seen.insert(answer[i].row).second) << "row " << answer[i].row << " twice";
    const double truth = SquaredDistance(rows.Row(answer[i].row), query);
    const double tolerance = 1e-5 * expected[i] + 1e-12;
    ASSERT_NEAR(truth, expected[i], tolerance) << "rank " << i;
    ASSERT_NEAR(answer[i].value, truth, tolerance) << "rank " << i;
    if (i > 0) {
      ASSERT_TRUE(answer[i - 1] < answer[i]) << "rank " << i;
    }
  }
}

TEST(SubspaceIndexTest, FlatIsExact) {
  for (const size_t dim : {1, 3, 16, 40}) {
    for (const size_t rows : {1, 2, 50, 2000}) {
      const uint64_t seed = dim * 10'000 + rows;
      SCOPED_TRACE(fmt::format("dim {} rows {} seed {}", dim, rows, seed));
      const Matrix vectors = ClusteredMatrix(rows, dim, seed);
      // 64 queries, above FAISS's threshold for BLAS; half of them are rows.
      Matrix queries = RandomMatrix(64, dim, seed + 7);
      for (size_t q = 0; q < queries.rows(); q += 2) {
        std::ranges::copy(vectors.Row(q % rows), queries.Row(q).begin());
      }
      const SubspaceIndex index = SubspaceIndex::Build({}, vectors.View());
      EXPECT_EQ(index.size(), rows);
      EXPECT_EQ(index.dim(), dim);
      for (const size_t k : {size_t{1}, size_t{10}, size_t{150}, rows + 5}) {
        const auto answers = index.Search({.k = k}, queries.View());
        ASSERT_EQ(answers.size(), queries.rows());
        for (size_t q = 0; q < queries.rows(); ++q) {
          ExpectExact(vectors, queries.Row(q), k, answers[q]);
        }
      }
    }
  }
}

TEST(SubspaceIndexTest, FlatFindsRowsAndTheirDuplicatesAtExactlyZero) {
  // Far from the origin, where computing by norms and products cancels.
  Matrix vectors = RandomMatrix(500, 8, 21);
  for (size_t i = 0; i < vectors.rows() * vectors.cols(); ++i) vectors.data()[i] += 1000.0f;
  std::ranges::copy(vectors.Row(17), vectors.Row(301).begin());
  const SubspaceIndex index = SubspaceIndex::Build({}, vectors.View());
  const auto answers = index.Search({.k = 2}, vectors.View());
  for (size_t row = 0; row < vectors.rows(); ++row) {
    ASSERT_EQ(answers[row][0].value, 0.0) << row;
    if (row != 17 && row != 301) {
      ASSERT_EQ(answers[row][0].row, row);
    }
  }
  EXPECT_EQ(answers[301], (std::vector<Neighbor>{{17, 0.0}, {301, 0.0}}));
}

// In few dimensions by floats, in many by bytes first; the distances are float's.
TEST(SubspaceIndexTest, HnswReachesItsRecall) {
  const size_t k = 10;
  for (const size_t dim : {12, 33, 64, 70}) {
    SCOPED_TRACE(dim);
    const Matrix vectors = ClusteredMatrix(3000, dim, 31);
    const Matrix queries = ClusteredMatrix(200, dim, 31);  // the same clusters
    const SubspaceIndex index = SubspaceIndex::Build({.key = "HNSW16"}, vectors.View());
    const auto answers = index.Search({.k = k, .ef_search = 64}, queries.View());
    size_t hits = 0;
    for (size_t q = 0; q < queries.rows(); ++q) {
      const double kth = SortedDistances(vectors, queries.Row(q))[k - 1];
      ASSERT_LE(answers[q].size(), k);
      std::set<uint32_t> rows;
      for (const Neighbor& neighbor : answers[q]) {
        ASSERT_TRUE(rows.insert(neighbor.row).second);
        const double truth = SquaredDistance(vectors.Row(neighbor.row), queries.Row(q));
        ASSERT_NEAR(neighbor.value, truth, 1e-5 * truth + 1e-12);
        hits += truth <= kth * (1 + 1e-6);
      }
      ASSERT_TRUE(std::is_sorted(answers[q].begin(), answers[q].end()));
    }
    EXPECT_GE(double(hits) / double(k * queries.rows()), 0.95);
  }
}

// One row far out does not make steps of bytes so wide that all others are alike.
TEST(SubspaceIndexTest, HnswOfManyDimensionsBearsAnOutlier) {
  Matrix vectors = ClusteredMatrix(3000, 48, 45);
  for (float& value : vectors.Row(1700)) value = 1e6f;
  const SubspaceIndex index = SubspaceIndex::Build({.key = "HNSW16"}, vectors.View());
  size_t hits = 0;
  for (size_t q = 0; q < 100; ++q) {
    const double kth = SortedDistances(vectors, vectors.Row(q))[9];
    const auto answers = index.Search({}, {vectors.Row(q).data(), 1, 48});
    for (const Neighbor& neighbor : answers.front()) {
      hits += SquaredDistance(vectors.Row(neighbor.row), vectors.Row(q)) <= kth * (1 + 1e-6);
    }
  }
  EXPECT_GE(hits, 950u);
}

TEST(SubspaceIndexTest, HnswIsNeverPaddedAndRaisesEfToK) {
  const Matrix vectors = RandomMatrix(120, 4, 41);
  const SubspaceIndex index = SubspaceIndex::Build({.key = "HNSW8"}, vectors.View());
  for (const size_t k : {1, 100, 120, 500}) {
    const auto answers = index.Search({.k = k, .ef_search = 1}, vectors.View());
    for (const auto& answer : answers) {
      EXPECT_LE(answer.size(), std::min(k, vectors.rows()));
      EXPECT_GE(answer.size(), std::min(k, vectors.rows()) * 9 / 10);
      for (const Neighbor& neighbor : answer) EXPECT_LT(neighbor.row, vectors.rows());
    }
  }
}

// Which rows were visited is kept in bytes that are used again; they wrap after 255 searches.
TEST(SubspaceIndexTest, HnswForgetsEarlierSearches) {
  const Matrix vectors = ClusteredMatrix(500, 6, 43);
  const SubspaceIndex index = SubspaceIndex::Build({.key = "HNSW8"}, vectors.View());
  const auto search = [&](size_t row) {
    return index.Search({.k = 5, .ef_search = 20}, {vectors.Row(row).data(), 1, 6}).front();
  };
  const std::vector<Neighbor> first = search(0), second = search(100);
  ASSERT_EQ(first.size(), 5u);
  for (int i = 0; i < 1000; ++i) {
    const bool wraps = i % 255 == 0;  // to the mark that it had the last time
    ASSERT_EQ(search(wraps ? 0 : 100), wraps ? first : second) << i;
  }
}

// All lists looked at, the answer is exact; of fewer, some rows are not found.
TEST(SubspaceIndexTest, ListsAreExactWhereAllAreLookedAt) {
  for (const size_t dim : {1, 6, 40}) {
    SCOPED_TRACE(dim);
    const Matrix vectors = ClusteredMatrix(2000, dim, 46);
    const Matrix queries = RandomMatrix(30, dim, 47);
    const SubspaceIndex index = SubspaceIndex::Build({.key = "IVF25,Flat"}, vectors.View());
    EXPECT_EQ(index.size(), 2000u);
    EXPECT_EQ(index.dim(), dim);
    for (const int nprobe : {25, 1000}) {
      const auto answers = index.Search({.k = 20, .nprobe = nprobe}, queries.View());
      for (size_t q = 0; q < queries.rows(); ++q) {
        ExpectExact(vectors, queries.Row(q), 20, answers[q]);
      }
    }
    size_t found = 0;
    for (const auto& answer : index.Search({.k = 2000, .nprobe = 3}, queries.View())) {
      found += answer.size();
    }
    EXPECT_GT(found, 0u);
    EXPECT_LT(found, 30u * 1000);
  }
}

// Estimates put the right rows among the nearest 100, whether or not a quantizer's parts divide the
// dimensions.
TEST(SubspaceIndexTest, QuantizedListsFindNearRows) {
  for (const size_t dim : {2, 10, 16, 33}) {
    SCOPED_TRACE(dim);
    const Matrix vectors = ClusteredMatrix(3000, dim, 48);
    const Matrix queries = ClusteredMatrix(100, dim, 48);
    const SubspaceIndex index = SubspaceIndex::Build({.key = "IVF10,PQ4"}, vectors.View());
    EXPECT_EQ(index.dim(), dim);
    size_t hits = 0;
    const auto answers = index.Search({.k = 100, .nprobe = 10}, queries.View());
    for (size_t q = 0; q < queries.rows(); ++q) {
      const double nearest = SortedDistances(vectors, queries.Row(q))[0];
      hits += std::ranges::any_of(answers[q], [&](const Neighbor& neighbor) {
        return SquaredDistance(vectors.Row(neighbor.row), queries.Row(q)) <= nearest * (1 + 1e-6);
      });
    }
    EXPECT_GE(hits, 95u);
  }
}

TEST(SubspaceIndexTest, ForetellsItsFile) {
  const TempDir folder;
  const std::string path = folder / "i";
  const Matrix vectors = ClusteredMatrix(4000, 18, 49);
  for (const char* key : {"Flat", "HNSW8", "IVF50,Flat", "IVF50,PQ6", "IVF50,PQ4"}) {
    SubspaceIndex::Build({.key = key}, vectors.View()).Save(path);
    const auto size = static_cast<double>(std::filesystem::file_size(path));
    EXPECT_NEAR(static_cast<double>(SubspaceIndex::FileBytes(key, 4000, 18)), size, 0.05 * size)
        << key;
    SubspaceIndex::CheckHeader(path, key, 4000, 18);
    EXPECT_THAT([&] { SubspaceIndex::CheckHeader(path, key, 4000, 17); },
                ThrowsError(ErrorCode::kCorruption, path));
    EXPECT_THAT([&] { SubspaceIndex::CheckHeader(path, "HNSW9", 3999, 18); },
                ThrowsError(ErrorCode::kCorruption, path));
  }
}

// As FAISS does: what is known of such a row is that it is far.
TEST(SubspaceIndexTest, HnswLeavesOutRowsWhoseDistanceOverflows) {
  for (const size_t dim : {3, 40}) {
    Matrix vectors = RandomMatrix(50, dim, 44);
    vectors.Row(7)[1] = 3e38f;
    const SubspaceIndex index = SubspaceIndex::Build({.key = "HNSW8"}, vectors.View());
    const auto answer = index.Search({.k = 50}, {vectors.Row(0).data(), 1, dim}).front();
    EXPECT_GE(answer.size(), 40u);
    for (const Neighbor& neighbor : answer) EXPECT_NE(neighbor.row, 7u);
  }
}

TEST(SubspaceIndexTest, BuiltTwiceGivesTheSameBytesWhateverTheThreads) {
  const TempDir folder;
  const Matrix vectors = ClusteredMatrix(2000, 10, 51);
  for (const char* key : {"Flat", "HNSW16", "IVF40,Flat", "IVF40,PQ4"}) {
    SCOPED_TRACE(key);
    SubspaceIndex::Build({.key = key}, vectors.View()).Save(folder / "a");
    omp_set_num_threads(4);
    SubspaceIndex::Build({.key = key}, vectors.View()).Save(folder / "b");
    EXPECT_EQ(omp_get_max_threads(), 4);  // the caller's setting is given back
    omp_set_num_threads(1);
    EXPECT_EQ(ReadFile(folder / "a"), ReadFile(folder / "b"));
  }
}

TEST(SubspaceIndexTest, LoadedAnswersAsBuilt) {
  const TempDir folder;
  const std::string path = folder / "i";
  for (const size_t rows : {size_t{0}, size_t{1}, size_t{700}}) {
    for (const size_t dim : {0, 1, 9}) {
      for (const char* key : {"Flat", "HNSW8", "IVF8,Flat", "IVF8,PQ4"}) {
        if (dim > 0 && rows < ParseIndexKey(key).least_rows()) continue;
        SCOPED_TRACE(fmt::format("{} rows {} dim {}", key, rows, dim));
        const Matrix vectors = RandomMatrix(rows, dim, rows + dim);
        const SubspaceIndex built = SubspaceIndex::Build({.key = key}, vectors.View());
        built.Save(path);
        const SubspaceIndex loaded = SubspaceIndex::Load(path, FileChecksum(path));
        EXPECT_EQ(loaded.size(), rows);
        EXPECT_EQ(loaded.dim(), dim);
        const Matrix queries = RandomMatrix(30, dim, 61);
        const SearchOptions options{.k = 5, .nprobe = 3};
        const auto answers = loaded.Search(options, queries.View());
        EXPECT_EQ(answers, built.Search(options, queries.View()));
        ASSERT_EQ(answers.size(), 30u);
        EXPECT_EQ(answers[0].size(), std::min<size_t>(5, rows));
      }
    }
  }
}

TEST(SubspaceIndexTest, WithoutDimensionsEveryRowTies) {
  const Matrix vectors(7, 0);
  const SubspaceIndex index = SubspaceIndex::Build({.key = "HNSW32"}, vectors.View());
  const auto answers = index.Search({.k = 3}, {nullptr, 2, 0});
  const std::vector<Neighbor> expected = {{0, 0.0}, {1, 0.0}, {2, 0.0}};
  EXPECT_EQ(answers, (std::vector<std::vector<Neighbor>>{expected, expected}));
  EXPECT_EQ(index.Search({.k = 100}, {nullptr, 1, 0})[0].size(), 7u);
}

TEST(SubspaceIndexTest, RefusesWrongArguments) {
  const Matrix vectors = RandomMatrix(10, 3, 71);
  const SubspaceIndex index = SubspaceIndex::Build({}, vectors.View());
  EXPECT_THAT([&] { index.Search({.k = 0}, vectors.View()); },
              ThrowsError(ErrorCode::kInvalidArgument, "k 0"));
  EXPECT_THAT(
      [&] {
        index.Search({}, {vectors.data(), 5, 2});
      },
      ThrowsError(ErrorCode::kInvalidArgument, "queries of 2 floats, the index has 3"));
  EXPECT_THAT([&] { SubspaceIndex::Build({.key = "PQ4"}, vectors.View()); },
              ThrowsError(ErrorCode::kInvalidArgument, "PQ4"));
  EXPECT_THAT([&] { SubspaceIndex::Build({.key = "HNSW8", .ef_construction = 0}, vectors.View()); },
              ThrowsError(ErrorCode::kInvalidArgument, "ef_construction 0"));
  EXPECT_THAT([&] { SubspaceIndex::Build({.key = "IVF11,Flat"}, vectors.View()); },
              ThrowsError(ErrorCode::kInvalidArgument, "needs at least 11 rows"));
  EXPECT_TRUE(index.Search({}, {nullptr, 0, 3}).empty());
}

TEST(SubspaceIndexTest, FlippedAndCutFilesAreFound) {
  const TempDir folder;
  const std::string path = folder / "i";
  Rng rng(81);
  for (const auto& [key, dim] :
       {std::pair{"HNSW8", 0}, {"HNSW8", 4}, {"IVF4,Flat", 4}, {"IVF4,PQ2", 4}, {"IVF4,PQ3", 4}}) {
    const Matrix vectors = RandomMatrix(300, static_cast<size_t>(dim), 82);
    SubspaceIndex::Build({.key = key}, vectors.View()).Save(path);
    const size_t size = std::filesystem::file_size(path);
    const std::string checksum = FileChecksum(path);
    for (size_t i = 0; i < 500; ++i) {
      const size_t at = i < 64 && i < size ? i : rng.Below(size);
      const int bit = static_cast<int>(rng.Below(8));
      test::FlipBit(path, at, bit);
      ASSERT_THAT([&] { SubspaceIndex::Load(path, checksum); },
                  ThrowsError(ErrorCode::kCorruption, path))
          << key << " dim " << dim << " byte " << at;
      test::FlipBit(path, at, bit);
    }
    EXPECT_EQ(SubspaceIndex::Load(path, checksum).size(), 300u);
    for (size_t length = size; length-- > 0;) {
      std::filesystem::resize_file(path, length);
      ASSERT_THAT([&] { SubspaceIndex::Load(path, checksum); },
                  ThrowsError(ErrorCode::kCorruption, path));
      ASSERT_THAT([&] { SubspaceIndex::Load(path, ""); }, ThrowsError(ErrorCode::kCorruption, path))
          << key << " dim " << dim << " cut to " << length;
      length -= std::min<size_t>(length, size > 100 ? 37 : 0);
    }
  }
  EXPECT_THAT([&] { SubspaceIndex::Load(folder / "none", ""); },
              ThrowsError(ErrorCode::kCorruption, "none"));
  test::WriteText(path, "not an index at all");
  EXPECT_THAT([&] { SubspaceIndex::Load(path, ""); },
              ThrowsError(ErrorCode::kCorruption, "not a readable FAISS index"));
}

// Where the parts of the graph in a file of an HNSW index stand: after the index's header, vectors
// of a 64-bit count and values each.
struct GraphPart {
  size_t begin = 0;  // of the values
  size_t count = 0;
};
struct GraphParts {
  GraphPart level_begins, levels, offsets, links;
  size_t entry = 0, max_level = 0;
};

GraphParts FindGraph(const std::vector<uint8_t>& bytes) {
  size_t at = 4 + 4 + 8 + 8 + 8 + 1 + 4;  // magic, dim, rows, two unused, trained, metric
  const auto next = [&](size_t width) {
    uint64_t count = 0;
    std::memcpy(&count, &bytes.at(at), sizeof count);
    const GraphPart part{.begin = at + sizeof count, .count = count};
    at = part.begin + count * width;
    return part;
  };
  next(sizeof(double));  // probabilities of the levels
  GraphParts graph;
  graph.level_begins = next(4);
  graph.levels = next(4);
  graph.offsets = next(8);
  graph.links = next(4);
  graph.entry = at;
  graph.max_level = at + 4;
  return graph;
}

// FAISS follows a graph without looking. A checksum that fits the damage, a fault of whoever wrote
// the index, must not lead it astray.
TEST(SubspaceIndexTest, GraphsThatLeadNowhereAreRefused) {
  const TempDir folder;
  const std::string path = folder / "i";
  constexpr int32_t kRows = 300;
  const Matrix vectors = RandomMatrix(kRows, 4, 84);
  SubspaceIndex::Build({.key = "HNSW4"}, vectors.View()).Save(path);
  const std::vector<uint8_t> sound = ReadFile(path);
  const GraphParts graph = FindGraph(sound);
  ASSERT_EQ(graph.levels.count, static_cast<size_t>(kRows));
  ASSERT_EQ(graph.offsets.count, static_cast<size_t>(kRows) + 1);

  const auto with = [&](size_t at, int32_t value) {
    std::vector<uint8_t> damaged = sound;
    std::memcpy(&damaged.at(at), &value, sizeof value);
    WriteFileAtomically(path, damaged);
    return [&] { SubspaceIndex::Load(path, ""); };
  };
  const auto refused = ThrowsError(ErrorCode::kCorruption, path + ": holds a graph");
  EXPECT_THAT(with(graph.links.begin, kRows), refused);
  EXPECT_THAT(with(graph.links.begin, -2), refused);
  EXPECT_THAT(with(graph.levels.begin, 0), refused);
  EXPECT_THAT(with(graph.levels.begin, 100), refused);
  EXPECT_THAT(with(graph.offsets.begin + 8, 7), refused);
  EXPECT_THAT(with(graph.offsets.begin, 1), refused);
  EXPECT_THAT(with(graph.level_begins.begin + 4, 1 << 20), refused);
  EXPECT_THAT(with(graph.entry, kRows), refused);
  EXPECT_THAT(with(graph.entry, -1), refused);
  EXPECT_THAT(with(graph.max_level, 50), refused);

  // Any other value of any part is refused, or is a graph that can be walked.
  constexpr uint64_t kSeed = 85;
  SCOPED_TRACE(kSeed);
  Rng rng(kSeed);
  int walked = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::pair<GraphPart, size_t> parts[] = {
        {graph.level_begins, 4}, {graph.levels, 4}, {graph.offsets, 8}, {graph.links, 4}};
    const auto& [part, width] = parts[rng.Below(4)];
    std::vector<uint8_t> damaged = sound;
    const auto value = static_cast<int32_t>(rng.Below(kRows + 10)) - 5;
    std::memcpy(&damaged.at(part.begin + rng.Below(part.count) * width), &value, sizeof value);
    WriteFileAtomically(path, damaged);
    try {
      const SubspaceIndex index = SubspaceIndex::Load(path, "");
      const auto answers = index.Search({.k = 20}, vectors.View());
      for (const std::vector<Neighbor>& answer : answers) {
        for (const Neighbor& neighbor : answer) ASSERT_LT(neighbor.row, uint32_t{kRows});
      }
      ++walked;
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::kCorruption) << error.what();
    }
  }
  EXPECT_GT(walked, 100);
  EXPECT_LT(walked, 1900);
}

// The same of lists, whatever in their file is changed: some of it is refused as it is read, some
// by FAISS, and what is left can be searched.
TEST(SubspaceIndexTest, ListsThatLeadNowhereAreRefused) {
  const TempDir folder;
  const std::string path = folder / "i";
  constexpr uint64_t kSeed = 86;
  SCOPED_TRACE(kSeed);
  Rng rng(kSeed);
  constexpr size_t kRows = 300;
  const Matrix vectors = RandomMatrix(kRows, 4, 87);
  for (const char* key : {"IVF5,Flat", "IVF5,PQ2", "IVF5,PQ3"}) {
    SCOPED_TRACE(key);
    SubspaceIndex::Build({.key = key}, vectors.View()).Save(path);
    const std::vector<uint8_t> sound = ReadFile(path);
    int searched = 0, refused = 0;
    for (int i = 0; i < 1000; ++i) {
      std::vector<uint8_t> damaged = sound;
      // Half of them among the counts before the vectors. Not a zero, that could be the high byte
      // of a count: FAISS makes room for what a file announces before it reads.
      const size_t at = rng.Below(2) == 0 ? rng.Below(std::min<size_t>(200, sound.size()))
                                          : rng.Below(sound.size());
      if (damaged[at] == 0) continue;
      damaged[at] = static_cast<uint8_t>(damaged[at] + 1 + rng.Below(255));
      WriteFileAtomically(path, damaged);
      try {
        const SubspaceIndex index = SubspaceIndex::Load(path, "");
        const auto answers = index.Search({.k = 20, .nprobe = 5}, vectors.View());
        for (const std::vector<Neighbor>& answer : answers) {
          for (const Neighbor& neighbor : answer) ASSERT_LT(neighbor.row, kRows);
        }
        ++searched;
      } catch (const Error& error) {
        ASSERT_TRUE(error.code() == ErrorCode::kCorruption || error.code() == ErrorCode::kFailed ||
                    error.code() == ErrorCode::kInvalidArgument)
            << error.what();
        ++refused;
      }
    }
    EXPECT_GT(searched, 100);
    EXPECT_GT(refused, 40);
  }
}

// A file of lists ends with the last row of the last one.
TEST(SubspaceIndexTest, ListsThatAreNotOfEveryRowOnceAreRefused) {
  const TempDir folder;
  const std::string path = folder / "i";
  const Matrix vectors = RandomMatrix(300, 4, 87);
  SubspaceIndex::Build({.key = "IVF5,Flat"}, vectors.View()).Save(path);
  std::vector<uint8_t> bytes = ReadFile(path);
  int64_t row = 0;
  uint8_t* const last = bytes.data() + bytes.size() - sizeof row;
  std::memcpy(&row, last, sizeof row);
  ASSERT_TRUE(row >= 0 && row < 300) << row;
  for (const int64_t wrong : {(row + 1) % 300, int64_t{300}, int64_t{-1}}) {
    std::memcpy(last, &wrong, sizeof wrong);
    WriteFileAtomically(path, bytes);
    EXPECT_THAT([&] { SubspaceIndex::Load(path, ""); },
                ThrowsError(ErrorCode::kCorruption,
                            fmt::format("with row {}, which is not there or in two lists", wrong)));
  }
}

TEST(SubspaceIndexTest, TrainingOfListsEndsWhereAStopIsAskedFor) {
  const Matrix vectors = RandomMatrix(500, 4, 88);
  StopFlag stop;
  stop.signal = 15;
  EXPECT_THAT([&] { SubspaceIndex::Build({.key = "IVF10,Flat"}, vectors.View(), &stop); },
              ThrowsError(ErrorCode::kInterrupted, "signal 15"));
  EXPECT_EQ(SubspaceIndex::Build({.key = "IVF10,Flat"}, vectors.View()).size(), 500u);
}

TEST(SubspaceIndexTest, ThreadsSearchTogether) {
  const Matrix vectors = ClusteredMatrix(2000, 8, 91);
  const Matrix queries = RandomMatrix(50, 8, 92);
  for (const char* key : {"Flat", "HNSW16", "IVF20,Flat", "IVF20,PQ4"}) {
    const SubspaceIndex index = SubspaceIndex::Build({.key = key}, vectors.View());
    const auto expected = index.Search({}, queries.View());
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 5; ++i) wrong += index.Search({}, queries.View()) != expected;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0) << key;
  }
}

}  // namespace
}  // namespace csn
