// What the files of csn_query share.
#pragma once

#include <string>
#include <vector>

#include "query/query_engine.h"
#include "tools/cli.h"

namespace csn::cli {

// Adds what is asked for, among which items, in which notions, how many and what of each.
void AddQueryOptions(po::options_description& options);

// The query that the options ask, and --query where it is given, whose keys take the options'
// place. Throws Error(kInvalidArgument) naming flags and files.
Query MakeQuery(const po::variables_map& values);

// Throws Error(kInvalidArgument) naming the file where one of --vector or --unlike-vector holds no
// vector of the index's: said here, as the engine does not know the file.
void CheckVectorFiles(const po::variables_map& values, const QueryEngine& engine);

// Adds --batch, --lines, --threads and --progress.
void AddBatchOptions(po::options_description& options);

// Answers the queries of --batch, a line an answer, with `defaults` for what a line does not say.
// The exit status: 0, 4 where a line could not be answered, or that of a signal.
int RunBatch(const po::variables_map& values, const QueryEngine& engine, const Query& defaults);

// The notions of an index by name, in the model's order.
std::vector<std::string> NotionNames(const QueryEngine& engine);

}  // namespace csn::cli
