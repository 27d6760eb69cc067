// What the files of csn_query share.
#pragma once

#include <string>
#include <vector>

#include "query/query_engine.h"
#include "tools/cli.h"

namespace csn::cli {

// Adds what is asked for, among which items, in which notions, how many and what of each.
void AddQueryOptions(po::options_description& options);

// A vector that a flag gave, to be checked once the index is open.
struct VectorFile {
  std::string path;
  size_t size = 0;
};

struct AskedQuery {
  Query query;
  std::vector<VectorFile> vector_files;
};

// The query that the options ask, and --query where it is given, whose keys take the options'
// place. Reads vectors and --query, which may be pipes: once. Throws Error(kInvalidArgument) naming
// flags and files.
AskedQuery MakeQuery(const po::variables_map& values);

// Adds --batch, --lines, --threads and --progress.
void AddBatchOptions(po::options_description& options);

// Answers the queries of --batch, a line an answer, with `defaults` for what a line does not say.
// The exit status: 0, 4 where a line could not be answered, or that of a signal.
int RunBatch(const po::variables_map& values, const QueryEngine& engine, const Query& defaults);

// The notions of an index by name, in the model's order.
std::vector<std::string> NotionNames(const QueryEngine& engine);

}  // namespace csn::cli
