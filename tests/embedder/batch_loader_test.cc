#include "embedder/internal/batch_loader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <optional>
#include <set>

#include "tests/support/test_support.h"

namespace csn {
namespace {

// Photograph i: every byte is i, save one marked pixel.
class NumberedSource : public PhotographSource {
 public:
  void Load(uint32_t item, uint8_t* rgb) const override {
    if (item == broken) Fail(ErrorCode::kFailed, "photograph {} vanished", item);
    std::memset(rgb, static_cast<int>(item), 32 * 32 * 3);
  }
  uint32_t broken = ~0u;
};

struct Fixture {
  Fixture() {
    std::vector<Value> values;
    for (int i = 0; i < 50; ++i) values.push_back(Value(i % 2 == 0 ? "even" : "odd"));
    data.photographs = &source;
    data.labels = LabelTable({{.name = "parity", .column = "parity"}}, {values});
    data.train.resize(50);
    std::iota(data.train.begin(), data.train.end(), 0);
    options.preprocessing.size = 32;
    options.batch = 12;
    options.threads = 2;
  }
  NumberedSource source;
  TrainingData data;
  TrainOptions options;
};

TEST(BatchLoaderTest, AnEpochVisitsItemsOnceAndOrdersDiffer) {
  Fixture f;
  ASSERT_EQ(StepsPerEpoch(f.options, f.data), 4);
  BatchLoader loader(f.options, f.data, 0, 8);
  std::vector<std::vector<uint32_t>> epochs(2);
  for (int step = 0; step < 8; ++step) {
    const auto batch = loader.Next();
    ASSERT_TRUE(batch);
    ASSERT_EQ(batch->items.size(), 12u);
    for (size_t i = 0; i < 12; ++i) {
      EXPECT_EQ(batch->photographs[i * 32 * 32 * 3 + 5], batch->items[i]);
    }
    ASSERT_EQ(batch->picks.size(), 1u);
    for (size_t i = 0; i < batch->picks[0].positives.size(); ++i) {
      const int64_t anchor = batch->picks[0].anchors[i / 4];
      EXPECT_TRUE(
          f.data.labels.Close(0, batch->items[anchor], batch->items[batch->picks[0].positives[i]]));
    }
    auto& seen = epochs[step / 4];
    seen.insert(seen.end(), batch->items.begin(), batch->items.end());
  }
  EXPECT_FALSE(loader.Next());
  for (const auto& epoch : epochs) {
    EXPECT_EQ(std::set<uint32_t>(epoch.begin(), epoch.end()).size(), epoch.size());
  }
  EXPECT_NE(epochs[0], epochs[1]);
}

TEST(BatchLoaderTest, BatchesDependOnSeedAndStepAlone) {
  Fixture f;
  BatchLoader a(f.options, f.data, 0, 4);
  f.options.threads = 1;
  BatchLoader b(f.options, f.data, 0, 2);
  for (int step = 0; step < 2; ++step) {
    const auto from_a = a.Next(), from_b = b.Next();
    EXPECT_EQ(from_a->items, from_b->items);
    EXPECT_EQ(from_a->photographs, from_b->photographs);
    EXPECT_EQ(from_a->picks[0].negatives, from_b->picks[0].negatives);
    EXPECT_EQ(from_a->seed, from_b->seed);
  }
  EXPECT_NE(BatchLoader(f.options, f.data, 0, 1).Next()->seed,
            BatchLoader(f.options, f.data, 1, 2).Next()->seed);
  // Dropped early: the destructor must not wait for the rest.
}

TEST(BatchLoaderTest, ARunThatGoesOnMidwayMeetsTheSameBatches) {
  Fixture f;
  BatchLoader whole(f.options, f.data, 0, 7);
  for (int step = 0; step < 5; ++step) whole.Next();
  BatchLoader rest(f.options, f.data, 5, 7);
  for (int step = 5; step < 7; ++step) {
    const auto expected = whole.Next(), batch = rest.Next();
    EXPECT_EQ(batch->items, expected->items);
    EXPECT_EQ(batch->photographs, expected->photographs);
    EXPECT_EQ(batch->picks[0].positives, expected->picks[0].positives);
  }
  EXPECT_FALSE(rest.Next());
}

// Two notions with 9 and 4 triplets: every epoch holds each once, mixed, the last batch the rest.
TEST(BatchLoaderTest, FixedTripletsAreVisitedOnceAnEpoch) {
  Fixture f;
  f.data.train_triplets.resize(2);
  std::multiset<std::pair<NotionId, Triplet>> all;
  for (uint32_t i = 0; i < 13; ++i) {
    const NotionId notion = i < 9 ? 0 : 1;
    const Triplet triplet{.anchor = i, .positive = i + 2, .negative = i + 1};
    f.data.train_triplets[notion].push_back(triplet);
    all.insert({notion, triplet});
  }
  f.options.batch = 5;
  ASSERT_EQ(StepsPerEpoch(f.options, f.data), 3);
  for (const Recipe recipe : {Recipe::kDefault, Recipe::kPaper}) {
    SCOPED_TRACE(RecipeName(recipe));
    f.options.recipe = recipe;
    BatchLoader loader(f.options, f.data, 0, 6);
    for (int epoch = 0; epoch < 2; ++epoch) {
      std::multiset<std::pair<NotionId, Triplet>> seen;
      for (const size_t size : {5u, 5u, 3u}) {
        const Batch batch = *loader.Next();
        ASSERT_EQ(batch.triplets.size(), size);
        ASSERT_EQ(batch.notions.size(), size);
        EXPECT_TRUE(batch.picks.empty());
        for (size_t i = 0; i < size; ++i) {
          const Triplet& at = batch.triplets[i];
          if (recipe == Recipe::kPaper) {
            EXPECT_EQ(at.anchor, i);
            EXPECT_EQ(at.positive, size + i);
            EXPECT_EQ(at.negative, 2 * size + i);
          }
          seen.insert({batch.notions[i],
                       {.anchor = batch.items[at.anchor],
                        .positive = batch.items[at.positive],
                        .negative = batch.items[at.negative]}});
        }
        if (recipe == Recipe::kDefault) {
          EXPECT_EQ(std::set<uint32_t>(batch.items.begin(), batch.items.end()).size(),
                    batch.items.size());
        }
        ASSERT_EQ(batch.photographs.size(), batch.items.size() * 32 * 32 * 3);
        for (size_t i = 0; i < batch.items.size(); ++i) {
          EXPECT_EQ(batch.photographs[i * 32 * 32 * 3 + 5], batch.items[i]);
        }
      }
      EXPECT_EQ(seen, all);
    }
  }
}

TEST(BatchLoaderTest, AFailedPhotographReachesTheCaller) {
  Fixture f;
  f.source.broken = 17;
  BatchLoader loader(f.options, f.data, 0, 4);
  EXPECT_THAT(
      [&] {
        while (loader.Next()) {
        }
      },
      test::ThrowsError(ErrorCode::kFailed, "photograph 17 vanished"));
}

TEST(BatchLoaderTest, TheDefaultBatchFollowsTheNumberOfItems) {
  Fixture f;
  f.options.batch = 0;
  const auto batch_of = [&](size_t items) {
    f.data.train.resize(items);
    return BatchSize(f.options, f.data);
  };
  EXPECT_EQ(batch_of(20), 20);
  EXPECT_EQ(batch_of(400), 32);
  EXPECT_EQ(batch_of(2500), 100);
  EXPECT_EQ(batch_of(100'000), 192);
}

TEST(BatchLoaderTest, FewerItemsThanABatch) {
  Fixture f;
  f.data.train.resize(5);
  EXPECT_EQ(BatchSize(f.options, f.data), 5);
  EXPECT_EQ(StepsPerEpoch(f.options, f.data), 1);
  BatchLoader loader(f.options, f.data, 0, 1);
  EXPECT_EQ(loader.Next()->items.size(), 5u);
}

TEST(AugmentTest, MovesPixelsByAtMostASixteenthAndInventsNone) {
  constexpr int kSize = 32, kReach = 2;
  std::set<std::pair<int, int>> places;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(seed);
    std::vector<uint8_t> photograph(kSize * kSize * 3, 0), scratch;
    std::memset(photograph.data() + (10 * kSize + 8) * 3, 255, 3);
    Rng rng(seed);
    Augment(Augmentation::kShift, photograph.data(), kSize, rng, scratch);
    const auto at = std::find(photograph.begin(), photograph.end(), 255) - photograph.begin();
    const int x = static_cast<int>(at / 3 % kSize), y = static_cast<int>(at / 3 / kSize);
    EXPECT_EQ(std::count(photograph.begin(), photograph.end(), 255), 3);
    EXPECT_LE(std::abs(y - 10), kReach);
    const bool mirrored = x > kSize / 2;
    EXPECT_LE(std::abs(x - (mirrored ? kSize - 1 - 8 : 8)), kReach);
    places.insert({x, y});
  }
  EXPECT_EQ(places.size(), 2u * 5 * 5);
}

TEST(AugmentTest, MirrorsOnlyWhereThatIsAll) {
  constexpr int kSize = 32;
  std::vector<uint8_t> original(kSize * kSize * 3), mirrored(original.size()), scratch;
  for (size_t i = 0; i < original.size(); ++i) original[i] = static_cast<uint8_t>(i * 7 + i / 96);
  for (int y = 0; y < kSize; ++y) {
    for (int x = 0; x < kSize; ++x) {
      std::memcpy(&mirrored[(y * kSize + x) * 3], &original[(y * kSize + kSize - 1 - x) * 3], 3);
    }
  }
  int turned = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Rng rng(seed);
    std::vector<uint8_t> photograph = original;
    Augment(Augmentation::kMirror, photograph.data(), kSize, rng, scratch);
    ASSERT_TRUE(photograph == original || photograph == mirrored) << seed;
    turned += photograph == mirrored ? 1 : 0;
    photograph = original;
    Augment(Augmentation::kNone, photograph.data(), kSize, rng, scratch);
    ASSERT_EQ(photograph, original);
  }
  EXPECT_GT(turned, 25);
  EXPECT_LT(turned, 75);
}

TEST(BatchLoaderTest, ImagesPerStepAreThoseOfAnEpoch) {
  Fixture f;
  EXPECT_EQ(ImagesPerStep(f.options, f.data), 12);
  Rng rng(5);
  f.data.train_triplets = {TripletSampler(f.data.labels, 0, f.data.train).SampleDistinct(100, rng)};
  for (const Recipe recipe : {Recipe::kDefault, Recipe::kPaper}) {
    f.options.recipe = recipe;
    const int64_t steps = StepsPerEpoch(f.options, f.data);
    ASSERT_EQ(steps, 9);  // the last of 4 triplets
    BatchLoader loader(f.options, f.data, 0, steps);
    size_t images = 0;
    while (const auto batch = loader.Next()) images += batch->items.size();
    EXPECT_DOUBLE_EQ(ImagesPerStep(f.options, f.data), static_cast<double>(images) / 9);
  }
}

// What Erase painted over in a photograph of zeros; everything but one rectangle of one colour is a
// failure.
struct Painted {
  int left = 0, top = 0, width = 0, height = 0;
};
std::optional<Painted> ErasedPart(double chance, int size, Rng& rng) {
  std::vector<uint8_t> photograph(static_cast<size_t>(size) * size * 3, 0);
  Erase(chance, photograph.data(), size, rng);
  const auto pixel = [&](int x, int y) {
    const uint8_t* at = photograph.data() + (static_cast<size_t>(y) * size + x) * 3;
    return std::array<uint8_t, 3>{at[0], at[1], at[2]};
  };
  const auto first = std::find_if(photograph.begin(), photograph.end(), [](int v) { return v; });
  if (first == photograph.end()) return std::nullopt;
  const int at = static_cast<int>(first - photograph.begin()) / 3;
  Painted part{.left = at % size, .top = at / size};
  const auto colour = pixel(part.left, part.top);
  const auto is_painted = [&](int x, int y) { return pixel(x, y) == colour; };
  while (part.left + part.width < size && is_painted(part.left + part.width, part.top)) {
    ++part.width;
  }
  while (part.top + part.height < size && is_painted(part.left, part.top + part.height)) {
    ++part.height;
  }
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      const bool within = x >= part.left && x < part.left + part.width && y >= part.top &&
                          y < part.top + part.height;
      EXPECT_EQ(pixel(x, y), within ? colour : (std::array<uint8_t, 3>{})) << x << "," << y;
    }
  }
  return part;
}

TEST(EraseTest, PaintsOneRectangleWithin) {
  for (const int size : {16, 32, 64}) {
    SCOPED_TRACE(size);
    Rng rng(size);
    std::set<int> left, bottom;
    for (int i = 0; i < 300; ++i) {
      const std::optional<Painted> part = ErasedPart(1, size, rng);
      ASSERT_TRUE(part);
      // Whole pixels: a side may lose or gain one.
      EXPECT_GE(part->width, size / 10 - 1);
      EXPECT_GE(part->height, size / 10 - 1);
      EXPECT_LE(part->width, size * 45 / 100 + 1);
      EXPECT_LE(part->height, size * 45 / 100 + 1);
      left.insert(part->left);
      bottom.insert(part->top + part->height);
    }
    EXPECT_EQ(*left.begin(), 0);
    EXPECT_GE(*bottom.rbegin(), size - 1);
  }
}

TEST(EraseTest, AsOftenAsAskedFor) {
  Rng rng(3);
  int painted = 0;
  for (int i = 0; i < 2000; ++i) {
    EXPECT_FALSE(ErasedPart(0, 16, rng));
    painted += ErasedPart(0.3, 16, rng).has_value() ? 1 : 0;
  }
  EXPECT_NEAR(painted, 600, 100);  // five standard deviations
}

TEST(EraseTest, HappensToBatchesWhereTheOptionsSaySo) {
  Fixture f;
  const auto differing = [&](double chance) {
    f.options.random_erasing = chance;
    const Batch batch = *BatchLoader(f.options, f.data, 0, 1).Next();
    int count = 0;
    constexpr size_t kBytes = 32 * 32 * 3;
    for (size_t i = 0; i < batch.items.size(); ++i) {
      const uint8_t* begin = batch.photographs.data() + i * kBytes;
      count += std::count(begin, begin + kBytes, batch.items[i]) != kBytes;
    }
    return count;
  };
  EXPECT_EQ(differing(0), 0);
  EXPECT_EQ(differing(1), 12);
}

}  // namespace
}  // namespace csn
