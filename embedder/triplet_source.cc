#include "embedder/triplet_source.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string_view>

#include "base/error.h"
#include "base/hash.h"
#include "embedder/internal/partners.h"

namespace csn {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kDifferences = 1'000'000;  // pairs looked at for percentiles

// Classes are whole numbers, so any threshold between 0 and 1 separates them.
double FarThreshold(const Notion& notion) {
  return notion.kind == NotionKind::kNumeric ? notion.far : 0.5;
}

using Classes = std::map<std::string, uint32_t>;

uint32_t ClassOf(const std::string& text, Classes& classes) {
  return classes.emplace(text, static_cast<uint32_t>(classes.size())).first->second;
}

// The value's number for a numeric notion; for a categorical one its class, numbered as met.
double Code(const Notion& notion, const Value& value, Classes& classes) {
  if (std::holds_alternative<std::monostate>(value)) return kMissing;
  if (notion.kind == NotionKind::kNumeric) {
    const double* number = std::get_if<double>(&value);
    Require(number != nullptr, "notion {}: numeric, but column {} holds \"{}\", which is no number",
            notion.name, notion.column, ValueText(value));
    return *number;
  }
  return ClassOf(ValueText(value), classes);
}

// The classes of a list, or of the one value.
std::vector<uint32_t> CodeSet(const Value& value, Classes& classes) {
  std::vector<uint32_t> set;
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    for (const std::string& text : *list) set.push_back(ClassOf(text, classes));
  } else if (!std::holds_alternative<std::monostate>(value)) {
    set.push_back(ClassOf(ValueText(value), classes));
  }
  std::sort(set.begin(), set.end());
  set.erase(std::unique(set.begin(), set.end()), set.end());
  return set;
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
    Classes classes;
    std::vector<double>& codes = codes_.emplace_back();
    std::vector<std::vector<uint32_t>>& sets = sets_.emplace_back();
    const bool lists = std::ranges::any_of(values[c], [](const Value& value) {
      return std::holds_alternative<std::vector<std::string>>(value);
    });
    if (lists && notions_[c].kind == NotionKind::kCategorical) {
      for (const Value& value : values[c]) sets.push_back(CodeSet(value, classes));
    } else {
      for (const Value& value : values[c]) codes.push_back(Code(notions_[c], value, classes));
    }
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
  table.sets_ = {sets_[notion]};
  return table;
}

bool LabelTable::Known(NotionId notion, uint32_t item) const {
  return sets_[notion].empty() ? !std::isnan(codes_[notion][item]) : !sets_[notion][item].empty();
}

bool LabelTable::Close(NotionId notion, uint32_t a, uint32_t b) const {
  if (!sets_[notion].empty()) return internal::ShareValue(sets_[notion][a], sets_[notion][b]);
  return internal::IsClose(codes_[notion][a], codes_[notion][b], notions_[notion].near);
}

bool LabelTable::Far(NotionId notion, uint32_t a, uint32_t b) const {
  if (!sets_[notion].empty()) {
    return Known(notion, a) && Known(notion, b) && !Close(notion, a, b);
  }
  return internal::IsFar(codes_[notion][a], codes_[notion][b], FarThreshold(notions_[notion]));
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
                                       notion.near + internal::Slack(*low, *high, notion.near));
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
  if (labels.sets_[notion].empty()) {
    partners_ = internal::PartnersByNumber(labels.codes_[notion], definition.near,
                                           FarThreshold(definition), items);
  } else {
    partners_ = internal::PartnersBySet(labels.sets_[notion], items);
  }
  for (size_t at = 0; at < partners_->size(); ++at) {
    if (partners_->HasBoth(at)) anchors_.push_back(at);
  }
}

Triplet TripletSampler::Draw(Rng& rng) const {
  const size_t at = anchors_[rng.Below(anchors_.size())];
  const size_t positive = partners_->DrawPositive(at, rng);
  const size_t negative = partners_->DrawNegative(at, rng);
  return {.anchor = partners_->entry(at).item,
          .positive = partners_->entry(positive).item,
          .negative = partners_->entry(negative).item};
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
    picks.anchors.push_back(partners_->entry(at).position);
    for (size_t i = 0; i < positives; ++i) {
      picks.positives.push_back(partners_->entry(partners_->DrawPositive(at, rng)).position);
    }
    for (size_t i = 0; i < negatives; ++i) {
      picks.negatives.push_back(partners_->entry(partners_->DrawNegative(at, rng)).position);
    }
  }
  return picks;
}

}  // namespace csn
