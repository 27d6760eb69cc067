// What a shell offers at its completion key; tools/completion holds the shells' side.
//
// "csn_query --complete WORD..." is asked with the words behind the program's name up to the
// cursor, the last one being completed. It answers with a line that says what follows, and with
// whole words, a line each:
//   words    the word is done when it is taken
//   parts    the same, but more may follow without a blank
//   files, folders   nothing follows: the shell is to offer its own
#pragma once

#include <string>
#include <vector>

#include "tools/cli_page.h"

namespace csn::cli {

// Whether a program's arguments are such a question.
bool IsCompletion(const std::vector<std::string>& arguments);

// Commands and the general flags.
std::string CompleteCommand(const std::vector<std::string>& arguments,
                            const std::vector<std::string>& names);

struct Completed {
  std::string section;                // "csn_index.build"
  std::vector<std::string> sections;  // all of the program
  std::vector<PageOption> options;
  std::string positional;  // the option that a word without a flag stands for, or ""
};
// Flags that may still be given, and values: by what stands for them in help, which may be a list
// (a|b|c), a file, a folder, or a notion, column or sku of the index that the words, the
// environment or the config file name. No error leaves it: where there is no such index, nothing
// is offered.
std::string CompleteOptions(const std::vector<std::string>& arguments, const Completed& completed);

}  // namespace csn::cli
