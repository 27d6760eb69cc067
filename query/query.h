// What is asked and what is answered, as plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/distance.h"
#include "base/item.h"

namespace csn {

inline constexpr size_t kMaxHits = 100'000;      // greatest k
inline constexpr double kMaxNotionWeight = 1e9;  // greatest magnitude, so that scores stay finite

struct Query {
  // What to look for: a stored item's sku, or an unmasked embedding [d].
  std::variant<std::string, std::vector<float>> by = {};
  // Names and weights as asked, in any order; one notion alone counts with weight 1. A negative
  // weight means "unlike in" and needs a positive one beside it.
  struct WeightedNotion {
    std::string name;
    double weight = 1;
  };
  std::vector<WeightedNotion> notions = {};
  std::string where = {};  // which items may be hits (where.h); empty: all
  size_t k = 10;
  bool exact = false;  // answer by an exact plan even where an index would be faster
  bool items = true;   // fetch the hits' images and attributes; else their skus alone
};

// Parses `NAME[=W][,NAME[=W]...]`. Throws Error(kInvalidArgument) that quotes it.
std::vector<Query::WeightedNotion> ParseNotionWeights(const std::string& text);

// A hit's part in one notion.
struct NotionPart {
  double distance = 0;  // shown: sqrt(D_c / S_c)
  double share = 0;     // its term of the score, w_c * D_c / S_c; 0 where it was not asked for
};

struct Hit {
  uint32_t rank = 0;  // 1-based
  double score = 0;
  std::vector<NotionPart> parts;  // [C], in the model's order
  Item item;                      // its sku alone where the query asked for no items
};

enum class Plan {
  kScan,  // every row by definition
  kFlat,  // FAISS's flat index as a filter, proven by an error bound and rescored
  kHnsw,  // FAISS's graph, rescored: approximate
};
const char* PlanName(Plan plan);  // "scan", "flat", "hnsw"

struct Answer {
  std::vector<std::string> notions;  // [C], names in the model's order
  std::vector<std::string> sources;  // [C], the column each was learned from
  std::vector<Column> columns;       // of the hits' items; none where there are but skus
  bool items = true;                 // whether hits hold more than their skus
  std::vector<Hit> hits;             // nearest first
  Plan plan = Plan::kScan;
  bool exact = true;
  uint64_t shortfall = 0;  // k minus hits
  // Items that the filter lets through, the one asked by among them; none without a filter.
  std::optional<uint64_t> qualifying;
  std::vector<std::string> notes;  // on what is probably a mistake, for people
  std::string generation;
};

}  // namespace csn
