#include "query/evaluation/internal/space_order.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

namespace csn::internal {
namespace {

constexpr size_t kRowsAtOnce = 512;  // of all dimensions, they fit in a processor's cache
constexpr int kDigitBits = 11;

// Positive floats are ordered as their bits.
uint32_t FloatBits(double distance) {
  constexpr double kMost = std::numeric_limits<float>::max();
  return std::bit_cast<uint32_t>(static_cast<float>(std::min(distance, kMost)));
}

}  // namespace

SpaceColumns::SpaceColumns(const MaskTable& spaces, NotionId space, MatrixView embeddings)
    : rows_(embeddings.rows) {
  for (const uint32_t k : spaces.live_dims(space)) {
    const double weight = spaces.weights(space)[k];
    weights_.push_back(weight * weight);
    for (size_t row = 0; row < rows_; ++row) columns_.push_back(embeddings.Row(row)[k]);
  }
}

void SpaceColumns::Measure(std::span<const uint32_t> queries, std::span<double> out) const {
  for (size_t begin = 0; begin < rows_; begin += kRowsAtOnce) {
    const size_t end = std::min(begin + kRowsAtOnce, rows_);
    for (size_t q = 0; q < queries.size(); ++q) {
      MeasureRows(queries[q], begin, end, out.data() + q * rows_);
    }
  }
}

void SpaceColumns::MeasureRows(uint32_t query, size_t begin, size_t end, double* out) const {
  std::fill(out + begin, out + end, 0.0);
  for (size_t k = 0; k < weights_.size(); ++k) {
    const double* column = columns_.data() + k * rows_;
    const double weight = weights_[k], q = column[query];
    for (size_t row = begin; row < end; ++row) {
      const double difference = q - column[row];
      out[row] += weight * (difference * difference);
    }
  }
}

std::span<const uint32_t> RowSorter::Sort(std::span<const double> distances) {
  entries_.resize(distances.size());
  spare_.resize(distances.size());
  rows_.resize(distances.size());
  for (uint32_t row = 0; row < distances.size(); ++row) {
    entries_[row] = {.key = FloatBits(distances[row]), .row = row};
  }
  for (int shift = 0; shift < 32; shift += kDigitBits) Pass(shift);
  for (size_t i = 0; i < rows_.size(); ++i) rows_[i] = entries_[i].row;
  SettleTies(distances);
  return rows_;
}

// One stable pass of a radix sort.
void RowSorter::Pass(int shift) {
  constexpr uint32_t kDigits = 1U << kDigitBits;
  std::array<uint32_t, kDigits> starts{};
  const auto digit = [&](const Entry& entry) { return (entry.key >> shift) & (kDigits - 1); };
  for (const Entry& entry : entries_) ++starts[digit(entry)];
  uint32_t sum = 0;
  for (uint32_t& start : starts) {
    const uint32_t count = start;
    start = sum;
    sum += count;
  }
  for (const Entry& entry : entries_) spare_[starts[digit(entry)]++] = entry;
  entries_.swap(spare_);
}

// Rows whose distances are one float are told apart by their doubles; they stand in row order.
void RowSorter::SettleTies(std::span<const double> distances) {
  const auto nearer = [&](uint32_t a, uint32_t b) {
    return distances[a] != distances[b] ? distances[a] < distances[b] : a < b;
  };
  for (size_t begin = 0; begin < rows_.size();) {
    size_t end = begin + 1;
    while (end < rows_.size() && entries_[end].key == entries_[begin].key) ++end;
    const auto first = rows_.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = rows_.begin() + static_cast<std::ptrdiff_t>(end);
    if (!std::is_sorted(first, last, nearer)) std::sort(first, last, nearer);
    begin = end;
  }
}

}  // namespace csn::internal
