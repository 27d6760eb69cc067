// What csn_eval measured as one JSON object: stdout and report.json.
#pragma once

#include <nlohmann/json.hpp>

#include "tools/report/eval_report.h"

namespace csn {

// The keys are in docs/output.md. Figures that there is nothing to measure on are null.
nlohmann::ordered_json EvalJson(const EvalReport& report);

}  // namespace csn
