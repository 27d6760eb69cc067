#include "storage/association.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/error.h"

namespace csn {
namespace {

// Count, mean and sum of squared deviations of numbers as they come (Welford).
struct Moments {
  uint64_t count = 0;
  double mean = 0;
  double squares = 0;

  void Add(double number) {
    const double before = number - mean;
    mean += before / static_cast<double>(++count);
    squares += before * (number - mean);
  }
};

// False too where the numbers are so large that their squares are none.
bool Varies(const Moments& moments) {
  return moments.squares > 0 && std::isfinite(moments.squares);
}

// A value as the measures take it: which of its column's texts, or the number.
struct Cell {
  uint32_t text = 0;
  double number = 0;
};

// What one pair's measure is computed from.
class PairCounter {
 public:
  virtual ~PairCounter() = default;
  virtual void Add(const Cell& first, const Cell& second) = 0;
  virtual AssociationMeasure measure() const = 0;
  virtual uint64_t rows() const = 0;
  // May be beyond 1 by rounding.
  virtual std::optional<double> Value() const = 0;
};

class TextPair : public PairCounter {
 public:
  TextPair(size_t first_values, size_t second_values)
      : counts_(first_values * second_values), of_first_(first_values), of_second_(second_values) {}

  void Add(const Cell& first, const Cell& second) override {
    ++counts_[first.text * of_second_.size() + second.text];
    ++of_first_[first.text];
    ++of_second_[second.text];
    ++rows_;
  }
  AssociationMeasure measure() const override { return AssociationMeasure::kCramersV; }
  uint64_t rows() const override { return rows_; }

  std::optional<double> Value() const override {
    const auto n = static_cast<double>(rows_);
    const double r = Met(of_first_), c = Met(of_second_);
    if (r < 2 || c < 2) return std::nullopt;
    const double corrected = std::max(0.0, MeanSquare() - (r - 1) * (c - 1) / (n - 1));
    const double most = std::min(r - (r - 1) * (r - 1) / (n - 1), c - (c - 1) * (c - 1) / (n - 1));
    if (!(most > 1)) return std::nullopt;
    return std::sqrt(corrected / (most - 1));
  }

 private:
  static double Met(const std::vector<uint64_t>& counts) {
    return static_cast<double>(std::ranges::count_if(counts, [](uint64_t n) { return n > 0; }));
  }
  // Chi squared over the number of rows.
  double MeanSquare() const {
    double sum = 0;
    for (size_t i = 0; i < of_first_.size(); ++i) {
      for (size_t j = 0; j < of_second_.size(); ++j) {
        const auto count = static_cast<double>(counts_[i * of_second_.size() + j]);
        if (count == 0) continue;
        sum += count * count /
               (static_cast<double>(of_first_[i]) * static_cast<double>(of_second_[j]));
      }
    }
    return sum - 1;
  }

  std::vector<uint64_t> counts_;  // [first, second]
  std::vector<uint64_t> of_first_, of_second_;
  uint64_t rows_ = 0;
};

class MixedPair : public PairCounter {
 public:
  MixedPair(size_t texts, bool text_first) : groups_(texts), text_first_(text_first) {}

  void Add(const Cell& first, const Cell& second) override {
    const double number = (text_first_ ? second : first).number;
    groups_[(text_first_ ? first : second).text].Add(number);
    all_.Add(number);
  }
  AssociationMeasure measure() const override { return AssociationMeasure::kCorrelationRatio; }
  uint64_t rows() const override { return all_.count; }

  std::optional<double> Value() const override {
    uint64_t met = 0;
    double within = 0;
    for (const Moments& group : groups_) {
      if (group.count > 0) ++met;
      within += group.squares;
    }
    if (met < 2 || all_.count <= met || !Varies(all_)) return std::nullopt;
    const double unexplained = (within / static_cast<double>(all_.count - met)) /
                               (all_.squares / static_cast<double>(all_.count - 1));
    return std::sqrt(std::max(0.0, 1 - unexplained));
  }

 private:
  std::vector<Moments> groups_;  // the numbers beside each text
  Moments all_;
  bool text_first_;
};

class NumberPair : public PairCounter {
 public:
  void Add(const Cell& first, const Cell& second) override {
    const double before = first.number - first_.mean;
    first_.Add(first.number);
    second_.Add(second.number);
    products_ += before * (second.number - second_.mean);
  }
  AssociationMeasure measure() const override { return AssociationMeasure::kPearson; }
  uint64_t rows() const override { return first_.count; }

  std::optional<double> Value() const override {
    // Two points always lie on a line.
    if (rows() < 3 || !Varies(first_) || !Varies(second_)) return std::nullopt;
    return std::abs(products_) / std::sqrt(first_.squares) / std::sqrt(second_.squares);
  }

 private:
  Moments first_, second_;
  double products_ = 0;
};

// Why a column cannot be taken; "" where it can.
std::string Obstacle(const ColumnSummary& summary) {
  if (summary.column.type == ColumnType::kList) return "lists have no one value a row";
  if (summary.distinct < 2) return "fewer than 2 different values";
  if (summary.column.type == ColumnType::kText && summary.distinct > kMaxAssociatedValues) {
    return fmt::format("more than {} different texts", kMaxAssociatedValues);
  }
  return "";
}

}  // namespace

std::string_view AssociationMeasureName(AssociationMeasure measure) {
  switch (measure) {
    case AssociationMeasure::kCramersV:
      return "cramers_v";
    case AssociationMeasure::kCorrelationRatio:
      return "correlation_ratio";
    case AssociationMeasure::kPearson:
      return "pearson";
  }
  return "";
}

struct AssociationCounter::Impl {
  // A column taken.
  struct Taken {
    ColumnSummary summary;
    std::unordered_map<std::string, uint32_t> texts;  // in the order they came

    bool is_text() const { return summary.column.type == ColumnType::kText; }
    std::optional<Cell> CellOf(const Value& value) {
      if (const auto* number = std::get_if<double>(&value)) return Cell{.number = *number};
      const auto* text = std::get_if<std::string>(&value);
      if (text == nullptr) return std::nullopt;
      const auto next = static_cast<uint32_t>(texts.size());
      const uint32_t at = texts.try_emplace(*text, next).first->second;
      Require(at < summary.distinct, "column {}: more different texts than the {} counted",
              summary.column.name, summary.distinct);
      return Cell{.text = at};
    }
  };

  static std::unique_ptr<PairCounter> MakePair(const Taken& first, const Taken& second) {
    if (first.is_text() && second.is_text()) {
      return std::make_unique<TextPair>(first.summary.distinct, second.summary.distinct);
    }
    if (!first.is_text() && !second.is_text()) return std::make_unique<NumberPair>();
    const ColumnSummary& text = (first.is_text() ? first : second).summary;
    return std::make_unique<MixedPair>(text.distinct, first.is_text());
  }

  std::vector<size_t> columns;
  std::vector<Taken> taken;  // beside `columns`
  std::vector<LeftOutColumn> left_out;
  std::vector<std::unique_ptr<PairCounter>> pairs;  // by second, then first
};

AssociationCounter::AssociationCounter(const std::vector<ColumnSummary>& columns)
    : impl_(std::make_unique<Impl>()) {
  for (size_t i = 0; i < columns.size(); ++i) {
    std::string obstacle = Obstacle(columns[i]);
    if (obstacle.empty() && impl_->taken.size() == kMaxAssociatedColumns) {
      obstacle = fmt::format("more than {} columns", kMaxAssociatedColumns);
    }
    if (!obstacle.empty()) {
      impl_->left_out.push_back({.column = i, .reason = std::move(obstacle)});
      continue;
    }
    impl_->columns.push_back(i);
    impl_->taken.push_back({.summary = columns[i], .texts = {}});
    const Impl::Taken& second = impl_->taken.back();
    for (size_t first = 0; first + 1 < impl_->taken.size(); ++first) {
      impl_->pairs.push_back(Impl::MakePair(impl_->taken[first], second));
    }
  }
}

AssociationCounter::~AssociationCounter() = default;
AssociationCounter::AssociationCounter(AssociationCounter&&) noexcept = default;
AssociationCounter& AssociationCounter::operator=(AssociationCounter&&) noexcept = default;

const std::vector<size_t>& AssociationCounter::columns() const { return impl_->columns; }

const std::vector<LeftOutColumn>& AssociationCounter::left_out() const { return impl_->left_out; }

void AssociationCounter::Add(const std::vector<Value>& values) {
  std::vector<std::optional<Cell>> cells;
  cells.reserve(impl_->taken.size());
  for (size_t i = 0; i < impl_->taken.size(); ++i) {
    cells.push_back(impl_->taken[i].CellOf(values.at(impl_->columns[i])));
  }
  size_t pair = 0;
  for (size_t second = 1; second < cells.size(); ++second) {
    for (size_t first = 0; first < second; ++first, ++pair) {
      if (cells[first] && cells[second]) impl_->pairs[pair]->Add(*cells[first], *cells[second]);
    }
  }
}

std::vector<Association> AssociationCounter::Finish() const {
  std::vector<Association> associations;
  for (size_t second = 1; second < impl_->columns.size(); ++second) {
    for (size_t first = 0; first < second; ++first) {
      const PairCounter& pair = *impl_->pairs[associations.size()];
      std::optional<double> value = pair.Value();
      if (value) value = std::min(*value, 1.0);
      associations.push_back({.first = impl_->columns[first],
                              .second = impl_->columns[second],
                              .measure = pair.measure(),
                              .value = value,
                              .rows = pair.rows()});
    }
  }
  return associations;
}

}  // namespace csn
