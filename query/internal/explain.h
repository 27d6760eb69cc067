// An answer in words: why each hit is there, and what kept others out.
#pragma once

#include "query/internal/request.h"
#include "query/internal/standing.h"
#include "query/query.h"
#include "storage/generation.h"

namespace csn::internal {

// Fills `why` of the answer's hits, which are those of `found`, and its `kept_out`. Measures every
// row of the index. Errors as MetadataStore.
void Explain(const Generation& generation, const Request& request, const Query& query,
             const FoundHits& found, Answer& answer);

}  // namespace csn::internal
