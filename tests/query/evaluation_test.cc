#include "query/evaluation.h"

#include <cmath>

#include "base/random.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

constexpr ErrorCode kWrong = ErrorCode::kInvalidArgument;

Matrix MakeMatrix(size_t cols, std::initializer_list<float> values) {
  Matrix matrix(values.size() / cols, cols);
  std::copy(values.begin(), values.end(), matrix.data());
  return matrix;
}

// Dimension 0 tells the labels apart, dimension 1 contradicts it.
struct HandWorld {
  MaskTable masks{MakeMatrix(2, {1, 0})};
  //                             row:  0      1       2       3       4 (unlabelled)
  Matrix embeddings = MakeMatrix(2, {0, 0, 0.1f, 9, 0.3f, 1, 5, 0.5f, 0.05f, 0});
  std::vector<uint8_t> known = {1, 1, 1, 1, 0};
  std::vector<int> labels = {7, 7, 7, 8, 7};
  std::function<bool(uint32_t, uint32_t)> relevant = [this](uint32_t q, uint32_t x) {
    return labels[q] == labels[x];
  };
};

TEST(PrecisionAtK, AgreesWithValuesWorkedOutByHand) {
  const HandWorld world;
  const PrecisionReport report =
      PrecisionAtK(world.masks, 0, world.embeddings.View(), world.known, world.relevant, 1, 2);
  EXPECT_EQ(report.queries, 4u);
  // Masked nearest: 0 -> 1, 1 -> 0, 2 -> 1, 3 -> 2: three of four relevant.
  EXPECT_DOUBLE_EQ(report.masked, 0.75);
  // Over both dimensions: 0 -> 2 (1.09), 1 -> 2 (64.04 against 81.01), 2 -> 0, 3 -> 2: the same
  // three.
  EXPECT_DOUBLE_EQ(report.unmasked, 0.75);
  // Two of three candidates are relevant for rows 0 to 2, none for row 3.
  EXPECT_DOUBLE_EQ(report.chance, 0.5);

  const PrecisionReport two =
      PrecisionAtK(world.masks, 0, world.embeddings.View(), world.known, world.relevant, 2, 1);
  // Masked: rows 0 to 2 have both others of their label first; row 3 none.
  EXPECT_DOUBLE_EQ(two.masked, 0.75);
  // Over both: 0 -> {2, 3}, 1 -> {2, 0} (81.01 against 96.26), 2 -> {0, 3}, 3 -> {2, 0}.
  EXPECT_DOUBLE_EQ(two.unmasked, (0.5 + 1 + 0.5 + 0) / 4);
}

TEST(PrecisionAtK, DividesByTheCandidatesWhereKIsGreater) {
  const HandWorld world;
  const PrecisionReport report =
      PrecisionAtK(world.masks, 0, world.embeddings.View(), world.known, world.relevant, 50, 1);
  EXPECT_DOUBLE_EQ(report.masked, 0.5);
  EXPECT_DOUBLE_EQ(report.unmasked, 0.5);
  EXPECT_DOUBLE_EQ(report.chance, 0.5);
}

TEST(PrecisionAtK, TiesGoToTheSmallerRow) {
  const MaskTable masks(MakeMatrix(1, {0}));  // no live dimension: everything ties
  const Matrix embeddings = MakeMatrix(1, {3, 2, 1});
  const std::vector<uint8_t> known = {1, 1, 1};
  const auto first = [](uint32_t, uint32_t x) { return x == 0; };
  const PrecisionReport report = PrecisionAtK(masks, 0, embeddings.View(), known, first, 1, 1);
  EXPECT_DOUBLE_EQ(report.masked, 2.0 / 3);    // queries 1 and 2 see row 0 first
  EXPECT_DOUBLE_EQ(report.unmasked, 1.0 / 3);  // row 2's nearest is row 1
}

TEST(PrecisionAtK, HasNothingToSayWithFewerThanTwoLabels) {
  const HandWorld world;
  for (const std::vector<uint8_t>& known :
       {std::vector<uint8_t>(5, 0), std::vector<uint8_t>{0, 1, 0, 0, 0}}) {
    const PrecisionReport report =
        PrecisionAtK(world.masks, 0, world.embeddings.View(), known, world.relevant, 3, 1);
    EXPECT_EQ(report.queries, 0u);
    EXPECT_EQ(report.masked, 0);
    EXPECT_EQ(report.unmasked, 0);
    EXPECT_EQ(report.chance, 0);
  }
}

TEST(PrecisionAtK, IsTheSameOnAnyNumberOfThreads) {
  constexpr uint64_t kSeed = 11;
  SCOPED_TRACE(kSeed);
  const test::EmbeddingWorld world = test::MakeEmbeddingWorld(300, 12, 3, kSeed);
  const std::vector<uint8_t> known(300, 1);
  const auto relevant = [](uint32_t q, uint32_t x) { return q % 5 == x % 5; };
  const auto run = [&](int threads) {
    return PrecisionAtK(world.masks, 1, world.embeddings.View(), known, relevant, 10, threads);
  };
  const PrecisionReport one = run(1), four = run(4);
  EXPECT_EQ(one.masked, four.masked);
  EXPECT_EQ(one.unmasked, four.unmasked);
  EXPECT_EQ(one.chance, four.chance);
  EXPECT_NEAR(one.chance, 59.0 / 299, 1e-12);
}

TEST(PrecisionAtK, TellsProgressInOrderFromOneThreadAtATime) {
  const test::EmbeddingWorld world = test::MakeEmbeddingWorld(300, 4, 1, 12);
  const std::vector<uint8_t> known(300, 1);
  std::vector<uint64_t> told;  // no lock: a sink need have none
  PrecisionAtK(
      world.masks, 0, world.embeddings.View(), known, [](uint32_t, uint32_t) { return true; }, 10,
      4, [&](const Progress& progress) { told.push_back(progress.done); });
  ASSERT_EQ(told.size(), 300u);
  for (size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i], i + 1);
}

TEST(PrecisionAtK, RefusesWrongShapes) {
  const HandWorld world;
  const auto run = [&](NotionId notion, size_t marks, size_t k) {
    const std::vector<uint8_t> known(marks, 1);
    PrecisionAtK(world.masks, notion, world.embeddings.View(), known, world.relevant, k, 1);
  };
  EXPECT_THAT([&] { run(0, 5, 0); }, ThrowsError(kWrong, "k of at least 1"));
  EXPECT_THAT([&] { run(1, 5, 1); }, ThrowsError(kWrong, "notion below 1, got 1"));
  EXPECT_THAT([&] { run(0, 4, 1); }, ThrowsError(kWrong, "4 marks for 5 rows"));
}

TEST(RecallAtK, CountsByDistanceAndDividesByWhatThereIs) {
  const std::vector<std::vector<double>> exact = {{1, 2, 3}, {1, 1, 1}, {4}};
  const std::vector<std::vector<double>> found = {{1, 3, 4}, {1, 1, 1}, {4}};
  EXPECT_DOUBLE_EQ(RecallAtK(exact, found, 3), (2.0 / 3 + 1 + 1) / 3);
  // At k = 2 the exact second is 2, so the found 3 misses; the lone neighbour counts whole.
  EXPECT_DOUBLE_EQ(RecallAtK(exact, found, 2), (0.5 + 1 + 1) / 3);
  EXPECT_DOUBLE_EQ(RecallAtK(exact, exact, 10), 1);
}

TEST(RecallAtK, CountsShortAnswersAsMissesAndToleratesOneInAMillion) {
  const std::vector<std::vector<double>> exact = {{1, 2}};
  const auto recall = [&](std::vector<double> found, size_t k) {
    const std::vector<std::vector<double>> lists = {std::move(found)};
    return RecallAtK(exact, lists, k);
  };
  EXPECT_DOUBLE_EQ(recall({}, 2), 0);
  EXPECT_DOUBLE_EQ(recall({1}, 2), 0.5);
  EXPECT_DOUBLE_EQ(recall({1, 2 * (1 + 0.9e-6)}, 2), 1);
  EXPECT_DOUBLE_EQ(recall({1, 2 * (1 + 1.1e-6)}, 2), 0.5);
  const std::vector<std::vector<double>> negative = {{-3, -2}}, nearly = {{-3, -2 + 1e-6}};
  EXPECT_DOUBLE_EQ(RecallAtK(negative, nearly, 2), 1);
}

TEST(RecallAtK, RefusesListsThatDoNotMatch) {
  const std::vector<std::vector<double>> one = {{1}}, two = {{1}, {2}}, none, empty = {{}};
  EXPECT_THAT([&] { RecallAtK(one, one, 0); }, ThrowsError(kWrong, "k of at least 1"));
  EXPECT_THAT([&] { RecallAtK(none, none, 1); }, ThrowsError(kWrong, "at least one"));
  EXPECT_THAT([&] { RecallAtK(two, one, 1); }, ThrowsError(kWrong, "got 1 and 2"));
  EXPECT_THAT([&] { RecallAtK(empty, one, 1); }, ThrowsError(kWrong, "no exact neighbours"));
}

}  // namespace
}  // namespace csn
