#include "embedder/triplet_source.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

Notion Categorical(const std::string& name) { return {.name = name, .column = name}; }
Notion Numeric(const std::string& name, double near, double far) {
  return {.name = name, .column = name, .kind = NotionKind::kNumeric, .near = near, .far = far};
}

// Labels from texts, "" for a missing one.
std::vector<Value> Texts(const std::vector<std::string>& texts) {
  std::vector<Value> values(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    if (!texts[i].empty()) values[i] = texts[i];
  }
  return values;
}

std::vector<Value> Numbers(const std::vector<double>& numbers) {
  return std::vector<Value>(numbers.begin(), numbers.end());
}

TEST(LabelTableTest, CloseFarAndMissing) {
  const LabelTable labels({Categorical("closure"), Numeric("heel", 0.5, 2)},
                          {Texts({"zip", "zip", "lace", ""}), Numbers({1.0, 1.5, 3.0, 3.5})});
  EXPECT_TRUE(labels.Close(0, 0, 1));
  EXPECT_FALSE(labels.Far(0, 0, 1));
  EXPECT_TRUE(labels.Far(0, 0, 2));
  EXPECT_FALSE(labels.Known(0, 3));
  EXPECT_FALSE(labels.Close(0, 3, 3));
  EXPECT_FALSE(labels.Far(0, 0, 3));
  EXPECT_TRUE(labels.Close(1, 0, 1));  // exactly near
  EXPECT_TRUE(labels.Far(1, 0, 2));    // exactly far
  EXPECT_FALSE(labels.Far(1, 1, 2));   // between the two: neither
  EXPECT_FALSE(labels.Close(1, 1, 2));
}

// In tenths, where whole numbers say what is close and far; doubles would lose half of the pairs
// that lie at a threshold.
TEST(LabelTableTest, DecimalsAtAThresholdCountAsTheyAreWritten) {
  std::vector<double> heels;
  for (int i = 5; i <= 120; ++i) heels.push_back(i / 10.0);
  Notion given = Numeric("heel", 0.6, 2.4), found = Numeric("found", 0, 0);
  ResolveThresholds(
      {.name = "x", .column = "x", .kind = NotionKind::kNumeric, .near = {}, .far = {}}, heels, 1,
      found);
  const LabelTable labels({given, found}, {Numbers(heels), Numbers(heels)});
  for (NotionId c = 0; c < 2; ++c) {
    const int near = static_cast<int>(std::lround(10 * labels.notions()[c].near));
    const int far = static_cast<int>(std::lround(10 * labels.notions()[c].far));
    for (uint32_t a = 0; a < heels.size(); ++a) {
      for (uint32_t b = 0; b < heels.size(); ++b) {
        const int apart = std::abs(static_cast<int>(a) - static_cast<int>(b));
        EXPECT_EQ(labels.Close(c, a, b), apart <= near)
            << c << ": " << heels[a] << ", " << heels[b];
        EXPECT_EQ(labels.Far(c, a, b), apart >= far) << c << ": " << heels[a] << ", " << heels[b];
      }
    }
  }
}

TEST(LabelTableTest, RefusesValuesOfTheWrongType) {
  EXPECT_THAT(([] { LabelTable({Numeric("heel", 1, 2)}, {Texts({"high"})}); }),
              ThrowsError(ErrorCode::kInvalidArgument, "notion heel"));
  std::vector<Value> sizes(1);
  sizes[0] = std::vector<std::string>{"S", "M"};
  EXPECT_THAT([&] { LabelTable({Numeric("size", 1, 2)}, {sizes}); },
              ThrowsError(ErrorCode::kInvalidArgument, "no number"));
}

TEST(LabelTableTest, ListsAreCloseWhereTheyShareAValue) {
  using List = std::vector<std::string>;
  const LabelTable labels({Categorical("closure")},
                          {{Value(List{"zip", "lace"}), Value(List{"lace"}),
                            Value(List{"strap", "zip", "zip"}), Value("strap"), Value()}});
  const bool close[5][5] = {
      {1, 1, 1, 0, 0}, {1, 1, 0, 0, 0}, {1, 0, 1, 1, 0}, {0, 0, 1, 1, 0}, {0, 0, 0, 0, 0}};
  for (uint32_t a = 0; a < 5; ++a) {
    EXPECT_EQ(labels.Known(0, a), a < 4);
    for (uint32_t b = 0; b < 5; ++b) {
      EXPECT_EQ(labels.Close(0, a, b), close[a][b]) << a << ", " << b;
      EXPECT_EQ(labels.Far(0, a, b), a < 4 && b < 4 && !close[a][b]) << a << ", " << b;
    }
  }
}

// Random labels with gaps; every draw must satisfy the definition, and every possible anchor must
// occur.
TEST(TripletSamplerTest, DrawsOnlyTripletsAndAllAnchors) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    std::vector<Value> classes, numbers, lists;
    const size_t n = 5 + rng.Below(60);
    for (size_t i = 0; i < n; ++i) {
      classes.emplace_back();
      numbers.emplace_back();
      if (rng.Uniform() >= 0.1) classes.back() = "v" + std::to_string(rng.Below(6));
      if (rng.Uniform() >= 0.1) numbers.back() = static_cast<double>(rng.Below(20)) / 10;
      std::vector<std::string> list;
      for (uint64_t left = rng.Below(4); left > 0; --left) {
        list.push_back("v" + std::to_string(rng.Below(7)));
      }
      lists.emplace_back();
      if (!list.empty()) lists.back() = list;
    }
    const LabelTable labels({Categorical("c"), Numeric("x", 0.2, 0.6), Categorical("l")},
                            {classes, numbers, lists});
    std::vector<uint32_t> items;
    for (uint32_t i = 0; i < n; ++i) {
      if (rng.Uniform() < 0.8) items.push_back(i);
    }
    for (NotionId c = 0; c < 3; ++c) {
      std::map<uint32_t, int> anchors;
      for (const uint32_t a : items) {
        int positives = 0, negatives = 0;
        for (const uint32_t b : items) {
          positives += a != b && labels.Close(c, a, b);
          negatives += labels.Far(c, a, b);
        }
        if (positives > 0 && negatives > 0) anchors[a] = 0;
      }
      const TripletSampler sampler(labels, c, items);
      EXPECT_EQ(sampler.possible(), !anchors.empty());
      EXPECT_EQ(sampler.anchor_count(), anchors.size());
      const auto triplets = sampler.Sample(3000, rng);
      EXPECT_EQ(triplets.size(), anchors.empty() ? 0u : 3000u);
      for (const Triplet& t : triplets) {
        ASSERT_TRUE(anchors.contains(t.anchor));
        ++anchors[t.anchor];
        ASSERT_NE(t.anchor, t.positive);
        ASSERT_TRUE(labels.Close(c, t.anchor, t.positive));
        ASSERT_TRUE(labels.Far(c, t.anchor, t.negative));
      }
      for (const auto& [anchor, count] : anchors) EXPECT_GT(count, 0) << "anchor " << anchor;

      const auto picks = sampler.PickAll(2, 3, rng);
      ASSERT_EQ(picks.anchors.size(), anchors.size());
      ASSERT_EQ(picks.positives.size(), 2 * anchors.size());
      ASSERT_EQ(picks.negatives.size(), 3 * anchors.size());
      for (size_t i = 0; i < picks.positives.size(); ++i) {
        EXPECT_TRUE(labels.Close(c, items[picks.anchors[i / 2]], items[picks.positives[i]]));
      }
      for (size_t i = 0; i < picks.negatives.size(); ++i) {
        EXPECT_TRUE(labels.Far(c, items[picks.anchors[i / 3]], items[picks.negatives[i]]));
      }
    }
  }
}

TEST(TripletSamplerTest, PartnersAreUniform) {
  const LabelTable labels({Categorical("c")}, {Texts({"a", "a", "a", "b", "b", "c"})});
  const std::vector<uint32_t> items{0, 1, 2, 3, 4, 5};
  const TripletSampler sampler(labels, 0, items);
  Rng rng(5);
  std::map<uint32_t, int> negatives_of_0;
  for (const Triplet& t : sampler.Sample(30'000, rng)) {
    if (t.anchor == 0) ++negatives_of_0[t.negative];
  }
  ASSERT_EQ(negatives_of_0.size(), 3u);
  for (const auto& [item, count] : negatives_of_0) EXPECT_NEAR(count, 2000, 200) << item;
}

TEST(TripletSamplerTest, DistinctTripletsAreAllThereAre) {
  // Anchors and positives 0 to 2, negatives 3 and 4: 3 x 2 x 2 triplets; with 3 and 4 as anchors 2
  // x 1 x 3 more.
  const LabelTable labels({Categorical("c")}, {Texts({"a", "a", "a", "b", "b"})});
  const std::vector<uint32_t> items{0, 1, 2, 3, 4};
  const TripletSampler sampler(labels, 0, items);
  Rng rng(2);
  const std::vector<Triplet> all = sampler.SampleDistinct(100, rng);
  EXPECT_EQ(std::set<Triplet>(all.begin(), all.end()).size(), 18u);
  EXPECT_EQ(all.size(), 18u);
  EXPECT_EQ(sampler.SampleDistinct(7, rng).size(), 7u);
}

TEST(LabelTableTest, OneNotionAloneKeepsItsLabels) {
  const LabelTable both({Categorical("c"), Numeric("x", 1, 2)},
                        {Texts({"a", "b"}), {Value(1.0), Value(9.0)}});
  const LabelTable alone = both.Only(1);
  EXPECT_EQ(alone.notions(), std::vector<Notion>{both.notions()[1]});
  EXPECT_EQ(alone.size(), 2u);
  EXPECT_TRUE(alone.Far(0, 0, 1));
  EXPECT_EQ(both.Fingerprint(), LabelTable(both).Fingerprint());
  EXPECT_NE(alone.Fingerprint(), both.Only(0).Fingerprint());
}

TEST(ResolveThresholdsTest, PercentilesOfPairwiseDifferences) {
  std::vector<double> values(101);
  std::iota(values.begin(), values.end(), 0);
  std::vector<double> differences;
  for (double a : values) {
    for (double b : values) {
      if (a < b) differences.push_back(b - a);
    }
  }
  std::sort(differences.begin(), differences.end());
  Notion notion = Numeric("x", 0, 0);
  ResolveThresholds(
      {.name = "x", .column = "x", .kind = NotionKind::kNumeric, .near = {}, .far = {}}, values, 1,
      notion);
  EXPECT_EQ(notion.near, differences[differences.size() / 10]);
  EXPECT_EQ(notion.far, differences[differences.size() / 2]);
}

TEST(ResolveThresholdsTest, RaisesFarAndRefusesContradictions) {
  // Most items share one value, so both percentiles are 0.
  std::vector<double> values(50, 7.0);
  values.push_back(9.5);
  NotionSpec spec{.name = "x", .column = "x", .kind = NotionKind::kNumeric, .near = {}, .far = {}};
  Notion notion = Numeric("x", 0, 0);
  ResolveThresholds(spec, values, 1, notion);
  EXPECT_EQ(notion.near, 0);
  EXPECT_EQ(notion.far, 2.5);
  // A larger difference is not the same one rounded otherwise: 1.2 - 1.1 against 1.1 - 1.
  std::vector<double> decimals;
  for (const double value : {1.0, 1.1, 1.2}) decimals.insert(decimals.end(), 20, value);
  decimals.push_back(9.5);
  spec.near = 1.1 - 1.0;
  ResolveThresholds(spec, decimals, 1, notion);
  EXPECT_NEAR(notion.far, 0.2, 1e-9);

  spec.near = 3;
  spec.far = 2;
  EXPECT_THAT([&] { ResolveThresholds(spec, values, 1, notion); },
              ThrowsError(ErrorCode::kInvalidArgument, "near=3 must be below far=2"));
  const std::vector<double> equal(10, 1.0);
  EXPECT_THAT([&] { ResolveThresholds(spec, equal, 1, notion); },
              ThrowsError(ErrorCode::kInvalidArgument, "two different numbers"));
}

}  // namespace
}  // namespace csn
