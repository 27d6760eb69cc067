// Made-up evaluations for tests of the page, and what its tests read pages with.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/report/eval_report.h"

namespace csn::test {

// What an evaluation is of. Every third notion is numeric; dimension k is weighed most by notion
// k % notions, of several networks by notion k / (dim / notions), which alone weighs it. Errors
// fall with every epoch.
struct EvalWorld {
  size_t notions = 3;
  int networks = 1;
  size_t dim = 12;
  size_t epochs = 5;
};
EvaluatedModel MakeEvaluatedModel(const EvalWorld& world, const std::string& path);
// Of one model, without photographs.
EvalReport MakeEvalReport(const EvalWorld& world = {});
// With everything: a second model of three networks, a probe, maps of two notions over six items
// (labels "label0" to "label2"; item i at (i / 5, i % 2); the last without a thumbnail) and
// examples.
EvalReport MakeFullEvalReport();

// What the pattern's first group matches, in order.
std::vector<std::string> AllMatches(const std::string& text, const std::string& pattern);
// How often `part` is in `text`.
size_t CountOf(const std::string& text, const std::string& part);
// With plain blanks for those that do not break.
std::string WithPlainBlanks(std::string html);

}  // namespace csn::test
