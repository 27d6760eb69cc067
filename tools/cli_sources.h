// Values of options from elsewhere than the command line: the environment and the config file
// (docs/cli.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/cli_page.h"

namespace csn::cli {

// Options that may be set for all programs at once: CSN_THREADS, and above a config file's
// sections. Programs without one of them take no notice of it.
inline constexpr const char* kSharedOptions[] = {"index", "threads", "format", "progress"};

// From the strongest on.
enum class Source { kFlag, kEnvironment, kSharedEnvironment, kFile, kSharedFile };

// What one place says of one option.
struct Setting {
  std::string option;
  Source source = Source::kFlag;
  std::vector<std::string> values = {};  // several where a config file repeats the key
  std::string origin = "";  // "environment CSN_QUERY_K", "config FILE, line 3, k"; "" of flags
};

// "csn_index.build" and "index-key": CSN_INDEX_BUILD_INDEX_KEY.
std::string EnvironmentName(const std::string& section, const std::string& option);

// What the environment says of these options: the variable of the section's own name, else that of
// all programs; strongest first. Empty variables count as not set.
std::vector<Setting> EnvironmentSettings(const std::string& section,
                                         const std::vector<PageOption>& options);

// `flag` (of --config), else $CSN_CONFIG, else csn/config in the user's folder of such files, where
// there is one; "" where there is none. Throws Error(kNotFound) where a file that was named is not
// there, Error(kInvalidArgument) where it is neither a regular file nor a device such as /dev/null.
std::string ConfigFile(const std::optional<std::string>& flag);

// What the file says of these options: the section's keys, else those of all programs; strongest
// first. `sections` are all of this program. Throws Error(kInvalidArgument) naming file, line,
// section and key for lines that are neither, sections of no program, keys that are no options.
std::vector<Setting> FileSettings(const std::string& path, const std::string& section,
                                  const std::vector<std::string>& sections,
                                  const std::vector<PageOption>& options);

}  // namespace csn::cli
