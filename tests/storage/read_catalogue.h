// Catalogues read whole, for tests of their reader.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "storage/catalogue.h"
#include "tests/support/test_support.h"

namespace csn::test {

struct Rows {
  std::vector<Item> items;
  std::vector<Reject> rejects;
  std::vector<uint64_t> lines;  // of all rows
};

// Every row of a catalogue; proves on the way that rows in = items + rejects.
inline Rows ReadAll(const Catalogue& catalogue) {
  Rows rows;
  catalogue.ForEach([&](CatalogueRow&& row, uint64_t line) {
    rows.lines.push_back(line);
    if (auto* item = std::get_if<Item>(&row)) {
      EXPECT_EQ(item->values.size(), catalogue.columns().size());
      EXPECT_FALSE(item->sku.empty());
      rows.items.push_back(std::move(*item));
    } else {
      EXPECT_EQ(std::get<Reject>(row).line, line);
      EXPECT_FALSE(std::get<Reject>(row).reason.empty());
      rows.rejects.push_back(std::move(std::get<Reject>(row)));
    }
    return true;
  });
  EXPECT_EQ(rows.items.size() + rows.rejects.size(), catalogue.row_count());
  return rows;
}

inline Rows ReadText(const std::string& name, const std::string& text,
                     const CatalogueOptions& options = {}) {
  const TempDir folder;
  std::ofstream(folder / name, std::ios::binary) << text;  // unsynced, for it is called often
  return ReadAll(Catalogue::Open(folder / name, options));
}

inline std::vector<std::string> Skus(const Rows& rows) {
  std::vector<std::string> skus;
  for (const Item& item : rows.items) skus.push_back(item.sku);
  return skus;
}

// "line: reason" of each reject.
inline std::vector<std::string> Reasons(const Rows& rows) {
  std::vector<std::string> reasons;
  for (const Reject& reject : rows.rejects) {
    reasons.push_back(fmt::format("{}: {}", reject.line, reject.reason));
  }
  return reasons;
}

}  // namespace csn::test
