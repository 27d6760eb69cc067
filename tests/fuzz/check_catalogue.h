// What holds of every catalogue that opens, whatever its format.
#pragma once

#include <string>

namespace csn::fuzz {

// Opens the catalogue, reads it twice and holds its counts, types and texts against each other.
void CheckCatalogue(const std::string& path);

}  // namespace csn::fuzz
