// A model's evaluation as a page to look at.
#pragma once

#include <string>

#include "tools/report/eval_report.h"

namespace csn {

// The page: HTML 5, nothing loaded from elsewhere. Pure.
std::string EvalPage(const EvalReport& report);

}  // namespace csn
