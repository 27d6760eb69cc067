// The subcommands of csn_catalogue, each in a file of its own.
#pragma once

#include <string>
#include <vector>

namespace csn::cli {

// `arguments` are those behind its name; returns the exit status.
int RunCheck(const std::vector<std::string>& arguments);
int RunFonts(const std::vector<std::string>& arguments);
int RunGallery(const std::vector<std::string>& arguments);
int RunShoes(const std::vector<std::string>& arguments);

}  // namespace csn::cli
