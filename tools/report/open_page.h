// Shows a page to the user.
#pragma once

#include <string>

namespace csn {

// Writes the page to a new file in the folder of temporary files and opens it with xdg-open, the
// desktop's own choice of a browser. Returns the file's path; the file stays, for the browser reads
// it later. Throws Error(kFailed) where it cannot be written or opened, naming the file that stays.
std::string OpenPage(const std::string& html);

}  // namespace csn
