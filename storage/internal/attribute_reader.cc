#include "storage/internal/attribute_reader.h"

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "storage/internal/store_access.h"

namespace csn::internal {
namespace {

// The place of the first block that does not lie wholly before `bound`, or at it too.
size_t FirstBlock(const NumberOutline& outline, double bound, bool at_it_too) {
  const auto before = [&](const std::pair<double, double>& ends) {
    return at_it_too ? ends.second <= bound : ends.second < bound;
  };
  return static_cast<size_t>(
      std::partition_point(outline.ends.begin(), outline.ends.end(), before) -
      outline.ends.begin());
}

// Of a block's numbers, how many lie before `bound`, or at it too.
size_t CountBefore(const NumberBlock& block, double bound, bool at_it_too) {
  const auto at = at_it_too ? std::upper_bound(block.values.begin(), block.values.end(), bound)
                            : std::lower_bound(block.values.begin(), block.values.end(), bound);
  return static_cast<size_t>(at - block.values.begin());
}

}  // namespace

std::string AttributeReader::What(size_t column) const {
  return fmt::format("metadata store {}: attributes of column {}", folder_,
                     meta_.columns[column].name);
}

rocksdb::PinnableSlice AttributeReader::Entry(size_t column, const std::string& key) const {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = db_.Get(StoreReading(), db_.DefaultColumnFamily(), key, &value);
  if (status.IsNotFound()) Fail(ErrorCode::kCorruption, "{}: an entry is missing", What(column));
  CheckStatus(status, Doing::kReading, folder_);
  return value;
}

RowSet AttributeReader::Rows(std::string_view bytes, size_t column) const {
  RowSet rows = DecodeRows(bytes, What(column));
  if (!rows.isEmpty() && rows.maximum() >= meta_.count) {
    Fail(ErrorCode::kCorruption, "{}: row {} of {}", What(column), rows.maximum(), meta_.count);
  }
  return rows;
}

NumberOutline AttributeReader::Outline(size_t column) const {
  return DecodeOutline(Entry(column, AttributeKey(column, AttributeKind::kOutline)).ToStringView(),
                       What(column));
}

NumberBlock AttributeReader::Block(size_t column, size_t block) const {
  const rocksdb::PinnableSlice bytes =
      Entry(column, AttributeKey(column, AttributeKind::kNumbers, static_cast<uint32_t>(block)));
  NumberBlock numbers = DecodeNumbers(bytes.ToStringView(), What(column));
  for (const uint32_t row : numbers.rows) {
    if (row < meta_.count) continue;
    Fail(ErrorCode::kCorruption, "{}: row {} of {}", What(column), row, meta_.count);
  }
  return numbers;
}

RowSet AttributeReader::Without(size_t column) const {
  return Rows(Entry(column, AttributeKey(column, AttributeKind::kMissing)).ToStringView(), column);
}

RowSet AttributeReader::With(size_t column, std::string_view text) const {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = db_.Get(StoreReading(), db_.DefaultColumnFamily(),
                                         AttributeKey(column, AttributeKind::kValue, text), &value);
  if (status.IsNotFound()) return {};
  CheckStatus(status, Doing::kReading, folder_);
  return Rows(value.ToStringView(), column);
}

RowSet AttributeReader::Below(size_t column, const NumberOutline& outline, double bound,
                              bool with_bound) const {
  const size_t at = FirstBlock(outline, bound, with_bound);
  if (at == outline.ends.size()) {  // every row with a number
    RowSet all;
    all.addRange(0, meta_.count);
    return all - Without(column);
  }
  RowSet rows =
      Rows(Entry(column, AttributeKey(column, AttributeKind::kBefore, static_cast<uint32_t>(at)))
               .ToStringView(),
           column);
  const NumberBlock block = Block(column, at);
  rows.addMany(CountBefore(block, bound, with_bound), block.rows.data());
  return rows;
}

RowSet AttributeReader::Within(size_t column, const NumberRange& range) const {
  const NumberOutline outline = Outline(column);
  const size_t first = FirstBlock(outline, range.low, range.open_low);
  const size_t last = FirstBlock(outline, range.high, !range.open_high);
  if (first < last) {
    return Below(column, outline, range.high, !range.open_high) -
           Below(column, outline, range.low, range.open_low);
  }
  if (first > last || first == outline.ends.size()) return {};  // low above high, or all below low
  // Narrow, as most are: one block has it all.
  const NumberBlock block = Block(column, first);
  const size_t begin = CountBefore(block, range.low, range.open_low);
  const size_t end = CountBefore(block, range.high, !range.open_high);
  if (begin >= end) return {};
  return RowSet(end - begin, block.rows.data() + begin);
}

template <typename Visit>
void AttributeReader::WalkTexts(size_t column, std::string_view from, const Visit& visit) const {
  const std::string prefix = AttributeKey(column, AttributeKind::kValue);
  const std::unique_ptr<rocksdb::Iterator> it(db_.NewIterator(StoreReading()));
  for (it->Seek(prefix + std::string(from)); it->Valid() && it->key().starts_with(prefix);
       it->Next()) {
    if (!visit(it->key().ToStringView().substr(prefix.size()), it->value().ToStringView())) break;
  }
  CheckStatus(it->status(), Doing::kReading, folder_);
}

void AttributeReader::ForEachText(
    size_t column, std::string_view from,
    const std::function<bool(std::string_view, const RowSet&)>& visit) const {
  WalkTexts(column, from, [&](std::string_view text, std::string_view rows) {
    return visit(text, Rows(rows, column));
  });
}

std::vector<std::string> AttributeReader::Texts(size_t column, size_t most) const {
  std::vector<std::string> texts;
  if (most == 0) return texts;
  WalkTexts(column, "", [&](std::string_view text, std::string_view) {
    texts.emplace_back(text);
    return texts.size() < most;
  });
  return texts;
}

void AttributeReader::ForEachNumber(
    size_t column, const std::function<void(double, std::span<const uint32_t>)>& visit) const {
  const size_t blocks = Outline(column).ends.size();
  // A number's rows may go on in the next block.
  double number = 0;
  std::vector<uint32_t> rows;
  for (size_t at = 0; at < blocks; ++at) {
    const NumberBlock block = Block(column, at);
    for (size_t i = 0; i < block.values.size(); ++i) {
      if (!rows.empty() && block.values[i] != number) {
        visit(number, rows);
        rows.clear();
      }
      number = block.values[i];
      rows.push_back(block.rows[i]);
    }
  }
  if (!rows.empty()) visit(number, rows);
}

}  // namespace csn::internal
