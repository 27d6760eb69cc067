// What the subcommands of csn_index share.
#pragma once

#include <string>
#include <vector>

#include "tools/cli.h"

namespace csn::cli {

// "12.3 %"
std::string PercentOf(double share);

// Where rejected rows are listed by default: beside the index directory, which holds nothing that
// is not the index.
std::string DefaultRejects(const std::string& index);

// Adds --index-key and --seed: what building any notion's index takes. SeedOption reads the latter.
void AddIndexBuildOptions(po::options_description& options);
uint64_t SeedOption(const po::variables_map& values);

// Subcommands with files of their own.
Command AddNotionCommand();
Command ListCommand();

}  // namespace csn::cli
