// An answer as a page to look at: photographs, a row a notion, so that one sees how notions differ.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/notion.h"
#include "query/query.h"

namespace csn {

// Plain values; photographs are data URIs, empty where there is none to show.
struct QueryPage {
  // What was asked for.
  std::string kind;   // "item", "photograph", "vector"; "examples" where there are several
  std::string title;  // its sku or file
  std::string photograph;
  std::optional<Item> item;  // its labels, where it is an item
  std::string command;       // how to ask again
  std::string made_by;       // program and version
  std::string model_id;

  std::vector<Notion> notions;  // [C], in the model's order
  std::vector<Column> columns;  // of all items

  struct Row {
    std::vector<double> weights;  // [C], 0 where a notion does not count
    bool asked = false;           // the query as it was asked; all others are for comparison
    Answer answer = {};
    std::vector<std::string> photographs = {};  // one a hit
  };
  std::vector<Row> rows;
};

// The page: HTML 5, nothing loaded from elsewhere, no script. Pure.
std::string FormatQueryPage(const QueryPage& page);

}  // namespace csn
