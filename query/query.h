// What is asked and what is answered, as plain values. docs/query.md is the guide.
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
inline constexpr size_t kMaxPool = 10'000;       // greatest pool: diversity measures each with each
inline constexpr double kMaxNotionWeight = 1e9;  // greatest magnitude, so that scores stay finite
inline constexpr int kMaxEf = 1'000'000;         // greatest ef
inline constexpr int kMaxNprobe = 1 << 20;       // greatest nprobe
inline constexpr size_t kMaxExamples = 1'000;    // liked and unliked together

struct Query {
  // An image file, to be embedded by the index's model.
  struct Photograph {
    std::string path;
    friend bool operator==(const Photograph&, const Photograph&) = default;
  };
  // A stored item's sku, an unmasked embedding [d], or a photograph.
  using Example = std::variant<std::string, std::vector<float>, Photograph>;
  // What hits are to be like, at least one, and what unlike: the score is the mean over the liked
  // less beta times the mean over the unliked, beta in [0, 1). Items named by sku are left out of
  // the answer.
  std::vector<Example> liked = {};
  std::vector<Example> unliked = {};
  double beta = 0.3;

  // Names and weights as asked, in any order; one notion alone counts with weight 1. A negative
  // weight means "unlike in" and needs a positive one beside it.
  struct WeightedNotion {
    std::string name;
    double weight = 1;
  };
  std::vector<WeightedNotion> notions = {};
  bool raw = false;  // every scale S_c is 1

  // A ceiling or a floor on the shown distance of one notion, whatever the hits are ranked by.
  struct Limit {
    enum class Kind { kBelow, kAtMost, kAbove, kAtLeast };
    std::string notion;
    Kind kind = Kind::kAtMost;
    double distance = 0;
  };
  std::vector<Limit> require = {};
  std::string where = {};  // which items may be hits (where.h); empty: all
  // Of one notion its shown distance, of several the root of the score; not with negative weights
  // or unliked examples.
  std::optional<double> max_distance = {};

  std::string group_by = {};  // a column: the nearest item of each value alone; empty: all items
  // Maximal marginal relevance (Carbonell and Goldstein 1998): of the `pool` nearest, each time the
  // one with least (1 - lambda) score - lambda times its least score to one taken before.
  struct Diversity {
    double lambda = 0.5;  // 0 to 1; 0: none
    size_t pool = 200;    // at least k
  };
  std::optional<Diversity> diversity = {};

  size_t k = 10;
  bool exact = false;  // answer by an exact plan even where an index would be faster
  // How many candidates an approximate index keeps, and how many lists one of lists looks at; 0: as
  // the build found best.
  int ef = 0;
  int nprobe = 0;
  bool pages = false;       // with a cursor, by which to ask on; exact
  std::string cursor = {};  // of the page before; empty: the first page

  bool items = true;  // fetch the hits' images and attributes; else their skus alone
  // Of the items, only these columns and "image"; none: all.
  std::optional<std::vector<std::string>> fields = {};
  bool vectors = false;       // with the hits' embeddings
  bool explain = false;       // say in words why each hit is there, and what kept others out
  bool explain_plan = false;  // say what answering was expected to cost, and what it did
};

// Parses `NAME[=W][,NAME[=W]...]`. Throws Error(kInvalidArgument) that quotes it.
std::vector<Query::WeightedNotion> ParseNotionWeights(const std::string& text);
// Parses `NAME<=D`, and so with <, >= and >. Throws Error(kInvalidArgument) that quotes it.
Query::Limit ParseLimit(const std::string& text);

// A hit's part in one notion.
struct NotionPart {
  double distance = 0;  // shown: sqrt(D_c / S_c), of several liked examples of the mean D_c
  double share = 0;     // its term of the score; 0 where it was not asked for
};

struct Hit {
  uint64_t rank = 0;  // 1-based, over all pages
  double score = 0;
  std::vector<NotionPart> parts;   // [C], in the model's order
  Item item;                       // its sku alone where the query asked for no items
  std::vector<float> vector = {};  // [d], unmasked, where the query asked for it
  std::string why = {};            // in words, where the query asked for it
};

// What a step of a query (docs/query.md has their order) keeps out of an answer.
struct KeptOut {
  enum class Step {
    kWhere,
    kRequire,
    kMaxDistance,
    kGroupBy,
    kDiversity,
    kIndex,  // an approximate index did not find it
    kNext,   // it would be the hit behind the last
  };
  Step step = Step::kNext;
  std::string sku;   // of the nearest item that the step kept out
  double score = 0;  // its
  std::string why;   // in words
  // How many that are nearer than the farthest hit the step kept out; all where hits fell short.
  uint64_t nearer = 0;
};
// "where", "require", "max_distance", "group_by", "diversity", "index", "next"
const char* StepName(KeptOut::Step step);

enum class Plan {
  kScan,  // every row that qualifies by definition
  kFlat,  // FAISS's flat index as a filter, proven by an error bound and rescored
  kHnsw,  // FAISS's graph, rescored: approximate
  kIvf,   // FAISS's inverted lists, rescored: approximate
};
const char* PlanName(Plan plan);  // "scan", "flat", "hnsw"

// How an answer was found, for who wants to know why it took so long.
struct PlanReport {
  struct Way {
    std::string name;  // "codes", "floats", "tree", "flat index", "graph"
    double expected_ms = 0;
    bool taken = false;
  };
  std::vector<Way> ways;  // all that could have answered, the cheapest first
  double seen_ms = 0;     // finding the hits, without what is shown of them
  // What exact scans looked at, each less of what the one before left.
  uint64_t rows_by_codes = 0, rows_by_floats = 0, rows_measured = 0;
};

struct Answer {
  std::vector<std::string> notions;  // [C], names in the model's order
  std::vector<std::string> sources;  // [C], the column each was learned from
  std::vector<Column> columns;       // of the hits' items; none where there are but skus
  bool items = true;                 // whether hits hold more than their skus
  bool images = true;                // and their images
  std::vector<Hit> hits;             // nearest first; with diversity as they were taken
  Plan plan = Plan::kScan;
  bool exact = true;
  uint64_t shortfall = 0;  // k minus hits
  // Items that the filter lets through, those asked by among them; none without a filter.
  std::optional<uint64_t> qualifying;
  std::string cursor;              // where more pages follow
  std::vector<std::string> notes;  // on what is probably a mistake, for people
  // Where the query asked for explanations: of each step that kept items out which are nearer than
  // the farthest hit (any, where hits fell short) one, in the steps' order; the next hit last.
  std::optional<std::vector<KeptOut>> kept_out;
  std::optional<PlanReport> plan_report;  // where the query asked for it
  std::string generation;
};

}  // namespace csn
