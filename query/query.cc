#include "query/query.h"

#include "base/error.h"
#include "base/text.h"

namespace csn {

std::vector<Query::WeightedNotion> ParseNotionWeights(const std::string& text) {
  std::vector<Query::WeightedNotion> notions;
  for (const std::string& part : SplitText(text, ',')) {
    const size_t equals = part.find('=');
    Query::WeightedNotion notion{.name = part.substr(0, equals)};
    Require(!notion.name.empty(), "notion '{}': expected NAME[=W][,NAME[=W]...], a name is empty",
            text);
    if (equals != std::string::npos) {
      const std::string weight = part.substr(equals + 1);
      const std::optional<double> number = ParseNumber(weight);
      Require(number.has_value(), "notion '{}': expected a number as the weight of '{}', got '{}'",
              text, notion.name, weight);
      notion.weight = *number;
    }
    notions.push_back(std::move(notion));
  }
  return notions;
}

Query::Limit ParseLimit(const std::string& text) {
  const size_t sign = text.find_first_of("<>");
  Require(sign != std::string::npos && sign > 0,
          "require '{}': expected NOTION<=DISTANCE, or <, >= or >", text);
  const bool equal = text.substr(sign + 1).starts_with('=');
  const std::string number(Trim(std::string_view(text).substr(sign + (equal ? 2 : 1))));
  const std::optional<double> distance = ParseNumber(number);
  Require(distance.has_value(), "require '{}': expected a number as the distance, got '{}'", text,
          number);
  using Kind = Query::Limit::Kind;
  const bool below = text[sign] == '<';
  return {.notion = std::string(Trim(std::string_view(text).substr(0, sign))),
          .kind = below ? (equal ? Kind::kAtMost : Kind::kBelow)
                        : (equal ? Kind::kAtLeast : Kind::kAbove),
          .distance = *distance};
}

const char* StepName(KeptOut::Step step) {
  switch (step) {
    case KeptOut::Step::kWhere:
      return "where";
    case KeptOut::Step::kRequire:
      return "require";
    case KeptOut::Step::kMaxDistance:
      return "max_distance";
    case KeptOut::Step::kGroupBy:
      return "group_by";
    case KeptOut::Step::kDiversity:
      return "diversity";
    case KeptOut::Step::kIndex:
      return "index";
    case KeptOut::Step::kNext:
      return "next";
  }
  Fail(ErrorCode::kInvalidArgument, "step {}: unknown", static_cast<int>(step));
}

const char* PlanName(Plan plan) {
  switch (plan) {
    case Plan::kScan:
      return "scan";
    case Plan::kFlat:
      return "flat";
    case Plan::kHnsw:
      return "hnsw";
    case Plan::kIvf:
      return "ivf";
  }
  Fail(ErrorCode::kInvalidArgument, "plan {}: expected scan, flat, hnsw or ivf",
       static_cast<int>(plan));
}

}  // namespace csn
