// What an engine keeps between queries.
#pragma once

#include "query/internal/groups.h"
#include "query/internal/kept_filter.h"
#include "query/internal/recent.h"
#include "query/photograph.h"

namespace csn::internal {

// Thread-safe. A batch or a shop's pages ask by few filters many times.
struct Resources {
  explicit Resources(PhotographEmbedder::Make make) : photographs(std::move(make)) {}

  PhotographEmbedder photographs;
  Recent<KeptFilter> filters{64};  // by the filter's text; at most a bit a row and 2 MiB each
  Recent<Groups> groups{2};        // by the column's name; 4 bytes a row each
};

}  // namespace csn::internal
