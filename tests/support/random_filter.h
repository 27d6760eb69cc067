// Made-up items and filters over them, with what each filter means written down beside it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/item.h"
#include "base/random.h"

namespace csn::test {

// "brand" (text), "price" (number), "sizes" (list), "Base Colour" (text).
const std::vector<Column>& FilterColumns();

// Items "s000", "s001", ... ("s000000", ... where there are more than 1,000): values out of few,
// many of them missing.
std::vector<Item> RandomFilterItems(Rng& rng, size_t count);

struct RandomFilter {
  std::string text;
  std::function<bool(const Item&)> holds;
};

// Of at most `depth` levels.
RandomFilter MakeRandomFilter(Rng& rng, int depth);

}  // namespace csn::test
