#include "query/evaluation/recall.h"

#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

constexpr ErrorCode kWrong = ErrorCode::kInvalidArgument;

TEST(RecallsAtK, CountsByDistanceAndDividesByWhatThereIs) {
  const std::vector<std::vector<double>> exact = {{1, 2, 3}, {1, 1, 1}, {4}};
  const std::vector<std::vector<double>> found = {{1, 3, 4}, {1, 1, 1}, {4}};
  EXPECT_THAT(RecallsAtK(exact, found, 3), testing::ElementsAre(2.0 / 3, 1, 1));
  // At k = 2 the exact second is 2, so the found 3 misses; the lone neighbour counts whole.
  EXPECT_THAT(RecallsAtK(exact, found, 2), testing::ElementsAre(0.5, 1, 1));
  EXPECT_THAT(RecallsAtK(exact, exact, 10), testing::ElementsAre(1, 1, 1));
}

TEST(RecallsAtK, CountsShortAnswersAsMissesAndToleratesOneInAMillion) {
  const std::vector<std::vector<double>> exact = {{1, 2}};
  const auto recall = [&](std::vector<double> found, size_t k) {
    const std::vector<std::vector<double>> lists = {std::move(found)};
    return RecallsAtK(exact, lists, k).front();
  };
  EXPECT_DOUBLE_EQ(recall({}, 2), 0);
  EXPECT_DOUBLE_EQ(recall({1}, 2), 0.5);
  EXPECT_DOUBLE_EQ(recall({1, 2 * (1 + 0.9e-6)}, 2), 1);
  EXPECT_DOUBLE_EQ(recall({1, 2 * (1 + 1.1e-6)}, 2), 0.5);
  const std::vector<std::vector<double>> negative = {{-3, -2}}, nearly = {{-3, -2 + 1e-6}};
  EXPECT_EQ(RecallsAtK(negative, nearly, 2).front(), 1);
}

TEST(RecallsAtK, RefusesListsThatDoNotMatch) {
  const std::vector<std::vector<double>> one = {{1}}, two = {{1}, {2}}, none, empty = {{}};
  EXPECT_THAT([&] { RecallsAtK(one, one, 0); }, ThrowsError(kWrong, "k of at least 1"));
  EXPECT_THAT([&] { RecallsAtK(none, none, 1); }, ThrowsError(kWrong, "at least one"));
  EXPECT_THAT([&] { RecallsAtK(two, one, 1); }, ThrowsError(kWrong, "got 1 and 2"));
  EXPECT_THAT([&] { RecallsAtK(empty, one, 1); }, ThrowsError(kWrong, "no exact neighbours"));
}

}  // namespace
}  // namespace csn
