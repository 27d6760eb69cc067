#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>

#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

TEST(ParallelFor, CallsEveryIndexOnce) {
  EXPECT_GE(DefaultThreads(), 1);
  for (const int threads : {1, 2, 7}) {
    for (const size_t count : {0, 1, 3, 1000}) {
      std::vector<std::atomic<int>> calls(count);
      ParallelFor(count, threads, [&](size_t i) { ++calls[i]; });
      for (const auto& call : calls) EXPECT_EQ(call, 1);
    }
  }
}

TEST(ParallelFor, BringsTheExceptionBackAndStopsTheRest) {
  for (const int threads : {1, 4}) {
    std::atomic<size_t> calls{0};
    EXPECT_THAT(
        [&] {
          ParallelFor(1'000'000, threads, [&](size_t i) {
            ++calls;
            if (i == 5) Fail(ErrorCode::kCorruption, "item {}", i);
            if (i > 5) std::this_thread::sleep_for(std::chrono::microseconds(50));
          });
        },
        ThrowsError(ErrorCode::kCorruption, "item 5"));
    EXPECT_LT(calls, 1'000'000u);
  }
}

TEST(ParallelFor, RefusesNoThreads) {
  EXPECT_THAT([] { ParallelFor(1, 0, [](size_t) {}); },
              ThrowsError(ErrorCode::kInvalidArgument, "at least 1, got 0"));
}

TEST(BoundedQueue, EveryElementArrivesOnce) {
  constexpr size_t kElements = 2000;
  BoundedQueue<size_t> queue(3);
  std::atomic<size_t> next{0};
  std::vector<std::atomic<int>> seen(kElements);
  std::vector<std::jthread> consumers;
  for (int t = 0; t < 3; ++t) {
    consumers.emplace_back([&] {
      while (const std::optional<size_t> value = queue.Pop()) ++seen[*value];
    });
  }
  {
    std::vector<std::jthread> producers;
    for (int t = 0; t < 3; ++t) {
      producers.emplace_back([&] {
        for (size_t i; (i = next++) < kElements;) EXPECT_TRUE(queue.Push(i));
      });
    }
  }
  queue.Close();
  consumers.clear();  // joins
  for (const auto& count : seen) EXPECT_EQ(count, 1);
}

TEST(BoundedQueue, PushWaitsWhileFull) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.Push(1));
  std::atomic<bool> second_in{false};
  std::jthread producer([&] {
    EXPECT_TRUE(queue.Push(2));
    second_in = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(second_in);
  EXPECT_EQ(queue.Pop(), 1);
  producer.join();
  EXPECT_TRUE(second_in);
  EXPECT_EQ(queue.Pop(), 2);
}

TEST(BoundedQueue, CloseDrainsAndWakesEveryone) {
  BoundedQueue<int> queue(2);
  ASSERT_TRUE(queue.Push(1));
  ASSERT_TRUE(queue.Push(2));
  std::jthread blocked([&] { EXPECT_FALSE(queue.Push(3)); });
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  queue.Close();
  blocked.join();
  EXPECT_FALSE(queue.Push(4));
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_EQ(queue.Pop(), 2);
  EXPECT_EQ(queue.Pop(), std::nullopt);

  BoundedQueue<int> empty(1);
  std::jthread waiting([&] { EXPECT_EQ(empty.Pop(), std::nullopt); });
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  empty.Close();
}

TEST(MapInOrderTest, GivesResultsInTheOrderOfWhatWentIn) {
  for (const int threads : {1, 2, 7}) {
    for (const size_t window : {1, 3, 1000}) {
      int given = 0;
      std::atomic<int> held = 0, most_held = 0;
      std::vector<std::string> results;
      MapInOrder<int, std::string>(
          threads, window,
          [&](const auto&) -> std::optional<int> {
            if (given == 500) return std::nullopt;
            return given++;
          },
          [&](size_t index, int value) {
            EXPECT_EQ(index, static_cast<size_t>(value));
            if (value % 50 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
            most_held = std::max<int>(most_held, ++held);
            return std::to_string(value);
          },
          [&](const std::string& text) {
            --held;
            results.push_back(text);
            return true;
          });
      ASSERT_EQ(results.size(), 500u);
      for (size_t i = 0; i < 500; ++i) EXPECT_EQ(results[i], std::to_string(i));
      EXPECT_LE(most_held, static_cast<int>(window) + threads);
    }
  }
}

TEST(MapInOrderTest, TheFirstNothingIsTheEnd) {
  // As a terminal that is read on after its end.
  for (const int threads : {1, 4}) {
    int calls = 0;
    std::vector<int> results;
    MapInOrder<int, int>(
        threads, 1,
        [&](const auto&) -> std::optional<int> {
          if (++calls == 4) return std::nullopt;
          return calls;
        },
        [](size_t, int value) { return value; },
        [&](int value) {
          results.push_back(value);
          return true;
        });
    EXPECT_EQ(results, (std::vector<int>{1, 2, 3}));
    EXPECT_EQ(calls, 4);
  }
}

TEST(MapInOrderTest, AnExceptionStopsTheRestWhereverItComesFrom) {
  for (const int threads : {1, 4}) {
    for (const int thrower : {0, 1, 2}) {
      SCOPED_TRACE(fmt::format("{} threads, thrower {}", threads, thrower));
      int given = 0;
      std::vector<int> emitted;
      const auto run = [&] {
        MapInOrder<int, int>(
            threads, 2,
            [&](const auto&) -> std::optional<int> {
              if (thrower == 0 && given == 30) throw std::runtime_error("next");
              return given++;
            },
            [&](size_t, int value) {
              if (thrower == 1 && value == 30) throw std::runtime_error("work");
              return value;
            },
            [&](int value) {
              if (thrower == 2 && value == 30) throw std::runtime_error("emit");
              emitted.push_back(value);
              return true;
            });
      };
      EXPECT_THROW(run(), std::runtime_error);
      EXPECT_LE(emitted.size(), 30u);
      for (size_t i = 0; i < emitted.size(); ++i) EXPECT_EQ(emitted[i], static_cast<int>(i));
    }
  }
}

TEST(MapInOrderTest, EmitMayEndIt) {
  for (const int threads : {1, 4}) {
    int given = 0;
    std::vector<int> emitted;
    MapInOrder<int, int>(
        threads, 8, [&](const auto&) -> std::optional<int> { return given++; },
        [](size_t, int value) { return value; },
        [&](int value) {
          emitted.push_back(value);
          return value < 30;
        });
    EXPECT_EQ(emitted.size(), 31u);
    EXPECT_EQ(emitted.back(), 30);
  }
}

TEST(MapInOrderTest, WhoWaitsForMoreHearsOfTheEnd) {
  // As a pipe that stays open and silent.
  for (const bool throws : {false, true}) {
    int calls = 0;
    bool heard = false;
    const auto run = [&] {
      MapInOrder<int, int>(
          2, 8,
          [&](const std::atomic<bool>& stopped) -> std::optional<int> {
            if (++calls == 1) return 1;
            for (int i = 0; i < 10'000 && !stopped; ++i) {
              std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
            heard = stopped;
            return std::nullopt;
          },
          [](size_t, int value) {
            // Time for the other thread to wait already.
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            return value;
          },
          [&](int) -> bool {
            if (throws) throw std::runtime_error("emit");
            return false;
          });
    };
    if (throws) {
      EXPECT_THROW(run(), std::runtime_error);
    } else {
      run();
    }
    // Where the other thread was late, it did not ask at all.
    EXPECT_TRUE(heard || calls == 1);
  }
}

}  // namespace
}  // namespace csn
