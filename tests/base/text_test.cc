#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace csn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ParseBytes, KnowsPowersOf1024) {
  for (const auto& [text, bytes] : {std::pair<const char*, uint64_t>{"4096", 4096},
                                    {"1B", 1},
                                    {"4G", 4ull << 30},
                                    {"1.5 GiB", 3ull << 29},
                                    {" 512mb ", 512ull << 20},
                                    {"2k", 2048},
                                    {"3T", 3ull << 40}}) {
    EXPECT_EQ(ParseBytes(text), bytes) << text;
  }
  for (const char* text : {"", "G", "0", "-1G", "4X", "4GG", "4 G i", "1e3", "99999999T", "0.1"}) {
    EXPECT_FALSE(ParseBytes(text).has_value()) << text;
  }
}

TEST(ParseNumber, ReadsDecimalAndExponentForms) {
  EXPECT_EQ(ParseNumber("3"), 3.0);
  EXPECT_EQ(ParseNumber("-0.25"), -0.25);
  EXPECT_EQ(ParseNumber("+3"), 3.0);
  EXPECT_EQ(ParseNumber("1e3"), 1000.0);
  EXPECT_EQ(ParseNumber(" 7\t"), 7.0);
  EXPECT_EQ(ParseNumber(".5"), 0.5);
}

TEST(ParseNumber, RefusesWhatIsNotOneFiniteNumber) {
  for (const char* text : {"", " ", "+", "-", "3 4", "3,5", "3cm", "+-3", "++3", "+ 3", "0x10",
                           "inf", "-inf", "nan", "1e999", "one"}) {
    EXPECT_EQ(ParseNumber(text), std::nullopt) << text;
  }
}

TEST(IsMissing, KnowsTheFourTextsInAnyCase) {
  for (const char* text : {"", "NA", "na", "N/A", "n/a", "null", "NULL", " ", " NA "}) {
    EXPECT_TRUE(IsMissing(text)) << text;
  }
  for (const char* text : {"0", "none", "nan", "n", "nullx", "-"}) EXPECT_FALSE(IsMissing(text));
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_THAT(SplitText("a||b", '|'), ElementsAre("a", "", "b"));
  EXPECT_THAT(SplitText("", '|'), ElementsAre(""));
  EXPECT_THAT(SplitText("|", '|'), ElementsAre("", ""));
  EXPECT_THAT(SplitText("abc", '|'), ElementsAre("abc"));
}

TEST(NearestNames, OrdersByDistanceAndLeavesOutTheFar) {
  const std::vector<std::string> names = {"closure", "clousre", "category", "heel-height"};
  EXPECT_THAT(NearestNames("closure", names), ElementsAre("closure", "clousre"));
  EXPECT_THAT(NearestNames("CLOSURE", names, 1), ElementsAre("closure"));
  EXPECT_THAT(NearestNames("heel_hieght", names), ElementsAre("heel-height"));
  EXPECT_THAT(NearestNames("gender", names), IsEmpty());
}

// The distance by its recursive definition.
size_t Distance(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return std::max(a.size(), b.size());
  const std::string_view a1 = a.substr(1), b1 = b.substr(1);
  size_t best = std::min(
      {Distance(a1, b) + 1, Distance(a, b1) + 1, Distance(a1, b1) + (a[0] == b[0] ? 0 : 1)});
  if (a1.size() > 0 && b1.size() > 0 && a[0] == b[1] && a[1] == b[0]) {
    best = std::min(best, Distance(a.substr(2), b.substr(2)) + 1);
  }
  return best;
}

TEST(NearestNames, AgreesWithTheRecursiveDefinition) {
  constexpr uint64_t kSeed = 7;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Rng rng(kSeed);
  const auto word = [&] {
    std::string text(rng.Below(6), 'a');
    for (char& c : text) c = static_cast<char>('a' + rng.Below(3));
    return text;
  };
  for (int i = 0; i < 300; ++i) {
    const std::string a = word(), b = word();
    EXPECT_EQ(!NearestNames(a, {b}).empty(), Distance(a, b) <= 2) << a << " and " << b;
  }
}

TEST(NearestNames, LimitsAreExactWhateverTheLengths) {
  constexpr uint64_t kSeed = 11;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Rng rng(kSeed);
  const auto word = [&](size_t longest) {
    std::string text(rng.Below(longest + 1), 'a');
    for (char& c : text) c = static_cast<char>('a' + rng.Below(2));
    return text;
  };
  // One call for many candidates, whose lengths go up and down.
  for (int i = 0; i < 40; ++i) {
    const std::string wanted = word(9);
    std::vector<std::string> candidates, expected;
    for (int j = 0; j < 12; ++j) candidates.push_back(word(9));
    const size_t limit = std::max<size_t>(2, wanted.size() / 3);
    for (size_t distance = 0; distance <= limit; ++distance) {
      for (const std::string& candidate : candidates) {
        if (Distance(wanted, candidate) == distance) expected.push_back(candidate);
      }
    }
    EXPECT_EQ(NearestNames(wanted, candidates, candidates.size()), expected) << wanted;
  }
}

TEST(Trim, DropsBlanksAtBothEndsOnly) {
  EXPECT_EQ(Trim(" \ta b\r\n\v\f"), "a b");
  EXPECT_EQ(Trim(" \n"), "");
  EXPECT_EQ(Trim(""), "");
}

TEST(DidYouMean, ReadsAsASentence) {
  EXPECT_EQ(DidYouMean({}), "");
  EXPECT_EQ(DidYouMean({"a"}), "; did you mean a?");
  EXPECT_EQ(DidYouMean({"a", "b"}), "; did you mean a or b?");
  EXPECT_EQ(DidYouMean({"a", "b", "c"}), "; did you mean a, b or c?");
}

TEST(CsvLine, QuotesWhatNeedsIt) {
  using Fields = std::vector<std::string>;
  EXPECT_EQ(CsvLine(Fields{"a", "", "b c"}), "a,,b c\n");
  EXPECT_EQ(CsvLine(Fields{"", ""}), ",\n");
  EXPECT_EQ(CsvLine(Fields{"a,b", "say \"x\"", "two\nlines", "\r"}),
            "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",\"\r\"\n");
}

TEST(LowerCase, ChangesAsciiLettersAlone) {
  EXPECT_EQ(LowerCase("DejaVu Sans, AZ[@09"), "dejavu sans, az[@09");
  EXPECT_EQ(LowerCase("\xc3\x89"), "\xc3\x89");
}

TEST(HumanBytes, ChoosesTheUnit) {
  EXPECT_EQ(HumanBytes(0), "0 B");
  EXPECT_EQ(HumanBytes(1023), "1023 B");
  EXPECT_EQ(HumanBytes(1536), "1.5 KiB");
  EXPECT_EQ(HumanBytes((1ull << 20) - 1), "1.0 MiB");
  EXPECT_EQ(HumanBytes(64ull << 20), "64.0 MiB");
  EXPECT_EQ(HumanBytes(std::numeric_limits<uint64_t>::max()), "16.0 EiB");
}

// RFC 4648, section 10.
TEST(Base64, PadsTheLastGroup) {
  const auto encode = [](std::string_view text) {
    return Base64(std::vector<uint8_t>(text.begin(), text.end()));
  };
  EXPECT_EQ(encode(""), "");
  EXPECT_EQ(encode("f"), "Zg==");
  EXPECT_EQ(encode("fo"), "Zm8=");
  EXPECT_EQ(encode("foo"), "Zm9v");
  EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
}

TEST(HumanSeconds, ChoosesTheUnit) {
  EXPECT_EQ(HumanSeconds(-3), "0s");
  EXPECT_EQ(HumanSeconds(59.4), "59s");
  EXPECT_EQ(HumanSeconds(59.5), "1m00s");
  EXPECT_EQ(HumanSeconds(3599), "59m59s");
  EXPECT_EQ(HumanSeconds(7500), "2h05m");
}

}  // namespace
}  // namespace csn
