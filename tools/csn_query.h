// What the files of csn_query share.
#pragma once

#include <string>
#include <vector>

#include "query/query_engine.h"
#include "tools/cli.h"

namespace csn::cli {

// Adds what is asked for, among which items, in which notions, how many and what of each.
void AddQueryOptions(po::options_description& options);

// The example options that were given ("sku", "unlike-image", ...), each once.
std::vector<std::string> GivenExamples(const po::variables_map& values);

// The query that the options ask; photographs are embedded by the model of `engine`'s index. Throws
// Error as QueryEngine::Search, EmbedPhotograph and ReadVectorFile, naming flags and files.
Query MakeQuery(const po::variables_map& values, const QueryEngine& engine);

// The notions of an index by name, in the model's order.
std::vector<std::string> NotionNames(const QueryEngine& engine);

}  // namespace csn::cli
