// Paths as catalogues use them.
#pragma once

#include <string>

namespace csn {

// ".JPG" -> ".jpg"; "" where the file name has no extension.
std::string LowerExtension(const std::string& path);

// True where the real path `path` is the real folder `folder` or lies below it.
bool IsWithin(const std::string& path, const std::string& folder);

}  // namespace csn
