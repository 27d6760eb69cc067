#include "embedder/train_options.h"

#include <gtest/gtest.h>

#include "tests/support/test_support.h"

namespace csn {
namespace {

TEST(RegularisedTest, MoreTheMoreEpochs) {
  const struct {
    double epochs, depth, erasing;
  } rows[] = {{1, 0, 0},        {20, 0, 0},       {70, 0.06, 0.25},
              {120, 0.12, 0.5}, {145, 0.15, 0.5}, {1000, 0.2, 0.5}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.epochs);
    const TrainOptions options = Regularised({}, row.epochs);
    EXPECT_NEAR(options.stochastic_depth.value(), row.depth, 1e-12);
    EXPECT_NEAR(options.random_erasing.value(), row.erasing, 1e-12);
  }
}

TEST(RegularisedTest, KeepsWhatWasAskedFor) {
  TrainOptions options;
  options.stochastic_depth = 0.4;
  options.random_erasing = 0;
  const TrainOptions chosen = Regularised(options, 120);
  EXPECT_EQ(chosen.stochastic_depth, 0.4);
  EXPECT_EQ(chosen.random_erasing, 0);
}

TEST(RegularisedTest, ThePapersRecipeAndPhotographsLeftAsTheyAreGetNothing) {
  TrainOptions as_they_are;
  as_they_are.augmentation = Augmentation::kNone;
  for (const TrainOptions& options : {PaperOptions(), as_they_are}) {
    const TrainOptions chosen = Regularised(options, 200);
    EXPECT_EQ(chosen.stochastic_depth, 0);
    EXPECT_EQ(chosen.random_erasing, 0);
  }
}

TEST(PrecisionTest, NamesAreParsed) {
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
    EXPECT_EQ(ParsePrecision(PrecisionName(precision)), precision);
  }
  EXPECT_THAT([] { ParsePrecision("float16"); },
              test::ThrowsError(ErrorCode::kInvalidArgument, "float32 and bfloat16"));
}

}  // namespace
}  // namespace csn
