// INDEX/CURRENT: which generation is live, and the checksum of its manifest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace csn::internal {

struct CurrentLine {
  std::string name;               // "000007"
  std::string manifest_checksum;  // hash.h Checksum
  friend bool operator==(const CurrentLine&, const CurrentLine&) = default;
};

// Nothing where there is no such file. Throws Error(kCorruption) naming the file where it holds
// anything else than one such line.
std::optional<CurrentLine> ReadCurrent(const std::string& index);
// Replaces it atomically.
void WriteCurrent(const std::string& index, const CurrentLine& line);

// The number of a generation's name ("000007" -> 7), nothing where `name` is none.
std::optional<uint64_t> GenerationNumber(const std::string& name);

}  // namespace csn::internal
