#include "embedder/internal/state_dict.h"

#include <string_view>

#include "base/file.h"
#include "base/random.h"
#include "tests/support/test_support.h"

namespace csn::internal {
namespace {

using test::ThrowsError;

constexpr char kData[] = CSN_SOURCE_DIR "/tests/data/pytorch/";

std::vector<uint8_t> Pickle(int protocol) {
  return ReadFile(fmt::format("{}state_dict.protocol-{}.pkl", kData, protocol));
}

// Written by Python's own pickle (make.py beside them).
TEST(StateDictTest, FindsTheTensorsOfAPythonPickle) {
  for (const int protocol : {2, 4}) {
    SCOPED_TRACE(protocol);
    const std::vector<PickledTensor> tensors = ReadPickledTensors(Pickle(protocol));
    ASSERT_EQ(tensors.size(), 4u);
    EXPECT_EQ(tensors[0].name, "state_dict/conv1.weight");
    EXPECT_EQ(tensors[0].storage, "0");
    EXPECT_EQ(tensors[0].type, "FloatStorage");
    EXPECT_EQ(tensors[0].shape, (std::vector<int64_t>{2, 3, 4}));
    EXPECT_EQ(tensors[0].strides, (std::vector<int64_t>{12, 4, 1}));
    EXPECT_EQ(tensors[1].type, "LongStorage");
    EXPECT_TRUE(tensors[1].shape.empty());
    EXPECT_EQ(tensors[2].offset, 4);
    EXPECT_EQ(tensors[2].strides, (std::vector<int64_t>{1, 70}));
    EXPECT_EQ(tensors[3].name, "state_dict/fc.bias");
    EXPECT_EQ(tensors[3].shape, std::vector<int64_t>{1000});
  }
}

TEST(StateDictTest, TruncatedOrAlteredPicklesNeverCrash) {
  for (const int protocol : {2, 4}) {
    const std::vector<uint8_t> whole = Pickle(protocol);
    for (size_t length = 0; length < whole.size(); ++length) {
      EXPECT_THROW(ReadPickledTensors(std::span(whole).first(length)), Error) << length;
    }
    for (uint64_t seed = 1; seed <= 20'000; ++seed) {
      SCOPED_TRACE(fmt::format("protocol {} seed {}", protocol, seed));
      Rng rng(seed);
      std::vector<uint8_t> bytes = whole;
      for (uint64_t i = 0; i <= rng.Below(4); ++i) {
        bytes[rng.Below(bytes.size())] = static_cast<uint8_t>(rng.Below(256));
      }
      try {
        ReadPickledTensors(bytes);
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kCorruption);
      }
    }
  }
}

void ExpectRefused(std::string_view pickle, const std::string& part) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(pickle.data());
  EXPECT_THAT(
      [&] {
        ReadPickledTensors({bytes, pickle.size()});
      },
      ThrowsError(ErrorCode::kCorruption, part));
}

TEST(StateDictTest, CirclesAndTowersAreRefused) {
  using namespace std::literals;
  // A dictionary that holds itself.
  ExpectRefused("}q\0U\1ah\0s."sv, "nested too deep");
  // Thirty dictionaries, each twice in the next: a thousand million ways down.
  std::string tower = "}q";
  tower += '\0';
  for (char i = 1; i <= 30; ++i) {
    tower += "}(U\1ah"s + static_cast<char>(i - 1) + "U\1bh" + static_cast<char>(i - 1) + "uq" + i;
  }
  ExpectRefused(tower + ".", "nested too deep");
  ExpectRefused("."sv, "takes more than it has");
  ExpectRefused("h\7."sv, "recalls what it has not kept");
  ExpectRefused("i."sv, "opcode 0x69");
}

// What would run a command under Python is only a name here.
TEST(StateDictTest, NothingIsExecuted) {
  const std::string mark = test::TempDir().path() + ".pwned";
  const std::string attack = "cposix\nsystem\nX" +
                             std::string{static_cast<char>(6 + mark.size()), 0, 0, 0} + "touch " +
                             mark + "\x85R.";
  const auto* bytes = reinterpret_cast<const uint8_t*>(attack.data());
  EXPECT_TRUE(ReadPickledTensors({bytes, attack.size()}).empty());
  EXPECT_THROW(ReadFile(mark), Error);
}

}  // namespace
}  // namespace csn::internal
