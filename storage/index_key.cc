#include "storage/index_key.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace csn {
namespace {

constexpr std::string_view kFlatKey = "Flat";
constexpr std::string_view kGraphPrefix = "HNSW";
constexpr std::string_view kListsPrefix = "IVF";
constexpr std::string_view kPqPrefix = "PQ";
constexpr int kMinLinks = 2, kMaxLinks = 128;
constexpr int kMaxLists = 1 << 20;
constexpr int kMaxCodeBytes = 64;
constexpr int kPartCentroids = 256;

// A whole number from `least` to `most` and nothing else.
std::optional<int> ParseCount(std::string_view text, int least, int most) {
  int count = 0;
  const char* end = text.data() + text.size();
  if (text.empty() || text[0] < '1' || text[0] > '9') return std::nullopt;
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || stop != end || count < least || count > most) return std::nullopt;
  return count;
}

std::optional<IndexKey> ParseLists(std::string_view key) {
  const size_t comma = key.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const std::optional<int> lists = ParseCount(key.substr(0, comma), 1, kMaxLists);
  std::string_view codes = key.substr(comma + 1);
  if (!lists) return std::nullopt;
  if (codes == kFlatKey) return IndexKey{.kind = IndexKind::kLists, .lists = *lists};
  if (!codes.starts_with(kPqPrefix)) return std::nullopt;
  codes.remove_prefix(kPqPrefix.size());
  const std::optional<int> bytes = ParseCount(codes, 1, kMaxCodeBytes);
  if (!bytes) return std::nullopt;
  return IndexKey{.kind = IndexKind::kPqLists, .lists = *lists, .code_bytes = *bytes};
}

std::optional<IndexKey> TryParse(std::string_view key) {
  if (key == kFlatKey) return IndexKey{};
  if (key.starts_with(kGraphPrefix)) {
    const auto links = ParseCount(key.substr(kGraphPrefix.size()), kMinLinks, kMaxLinks);
    if (!links) return std::nullopt;
    return IndexKey{.kind = IndexKind::kGraph, .links = *links};
  }
  if (key.starts_with(kListsPrefix)) return ParseLists(key.substr(kListsPrefix.size()));
  return std::nullopt;
}

}  // namespace

uint64_t IndexKey::least_rows() const {
  if (!has_lists()) return 0;
  const int trained = kind == IndexKind::kPqLists ? std::max(lists, kPartCentroids) : lists;
  return static_cast<uint64_t>(trained);
}

IndexKey ParseIndexKey(const std::string& key) {
  const std::optional<IndexKey> parsed = TryParse(key);
  Require(parsed.has_value(),
          "index key '{}': expected Flat, HNSW<M>, IVF<n>,Flat or IVF<n>,PQ<m>, M in {}..{}, n in "
          "1..{}, m in 1..{}",
          key, kMinLinks, kMaxLinks, kMaxLists, kMaxCodeBytes);
  return *parsed;
}

bool IsExactKey(const std::string& key) { return key == kFlatKey; }

void CheckIndexRows(const std::string& key, uint64_t rows) {
  const uint64_t least = ParseIndexKey(key).least_rows();
  Require(rows >= least, "index key {}: needs at least {} rows to be trained on, got {}", key,
          least, rows);
}

}  // namespace csn
