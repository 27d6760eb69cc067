// Notions: the kinds of similarity a model knows, and the columns they were learnt from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace csn {

// Position of a notion in its model's order, 0..C-1.
using NotionId = uint32_t;

enum class NotionKind {
  kCategorical,  // close = the same value, far = another value
  kNumeric,      // close = within `near`, far = at least `far` apart
};

// One notion: what it is called and which labels define it.
struct Notion {
  std::string name;
  std::string column;
  NotionKind kind = NotionKind::kCategorical;
  // Numeric notions only, in the column's unit: |difference| <= near is close, >= far is far; near
  // < far.
  double near = 0;
  double far = 0;
  friend bool operator==(const Notion&, const Notion&) = default;
};

// A notion as a user asks for it: `NAME`, `NAME=column` or `NAME=column:numeric[,near=X][,far=Y]`.
// Without a column the column is the one called NAME, where '-' and '_' are the same.
struct NotionSpec {
  std::string name;
  std::string column;  // empty: the column called like the notion
  NotionKind kind = NotionKind::kCategorical;
  std::optional<double> near;  // empty: the 10th percentile of pairwise differences
  std::optional<double> far;   // empty: the 50th percentile
};

// Parses one `--notion` value of the trainer. Throws Error(kInvalidArgument) that quotes it.
NotionSpec ParseNotionSpec(std::string_view text);

// True where two notion or column names are equal with '-' and '_' taken as the same.
bool SameName(std::string_view a, std::string_view b);

// The notion called `name` ('-' and '_' are the same). Throws Error(kInvalidArgument) that names
// near ones.
NotionId FindNotion(const std::vector<Notion>& notions, std::string_view name);

}  // namespace csn
