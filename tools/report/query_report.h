// From a query to the page that shows its answer.
#pragma once

#include <cstddef>
#include <string>

#include "query/query_engine.h"
#include "tools/report/query_page.h"

namespace csn {

struct QueryReportOptions {
  std::string photographs;  // the folder items' image paths start from
  std::string image;        // the file asked with, where it was a photograph
  std::string title;        // of what was asked for: a sku or a file
  std::string command;
  std::string made_by;
};

struct QueryReport {
  QueryPage page;
  size_t shown = 0;           // photographs on the page
  size_t missing = 0;         // hits' photographs that could not be read
  std::string first_missing;  // what one of them suffers from
};

// Answers the query as asked, then in each notion alone for comparison, and gathers the
// photographs, reduced, by all processors. Without notions the query is asked in all of them,
// weighted alike. Errors as QueryEngine::Search; a photograph that cannot be read is a gap in the
// page, never an error.
QueryReport MakeQueryReport(const QueryEngine& engine, Query query,
                            const QueryReportOptions& options);

}  // namespace csn
