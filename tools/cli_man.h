// Man pages from what help is made from.
#pragma once

#include <string>
#include <vector>

#include "tools/cli_page.h"

namespace csn::cli {

// A page of section 1 in the macros of man(7): of a program with options, or of one with commands.
std::string FormatManPage(const Page& page, const std::vector<PageOption>& options,
                          const std::vector<Command>& commands);

}  // namespace csn::cli
