#include "embedder/triplet_source.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string_view>

#include "base/error.h"
#include "base/hash.h"

namespace csn {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kDifferences = 1'000'000;  // pairs looked at for percentiles

// Decimal labels have no exact doubles: 1.1 - 1.0 is a little more than 0.1. What differs from a
// threshold by so small a share of the numbers involved is taken to be at it.
constexpr double kRounding = 1e-9;

double Slack(double a, double b, double threshold) {
  return kRounding * std::max({std::abs(a), std::abs(b), threshold});
}

// Both false where a label is missing: a comparison with NaN is.
bool IsClose(double a, double b, double near) {
  return std::abs(a - b) <= near + Slack(a, b, near);
}
bool IsFar(double a, double b, double far) { return std::abs(a - b) >= far - Slack(a, b, far); }

// Classes are whole numbers, so any threshold between 0 and 1 separates them.
double FarThreshold(const Notion& notion) {
  return notion.kind == NotionKind::kNumeric ? notion.far : 0.5;
}

// The value's number for a numeric notion; for a categorical one its class, numbered as met.
double Code(const Notion& notion, const Value& value, std::map<std::string, double>& classes) {
  if (std::holds_alternative<std::monostate>(value)) return kMissing;
  if (notion.kind == NotionKind::kNumeric) {
    const double* number = std::get_if<double>(&value);
    Require(number != nullptr, "notion {}: numeric, but column {} holds \"{}\", which is no number",
            notion.name, notion.column, ValueText(value));
    return *number;
  }
  Require(!std::holds_alternative<std::vector<std::string>>(value),
          "notion {}: column {} holds lists; a notion needs one value an item", notion.name,
          notion.column);
  return classes.emplace(ValueText(value), static_cast<double>(classes.size())).first->second;
}

// Absolute differences of all pairs, or of kDifferences drawn ones, ascending.
std::vector<double> PairwiseDifferences(std::span<const double> values, uint64_t seed) {
  std::vector<double> differences;
  const size_t n = values.size();
  if (n * (n - 1) / 2 <= kDifferences) {
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = i + 1; j < n; ++j) differences.push_back(std::abs(values[i] - values[j]));
    }
  } else {
    Rng rng(seed);
    while (differences.size() < kDifferences) {
      const size_t i = rng.Below(n), j = rng.Below(n);
      if (i != j) differences.push_back(std::abs(values[i] - values[j]));
    }
  }
  std::sort(differences.begin(), differences.end());
  return differences;
}

}  // namespace

LabelTable::LabelTable(std::vector<Notion> notions, const std::vector<std::vector<Value>>& values)
    : notions_(std::move(notions)) {
  Require(values.size() == notions_.size(), "labels: {} columns for {} notions", values.size(),
          notions_.size());
  size_ = values.empty() ? 0 : values.front().size();
  for (size_t c = 0; c < notions_.size(); ++c) {
    Require(values[c].size() == size_, "labels of notion {}: {} values for {} items",
            notions_[c].name, values[c].size(), size_);
    std::map<std::string, double> classes;
    std::vector<double>& codes = codes_.emplace_back();
    codes.reserve(size_);
    for (const Value& value : values[c]) codes.push_back(Code(notions_[c], value, classes));
  }
}

uint64_t LabelTable::Fingerprint() const {
  std::string text;
  for (size_t c = 0; c < notions_.size(); ++c) {
    const Notion& notion = notions_[c];
    text += fmt::format("{}\n{}\n{}\n{}\n", notion.name, notion.column, notion.near, notion.far);
    text += fmt::format("{:016x}\n",
                        Hash64(std::string_view(reinterpret_cast<const char*>(codes_[c].data()),
                                                codes_[c].size() * sizeof(double))));
  }
  return Hash64(text);
}

LabelTable LabelTable::Only(NotionId notion) const {
  LabelTable table;
  table.notions_ = {notions_[notion]};
  table.size_ = size_;
  table.codes_ = {codes_[notion]};
  return table;
}

bool LabelTable::Known(NotionId notion, uint32_t item) const {
  return !std::isnan(codes_[notion][item]);
}

bool LabelTable::Close(NotionId notion, uint32_t a, uint32_t b) const {
  return IsClose(codes_[notion][a], codes_[notion][b], notions_[notion].near);
}

bool LabelTable::Far(NotionId notion, uint32_t a, uint32_t b) const {
  return IsFar(codes_[notion][a], codes_[notion][b], FarThreshold(notions_[notion]));
}

void ResolveThresholds(const NotionSpec& spec, std::span<const double> present, uint64_t seed,
                       Notion& notion) {
  const auto [low, high] = std::minmax_element(present.begin(), present.end());
  Require(!present.empty() && *low < *high,
          "notion {}: column {} needs at least two different numbers", notion.name, notion.column);
  const std::vector<double> differences = PairwiseDifferences(present, seed);
  notion.near = spec.near.value_or(differences[differences.size() / 10]);
  notion.far = spec.far.value_or(differences[differences.size() / 2]);
  if (notion.far <= notion.near && !spec.far) {
    const auto next = std::upper_bound(differences.begin(), differences.end(),
                                       notion.near + Slack(*low, *high, notion.near));
    Require(next != differences.end(),
            "notion {}: no two values of column {} are more than {} apart", notion.name,
            notion.column, notion.near);
    notion.far = *next;
  }
  Require(notion.near < notion.far, "notion {}: near={} must be below far={}", notion.name,
          notion.near, notion.far);
}

TripletSampler::TripletSampler(const LabelTable& labels, NotionId notion,
                               std::span<const uint32_t> items) {
  const Notion& definition = labels.notions()[notion];
  near_ = definition.near;
  far_ = FarThreshold(definition);
  for (size_t i = 0; i < items.size(); ++i) {
    const double code = labels.codes_[notion][items[i]];
    if (!std::isnan(code)) sorted_.push_back({code, items[i], static_cast<uint32_t>(i)});
  }
  std::sort(sorted_.begin(), sorted_.end(), [](const Entry& a, const Entry& b) {
    return a.code != b.code ? a.code < b.code : a.position < b.position;
  });
  for (size_t at = 0; at < sorted_.size(); ++at) {
    const Range close = CloseRange(at), not_far = NotFarRange(at);
    const bool has_positive = close.end - close.begin > 1;
    const bool has_negative = not_far.end - not_far.begin < sorted_.size();
    if (has_positive && has_negative) anchors_.push_back(at);
  }
}

TripletSampler::Range TripletSampler::CloseRange(size_t at) const {
  const double code = sorted_[at].code;
  const auto close = [&](const Entry& e) { return IsClose(code, e.code, near_); };
  const auto begin =
      std::partition_point(sorted_.begin(), sorted_.begin() + at, std::not_fn(close));
  const auto end = std::partition_point(sorted_.begin() + at, sorted_.end(), close);
  return {static_cast<size_t>(begin - sorted_.begin()), static_cast<size_t>(end - sorted_.begin())};
}

TripletSampler::Range TripletSampler::NotFarRange(size_t at) const {
  const double code = sorted_[at].code;
  const auto far = [&](const Entry& e) { return IsFar(code, e.code, far_); };
  const auto begin = std::partition_point(sorted_.begin(), sorted_.begin() + at, far);
  const auto end = std::partition_point(sorted_.begin() + at, sorted_.end(), std::not_fn(far));
  return {static_cast<size_t>(begin - sorted_.begin()), static_cast<size_t>(end - sorted_.begin())};
}

size_t TripletSampler::DrawPositive(size_t at, Rng& rng) const {
  const Range close = CloseRange(at);
  // One place fewer than the range holds: the anchor's own is stepped over.
  const size_t drawn = close.begin + rng.Below(close.end - close.begin - 1);
  return drawn < at ? drawn : drawn + 1;
}

size_t TripletSampler::DrawNegative(size_t at, Rng& rng) const {
  const Range not_far = NotFarRange(at);
  const size_t skipped = not_far.end - not_far.begin;
  const size_t drawn = rng.Below(sorted_.size() - skipped);
  return drawn < not_far.begin ? drawn : drawn + skipped;
}

Triplet TripletSampler::Draw(Rng& rng) const {
  const size_t at = anchors_[rng.Below(anchors_.size())];
  const size_t positive = DrawPositive(at, rng), negative = DrawNegative(at, rng);
  return {.anchor = sorted_[at].item,
          .positive = sorted_[positive].item,
          .negative = sorted_[negative].item};
}

std::vector<Triplet> TripletSampler::Sample(size_t count, Rng& rng) const {
  std::vector<Triplet> triplets;
  if (!possible()) return triplets;
  triplets.reserve(count);
  while (triplets.size() < count) triplets.push_back(Draw(rng));
  return triplets;
}

std::vector<Triplet> TripletSampler::SampleDistinct(size_t count, Rng& rng) const {
  // Of n triplets that are there, n ln n draws find all; a count near n is rare.
  constexpr size_t kDrawsEach = 20;
  std::vector<Triplet> triplets;
  if (!possible()) return triplets;
  std::set<Triplet> seen;
  for (size_t draws = 0; triplets.size() < count && draws < kDrawsEach * count; ++draws) {
    const Triplet triplet = Draw(rng);
    if (seen.insert(triplet).second) triplets.push_back(triplet);
  }
  return triplets;
}

TripletSampler::Picks TripletSampler::PickAll(size_t positives, size_t negatives, Rng& rng) const {
  Picks picks;
  for (const size_t at : anchors_) {
    picks.anchors.push_back(sorted_[at].position);
    for (size_t i = 0; i < positives; ++i) {
      picks.positives.push_back(sorted_[DrawPositive(at, rng)].position);
    }
    for (size_t i = 0; i < negatives; ++i) {
      picks.negatives.push_back(sorted_[DrawNegative(at, rng)].position);
    }
  }
  return picks;
}

}  // namespace csn
