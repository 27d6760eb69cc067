// An evaluation as a page to look at: how good a model's notions are, in figures, plots and
// photographs.
#pragma once

#include <string>

#include "tools/report/eval_report.h"

namespace csn {

// The page: HTML 5, nothing loaded from elsewhere, no script; every picture is in it once. Parts of
// the report that are empty are left out. Pure. Its size is about 1.4 bytes for every byte of the
// pictures' JPEGs, and 200 bytes for every point of a map.
std::string EvalPage(const EvalReport& report);

}  // namespace csn
