// A folder that a catalogue and its photographs are drawn into: complete, or without a catalogue.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace csn {

// Writes DIRECTORY/<photographs>, then DIRECTORY/catalogue.csv: while that file is missing, nothing
// counts, and drawing again writes over what an earlier attempt left.
class CatalogueFolder {
 public:
  // `doing` begins error messages: "drawing shoes". Throws Error(kInvalidArgument) where
  // `directory` is empty or a catalogue.csv stands there already.
  CatalogueFolder(std::string directory, std::string doing);

  // `path` is below the directory; MakeFolder makes what is missing on the way to it. Throw
  // Error(kFailed). Several threads may write.
  void MakeFolder(const std::string& path) const;
  void Write(const std::string& path, std::span<const uint8_t> bytes) const;

  // Syncs all that was written, once, then writes catalogue.csv atomically.
  void Publish(const std::string& csv) const;

 private:
  std::string directory_;
  std::string doing_;
};

}  // namespace csn
