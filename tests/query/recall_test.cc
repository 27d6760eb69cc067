#include "query/evaluation/recall.h"

#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

constexpr ErrorCode kWrong = ErrorCode::kInvalidArgument;

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
