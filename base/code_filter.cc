#include "base/code_filter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/internal/rounded.h"

namespace csn {
namespace {

// A notion with so little of the score is left out: what is left is still a bound.
constexpr double kLeastFactor = 0x1p-60;
// Points may be as far beyond the rows' codes, on either side, as these are wide.
constexpr double kLeastPointCode = -255, kMostPointCode = 510;

// The point in a notion's codes.
struct CodedPoint {
  std::vector<int32_t> pairs, bytes;  // as CodePart; no bytes where they do not hold it
  int32_t byte_squares = 0;
  double error = 0;  // in steps
};

CodedPoint CodePoint(const Ranking& ranking, NotionId notion, std::span<const float> point,
                     const CodesView& view) {
  const std::span<const float> mask = ranking.masks->weights(notion);
  const std::span<const uint32_t> live = ranking.masks->live_dims(notion);
  std::vector<double> values(view.dim);
  std::vector<int16_t> codes(2 * view.pairs());
  for (size_t i = 0; i < view.dim; ++i) {
    values[i] = static_cast<double>(mask[live[i]]) * point[live[i]];
    const double at = std::nearbyint((values[i] - view.origin[i]) / view.step);
    codes[i] = static_cast<int16_t>(std::clamp(at, kLeastPointCode, kMostPointCode));
  }
  CodedPoint coded;
  coded.error = CodingError(values, std::span(codes).first(view.dim), view.origin, view.step);
  coded.pairs.resize(view.pairs());
  std::memcpy(coded.pairs.data(), codes.data(), codes.size() * sizeof(int16_t));
  if (std::ranges::any_of(codes, [](int16_t code) { return code < 0 || code > 255; })) return coded;
  std::vector<int8_t> bytes;
  for (const int16_t code : codes) {
    bytes.push_back(static_cast<int8_t>(code - 128));
    coded.byte_squares += code * code;
  }
  coded.bytes.resize((view.pairs() + 1) / 2);
  std::memcpy(coded.bytes.data(), bytes.data(), bytes.size());
  return coded;
}

}  // namespace

std::optional<CodeFilter> CodeFilter::Make(const Ranking& ranking, const ScoreFilter& filter,
                                           std::span<const CodesView> codes) {
  if (!(filter.share() > 0)) return std::nullopt;
  CodeFilter made;
  std::vector<double> factors;  // of squared distances in steps
  std::vector<NotionId> notions;
  for (NotionId notion = 0; notion < ranking.weights.size(); ++notion) {
    if (ranking.weights[notion] == 0 || ranking.masks->live_dims(notion).empty()) continue;
    const double step = codes[notion].step;
    notions.push_back(notion);
    factors.push_back(filter.share() * (ranking.weights[notion] / ranking.scales[notion]) *
                      (step * step) * (1 - 0x1p-40));
    made.rows_ = codes[notion].rows;
    made.blocks_ = codes[notion].blocks();
  }
  if (factors.empty()) return std::nullopt;
  made.unit_ = std::ranges::max(factors);
  if (!std::isnormal(made.unit_)) return std::nullopt;
  double squares = 0;
  for (size_t i = 0; i < notions.size(); ++i) {
    const double factor = factors[i] / made.unit_;
    if (!(factor >= kLeastFactor)) continue;
    const CodesView& view = codes[notions[i]];
    CodedPoint point = CodePoint(ranking, notions[i], filter.point(), view);
    squares += factor * point.error * point.error;
    made.points_.push_back(std::move(point.pairs));
    made.byte_points_.push_back(std::move(point.bytes));
    const std::vector<int32_t>& bytes = made.byte_points_.back();
    made.parts_.push_back({.codes = view.codes,
                           .pairs = view.pairs(),
                           .point = made.points_.back().data(),
                           .byte_point = bytes.empty() ? nullptr : bytes.data(),
                           .byte_squares = point.byte_squares,
                           .errors = view.errors.data(),
                           .factor = internal::FloatBelow(factor)});
  }
  made.point_error_ = std::sqrt(squares);
  return made;
}

float CodeFilter::Reach(float ceiling) const {
  const double reach = std::sqrt(std::max(0.0, double{ceiling}) / unit_) + point_error_;
  return internal::FloatAbove(reach * (1 + 0x1p-40));
}

void CodeFilter::FindWithinReach(size_t first, float reach, std::span<uint64_t> within) const {
  const internal::CodeScan scan = Scan(reach, within);
  internal::FindWithin({&scan, 1}, first, within.size());
  CutLast(first, within);
}

void CodeFilter::FindWithinEach(size_t first, std::span<const Asked> asked) {
  std::array<internal::CodeScan, internal::kMostScans> scans;
  while (!asked.empty()) {
    const std::span<const Asked> some = asked.first(std::min(asked.size(), internal::kMostScans));
    asked = asked.subspan(some.size());
    for (size_t i = 0; i < some.size(); ++i) {
      scans[i] = some[i].filter->Scan(some[i].filter->Reach(some[i].ceiling), some[i].within);
    }
    internal::FindWithin(std::span(scans).first(some.size()), first, some.front().within.size());
    for (const Asked& at : some) at.filter->CutLast(first, at.within);
  }
}

bool CodeFilter::ReadsTheSame(const CodeFilter& other) const {
  return std::ranges::equal(parts_, other.parts_, {}, &internal::CodePart::codes,
                            &internal::CodePart::codes);
}

void CodeFilter::CutLast(size_t first, std::span<uint64_t> within) const {
  const size_t left = rows_ % kCodeBlockRows;
  if (left != 0 && first + within.size() == blocks_) within.back() &= (uint64_t{1} << left) - 1;
}

}  // namespace csn
