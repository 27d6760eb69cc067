#include "tools/report/eval_page.h"

#include <fmt/format.h>

#include "tools/report/html.h"

namespace csn {

std::string EvalPage(const EvalReport& report) {
  return fmt::format("<!DOCTYPE html>\n<title>{}</title>\n", EscapeHtml(report.title));
}

}  // namespace csn
