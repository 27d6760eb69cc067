// Off-task accuracy: what a linear probe finds of columns that the models were not trained for.
#pragma once

#include "tools/eval/eval.h"

namespace csn::cli {

inline constexpr size_t kProbeLeastItems = 10;     // of a class; those with fewer are left out
inline constexpr size_t kProbeMostClasses = 1000;  // a column with more is no label
inline constexpr size_t kProbeMostItems = 5000;    // of more, so many are drawn

// Says that a column is left out: a warning where it was asked for.
void TellOfProbe(const EvalOptions& options, const std::string& column, size_t classes,
                 const std::string& among, ProgressPrinter& progress);

// One column of the plan: the items that take part and their classes.
struct ProbeSet {
  std::string column;
  std::vector<uint32_t> rows;     // ascending, of the test set
  std::vector<uint32_t> classes;  // one a row, below `class_count`
  size_t class_count = 0;
};

// Warns of columns that the test items have too few labels of, and leaves them out.
std::vector<ProbeSet> MakeProbeSets(const EvalOptions& options, const EvalPlan& plan,
                                    const TestSet& set, ProgressPrinter& progress);

ProbeScore MeasureProbe(const EvalOptions& options, const ProbeSet& probe, MatrixView embeddings);

}  // namespace csn::cli
