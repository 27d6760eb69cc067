#include "storage/embedding_file.h"

#include <atomic>
#include <cstring>
#include <filesystem>
#include <functional>
#include <set>
#include <thread>

#include "base/file.h"
#include "base/random.h"
#include "tests/support/damage.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

namespace fs = std::filesystem;
using test::TempDir;
using test::ThrowsError;

constexpr size_t kHeaderBytes = 4096;

Matrix RandomMatrix(size_t rows, size_t cols, uint64_t seed) {
  Rng rng(seed);
  Matrix matrix(rows, cols);
  for (size_t i = 0; i < rows * cols; ++i) matrix.data()[i] = static_cast<float>(rng.Normal());
  return matrix;
}

void WriteRows(const std::string& path, const Matrix& rows) {
  EmbeddingFileWriter writer(path, rows.cols());
  for (size_t row = 0; row < rows.rows(); ++row) writer.Append(rows.Row(row));
  writer.Finish();
}

bool SameValues(MatrixView a, MatrixView b) {
  return a.rows == b.rows && a.cols == b.cols &&
         (a.rows == 0 || std::memcmp(a.data, b.data, a.rows * a.cols * sizeof(float)) == 0);
}

// Opens the file and reads everything in it.
void ReadAll(const std::string& path) { EmbeddingFile::Open(path).All(); }

TEST(EmbeddingFileTest, GivesBackEveryRow) {
  const TempDir folder;
  struct Shape {
    size_t rows, dim;
  };
  // 64 floats: 4096 rows a block. 300,000 floats: a row is longer than a block is meant to be.
  for (const Shape shape : {Shape{0, 64}, Shape{1, 1}, Shape{4095, 64}, Shape{4096, 64},
                            Shape{4097, 64}, Shape{9000, 64}, Shape{3, 300'000}, Shape{777, 7}}) {
    SCOPED_TRACE(fmt::format("{} rows of {}", shape.rows, shape.dim));
    const Matrix rows = RandomMatrix(shape.rows, shape.dim, shape.rows + 1);
    const std::string path = folder / "embeddings.f32";
    WriteRows(path, rows);
    const EmbeddingFile file = EmbeddingFile::Open(path);
    EXPECT_EQ(file.rows(), shape.rows);
    EXPECT_EQ(file.dim(), shape.dim);
    if (shape.rows > 0) {
      const std::span<const float> last = file.Row(shape.rows - 1);
      EXPECT_TRUE(std::ranges::equal(last, rows.Row(shape.rows - 1)));
    }
    EXPECT_TRUE(SameValues(file.All(), rows.View()));
    EXPECT_THAT([&] { file.Row(shape.rows); }, ThrowsError(ErrorCode::kInvalidArgument, "row"));
  }
}

TEST(EmbeddingFileTest, SameRowsGiveTheSameBytes) {
  const TempDir folder;
  const Matrix rows = RandomMatrix(5000, 64, 1);
  WriteRows(folder / "a", rows);
  WriteRows(folder / "b", rows);
  EXPECT_EQ(ReadFile(folder / "a"), ReadFile(folder / "b"));
}

TEST(EmbeddingFileTest, TheOutlineTellsFilesApartAndNoBlockIsReadForIt) {
  const TempDir folder;
  Matrix rows = RandomMatrix(5000, 64, 1);
  const auto outline_of = [&] {
    WriteRows(folder / "e", rows);
    return EmbeddingFile::Open(folder / "e").Outline();
  };
  const std::string outline = outline_of();
  EXPECT_EQ(outline_of(), outline);
  test::FlipBit(folder / "e", kHeaderBytes + 9, 3);
  EXPECT_EQ(EmbeddingFile::Open(folder / "e").Outline(), outline);
  rows.Row(4999)[63] += 1;
  EXPECT_NE(outline_of(), outline);
}

TEST(EmbeddingFileTest, RefusesRowsOfAnotherLength) {
  const TempDir folder;
  EmbeddingFileWriter writer(folder / "e", 3);
  const std::vector<float> two = {1, 2};
  EXPECT_THAT([&] { writer.Append(two); },
              ThrowsError(ErrorCode::kInvalidArgument, "2 floats, expected 3"));
  EXPECT_THAT([&] { EmbeddingFileWriter(folder / "f", 0); },
              ThrowsError(ErrorCode::kInvalidArgument, "0 floats"));
  EXPECT_THAT([&] { EmbeddingFileWriter(folder / "none/f", 3); },
              ThrowsError(ErrorCode::kFailed, "none/f"));
}

TEST(EmbeddingFileTest, MissingFileIsNotFound) {
  const TempDir folder;
  EXPECT_THAT([&] { EmbeddingFile::Open(folder / "none"); },
              ThrowsError(ErrorCode::kNotFound, "none"));
}

TEST(EmbeddingFileTest, UnfinishedFileDoesNotOpen) {
  const TempDir folder;
  {
    EmbeddingFileWriter writer(folder / "e", 64);
    for (int i = 0; i < 5000; ++i) writer.Append(std::vector<float>(64, 1.0f));
  }
  EXPECT_THAT([&] { EmbeddingFile::Open(folder / "e"); },
              ThrowsError(ErrorCode::kCorruption, "not a finished embedding file"));
}

TEST(EmbeddingFileTest, EveryFlippedByteIsFound) {
  const TempDir folder;
  const std::string path = folder / "e";
  WriteRows(path, RandomMatrix(300, 8, 3));
  const size_t size = fs::file_size(path);
  for (size_t i = 0; i < size; ++i) {
    const int bit = static_cast<int>(i % 8);
    test::FlipBit(path, i, bit);
    ASSERT_THAT([&] { ReadAll(path); }, ThrowsError(ErrorCode::kCorruption, path)) << "byte " << i;
    test::FlipBit(path, i, bit);
  }
  ReadAll(path);
}

TEST(EmbeddingFileTest, CutOrLengthenedFilesAreFound) {
  const TempDir folder;
  const std::string path = folder / "e";
  WriteRows(path, RandomMatrix(300, 8, 4));
  const size_t size = fs::file_size(path);
  fs::resize_file(path, size + 1);
  EXPECT_THAT([&] { ReadAll(path); }, ThrowsError(ErrorCode::kCorruption, "expected"));
  std::set<size_t, std::greater<>> lengths = {0, 1, 8, 4095, 4096, 4097, 4103, 4104, size - 1};
  for (size_t length = 0; length < size; length += 97) lengths.insert(length);
  for (const size_t length : lengths) {
    fs::resize_file(path, length);
    ASSERT_THAT([&] { ReadAll(path); }, ThrowsError(ErrorCode::kCorruption, path)) << length;
  }
}

TEST(EmbeddingFileTest, DamageInOneBlockLeavesTheOthersReadable) {
  const TempDir folder;
  const std::string path = folder / "e";
  const Matrix rows = RandomMatrix(9000, 64, 5);  // three blocks
  WriteRows(path, rows);
  test::FlipBit(path, kHeaderBytes + 5000 * 64 * sizeof(float), 0);
  const EmbeddingFile file = EmbeddingFile::Open(path);
  EXPECT_TRUE(std::ranges::equal(file.Row(0), rows.Row(0)));
  EXPECT_TRUE(std::ranges::equal(file.Row(8999), rows.Row(8999)));
  for (int attempt = 0; attempt < 2; ++attempt) {
    EXPECT_THAT([&] { file.Row(4096); }, ThrowsError(ErrorCode::kCorruption, "rows 4096 to 8191"));
    EXPECT_THAT([&] { file.All(); }, ThrowsError(ErrorCode::kCorruption, "rows 4096 to 8191"));
  }
}

TEST(EmbeddingFileTest, ThreadsReadTogether) {
  const TempDir folder;
  const Matrix rows = RandomMatrix(20'000, 64, 6);
  WriteRows(folder / "e", rows);
  const EmbeddingFile file = EmbeddingFile::Open(folder / "e");
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Rng rng(t);
      for (int i = 0; i < 2000; ++i) {
        const size_t row = rng.Below(rows.rows());
        if (!std::ranges::equal(file.Row(row), rows.Row(row))) ++wrong;
      }
      if (!SameValues(file.All(), rows.View())) ++wrong;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace csn
