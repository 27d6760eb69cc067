// Indexes that a CUDA device trains. Each test skips by name where there is none.
#include <algorithm>

#include "base/random.h"
#include "storage/index_device.h"
#include "storage/subspace_index.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::ThrowsError;

Matrix Clusters(size_t rows, size_t cols, uint64_t seed) {
  Rng rng(seed);
  Matrix centres(50, cols), matrix(rows, cols);
  for (size_t i = 0; i < 50 * cols; ++i) centres.data()[i] = static_cast<float>(rng.Normal());
  for (size_t row = 0; row < rows; ++row) {
    const size_t centre = rng.Below(50);
    for (size_t k = 0; k < cols; ++k) {
      matrix.Row(row)[k] = centres.Row(centre)[k] + 0.2f * static_cast<float>(rng.Normal());
    }
  }
  return matrix;
}

class GpuIndexTest : public testing::Test {
 protected:
  void SetUp() override {
    const IndexDevice placed = PlaceIndexes({});
    if (!placed.cuda) GTEST_SKIP() << "indexes are trained on " << placed.text;
    cuda_ = placed.cuda;
  }

  SubspaceIndex Build(const std::string& key, const StopFlag* stop = nullptr) {
    return SubspaceIndex::Build({.key = key,
                                 .cuda = cuda_,
                                 .note = [&](const std::string& line) { notes_.push_back(line); }},
                                vectors_.View(), stop);
  }

  // Of the ten nearest by the flat index, the share that an index finds among a hundred.
  double Recall(const SubspaceIndex& index, int nprobe) const {
    const SubspaceIndex flat = SubspaceIndex::Build({}, vectors_.View());
    const MatrixView queries{vectors_.data(), 200, vectors_.cols()};
    const auto exact = flat.Search({.k = 10}, queries);
    const auto found = index.Search({.k = 100, .nprobe = nprobe}, queries);
    size_t hits = 0;
    for (size_t q = 0; q < queries.rows; ++q) {
      for (const Neighbor& wanted : exact[q]) {
        hits += std::ranges::count(found[q], wanted.row, &Neighbor::row) > 0;
      }
    }
    return static_cast<double>(hits) / static_cast<double>(10 * queries.rows);
  }

  std::optional<int> cuda_;
  std::vector<std::string> notes_;
  const Matrix vectors_ = Clusters(20'000, 18, 3);
};

TEST_F(GpuIndexTest, ListsAreAsGoodAsTheProcessors) {
  for (const char* key : {"IVF64,Flat", "IVF64,PQ3", "IVF64,PQ4"}) {
    SCOPED_TRACE(key);
    const SubspaceIndex built = Build(key);
    EXPECT_THAT(notes_, testing::IsEmpty());
    EXPECT_EQ(built.size(), vectors_.rows());
    EXPECT_EQ(built.dim(), vectors_.cols());
    const SubspaceIndex by_processor = SubspaceIndex::Build({.key = key}, vectors_.View());
    for (const int nprobe : {4, 64}) {
      EXPECT_NEAR(Recall(built, nprobe), Recall(by_processor, nprobe), 0.03) << nprobe;
    }
    // In the form that every machine opens.
    const TempDir folder;
    built.Save(folder / "i");
    const SubspaceIndex loaded = SubspaceIndex::Load(folder / "i", "");
    const MatrixView queries{vectors_.data(), 20, vectors_.cols()};
    EXPECT_EQ(loaded.Search({.nprobe = 8}, queries), built.Search({.nprobe = 8}, queries));
  }
}

TEST_F(GpuIndexTest, WhatItCannotTheProcessorDoes) {
  // GPUs have no codes of five bytes.
  EXPECT_EQ(Build("IVF16,PQ5").size(), vectors_.rows());
  ASSERT_EQ(notes_.size(), 1u);
  EXPECT_THAT(notes_[0], testing::HasSubstr("index IVF16,PQ5: trained on cpu (cuda:"));
}

TEST_F(GpuIndexTest, EndsWhereAStopIsAskedFor) {
  StopFlag stop;
  stop.signal = 15;
  EXPECT_THAT([&] { Build("IVF64,Flat", &stop); },
              ThrowsError(ErrorCode::kInterrupted, "signal 15"));
}

// Not skipped: what is said without a device.
TEST(IndexDeviceTest, ADeviceThatIsNotThereIsAnError) {
  EXPECT_EQ(PlaceIndexes({.kind = Device::Kind::kCpu}).text, "cpu");
  EXPECT_THAT([] { PlaceIndexes({.kind = Device::Kind::kCuda, .index = 99}); },
              ThrowsError(ErrorCode::kFailed, "device cuda:99: cannot be used for indexes: "));
  const IndexDevice chosen = PlaceIndexes({});
  EXPECT_THAT(chosen.text, testing::ContainsRegex("^(cpu \\(.+\\)|cuda:0)$"));
  EXPECT_EQ(chosen.cuda.has_value(), chosen.text == "cuda:0");
}

}  // namespace
}  // namespace csn
