// The one description of a program that its help, its man page, completion, the environment and
// the config file are made from: a Page and what Boost knows of the options.
#pragma once

#include <string>
#include <vector>

#include "tools/cli.h"

namespace csn::cli {

// Of every page; what stands in it is for the command line alone.
inline constexpr char kGeneralGroup[] = "General";

struct PageOption {
  std::string name;           // long, without dashes
  std::string short_name;     // "-k", or ""
  std::string value;          // what stands for the value, such as N or table|json; "": a switch
  std::string default_value;  // "" for none, and for switches
  std::string about;
  std::string group;  // its caption
  bool repeatable = false;
};

// In the order in which help shows them.
std::vector<PageOption> PageOptions(const po::options_description& options);

// The words that usage begins with: csn_index and build.
std::vector<std::string> PageWords(const Page& page);
// The same as one name: PageName(page, ".") is "csn_index.build".
std::string PageName(const Page& page, const std::string& separator);

// "0 done; 1 failed while running; ..."
std::string ExitStatuses();

// What --help prints.
std::string FormatHelp(const Page& page, const po::options_description& options);
std::string FormatHelp(const Page& page, const std::vector<Command>& commands);
// A line a command, its name and what it does.
std::string FormatCommands(const std::vector<Command>& commands);

}  // namespace csn::cli
