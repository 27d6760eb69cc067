// What the subcommands of csn_index share.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "indexer/index_plan.h"
#include "storage/manifest.h"
#include "tools/cli.h"

namespace csn::cli {

// "12.3 %"
std::string PercentOf(double share);

// "exact", or "99.6 % (99.3 to 99.8)": recall@10 and its interval.
std::string RecallText(const std::string& key, const MeasuredRecall& recall);
// Adds "recall", "recall_interval" (null where it is not known) and "recall_target" (null where
// none was asked for).
void AddRecall(const std::string& key, const MeasuredRecall& recall, nlohmann::ordered_json& json);

// Where rejected rows are listed by default: beside the index directory, which holds nothing that
// is not the index.
std::string DefaultRejects(const std::string& index);

// Adds --index-key; with --target-recall and --seed: what building any notion's index takes.
void AddKeyOption(po::options_description& options);
void AddIndexBuildOptions(po::options_description& options);
// Adds --max-memory, and reads it and --index-key.
void AddMemoryOption(po::options_description& options);
PlanOptions PlanOptionsOf(const po::variables_map& values);
std::optional<double> TargetRecallOption(const po::variables_map& values);
uint64_t SeedOption(const po::variables_map& values);

// Subcommands with files of their own.
Command AddNotionCommand();
Command ListCommand();
Command PlanCommand();

}  // namespace csn::cli
