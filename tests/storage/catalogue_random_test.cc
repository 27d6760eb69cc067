// Catalogues drawn at random: what was written comes back, and garbage loses no row.
#include <algorithm>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "storage/catalogue.h"
#include "tests/storage/read_catalogue.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ReadText;
using test::Rows;
using testing::IsEmpty;

// Text that is hard on a CSV reader; never only blanks.
std::string HardText(Rng& rng) {
  static const std::vector<std::string> pieces = {"\"", ",",  "\n", "\r\n", " ",  "\t",
                                                  "é",  "鞋", "👟",  "\"\"", "a",  "NA",
                                                  "|",  "\\", "'",  ";",    "\r", "0"};
  std::string text;
  for (uint64_t i = rng.Below(8); i > 0; --i) text += pieces[rng.Below(pieces.size())];
  return text;
}

std::string CsvField(const std::string& text, Rng& rng) {
  const bool plain = text.find_first_of("\",\r\n\t ") == std::string::npos;
  if (plain && rng.Below(2) == 0) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

TEST(CatalogueCsv, GivesBackWhateverWasWritten) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Rng rng(seed);
    const size_t width = 1 + rng.Below(5);
    const std::string line_end = rng.Below(2) == 0 ? "\n" : "\r\n";
    CatalogueOptions options;
    std::string text = "image,sku";
    for (size_t c = 0; c < width; ++c) {
      const std::string name = fmt::format("c{}{}", HardText(rng), c);
      options.declared[name] = ColumnType::kText;
      text.append(",").append(CsvField(name, rng));
    }
    std::vector<Item> expected;
    for (size_t r = 0; r < rng.Below(40); ++r) {
      Item item{.sku = fmt::format("s{}{}", HardText(rng), r),
                .image = fmt::format("é/{}", r),
                .values = {}};
      text += fmt::format("{}{},{}", line_end, CsvField(item.image, rng), CsvField(item.sku, rng));
      for (size_t c = 0; c < width; ++c) {
        const std::string value = HardText(rng);
        text.append(",").append(CsvField(value, rng));
        item.values.push_back(IsMissing(value) ? Value() : Value(value));
      }
      expected.push_back(std::move(item));
    }
    const Rows rows = ReadText("c.csv", text, options);
    EXPECT_THAT(Reasons(rows), IsEmpty());
    ASSERT_EQ(rows.items.size(), expected.size());
    for (size_t r = 0; r < expected.size(); ++r) {
      EXPECT_EQ(rows.items[r].sku, expected[r].sku);
      EXPECT_EQ(rows.items[r].image, expected[r].image);
      EXPECT_EQ(rows.items[r].values, expected[r].values);
    }
  }
}

// Bytes in which what matters to the formats is frequent.
std::string Garbage(Rng& rng, const std::vector<std::string>& pieces) {
  std::string text;
  for (uint64_t i = rng.Below(400); i > 0; --i) {
    text += rng.Below(4) == 0 ? std::string(1, static_cast<char>(rng.Below(256)))
                              : pieces[rng.Below(pieces.size())];
  }
  return text;
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

bool IsBlankLine(const std::string& line) {
  return std::all_of(line.begin(), line.end(),
                     [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
}

// The number of lines that the CSV record beginning at `first` takes; 0 where it is malformed or
// has other than `fields` fields. RFC 4180 with blanks around fields, as a state a character.
size_t CsvRecordLines(const std::vector<std::string>& lines, size_t first, size_t fields) {
  enum { kBefore, kBare, kQuoted, kAfterQuote, kAfterBlank } state = kBefore;
  size_t found = 1;
  for (size_t line = first; line < lines.size(); ++line) {
    for (const char c : lines[line]) {
      const bool blank = c == ' ' || c == '\t' || c == '\r';
      if (state == kQuoted) {
        if (c == '"') state = kAfterQuote;
      } else if (c == ',') {
        ++found;
        state = kBefore;
      } else if (c == '"') {
        if (state == kBare || state == kAfterBlank) return 0;
        state = kQuoted;  // opens, or is the second of two
      } else if (state == kAfterQuote || state == kAfterBlank) {
        if (!blank) return 0;
        state = kAfterBlank;
      } else if (!blank) {
        state = kBare;
      }
    }
    if (state != kQuoted) return found == fields ? line - first + 1 : 0;
  }
  return 0;
}

// The lines on which rows begin in CSV below a header of three columns: a record that is malformed
// costs its first line only.
std::vector<uint64_t> CsvRowLines(const std::string& text) {
  const std::vector<std::string> lines = LinesOf(text);
  std::vector<uint64_t> rows;
  for (size_t i = 1; i < lines.size();) {
    if (IsBlankLine(lines[i])) {
      ++i;
      continue;
    }
    rows.push_back(i + 1);
    i += std::max<size_t>(1, CsvRecordLines(lines, i, 3));
  }
  return rows;
}

std::vector<uint64_t> JsonlRowLines(const std::string& text) {
  const std::vector<std::string> lines = LinesOf(text);
  std::vector<uint64_t> rows;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!IsBlankLine(lines[i])) rows.push_back(i + 1);
  }
  return rows;
}

// Every row is there, in order, as an item or a reject (ReadAll).
void ExpectRows(const std::string& name, const std::string& text,
                const std::vector<uint64_t>& expected) {
  const Rows rows = ReadText(name, text);
  EXPECT_EQ(rows.lines, expected);
  for (const Reject& reject : rows.rejects) {
    for (const char c : reject.reason)
      EXPECT_TRUE(static_cast<uint8_t>(c) >= 0x20) << reject.reason;
  }
}

TEST(CatalogueCsv, GarbageNeverLosesARow) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Rng rng(seed);
    const std::string text =
        "sku,image,a\n" + Garbage(rng, {"\"", ",", "\n", "a", "\r\n", "1,1.jpg,x\n", " ", "\"\"",
                                        "2,\"2\n.jpg\",\n"});
    ExpectRows("c.csv", text, CsvRowLines(text));
  }
}

TEST(CatalogueJsonl, GarbageNeverLosesARow) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Rng rng(seed);
    const std::string text =
        "{\n" +
        Garbage(rng, {"{", "}", "[", "]", "\"", ":", ",", "\n", "\"sku\":", "\"image\":\"a\"", "1",
                      "{\"sku\":\"1\",\"image\":\"1.jpg\"}\n", "\\", "null", "true"});
    ExpectRows("c.jsonl", text, JsonlRowLines(text));
  }
}

TEST(Catalogue, GarbageHeadersAreErrorsOfTheCaller) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Rng rng(seed);
    const std::string text = Garbage(rng, {"sku", "image", ",", "\n", "\"", "a"});
    try {
      ReadText("c.csv", text);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << error.what();
    }
  }
}
}  // namespace
}  // namespace csn
