// A folder of images as a catalogue without columns.
#pragma once

#include <string>
#include <vector>

#include "storage/internal/row_source.h"

namespace csn {

// Paths relative to `folder` of the .jpg, .jpeg, .png and .webp files (in any case) in it and below
// it, in bytewise order. Links to files are listed; links to folders only with `allow_outside` and
// where they lead outside (inside, the files are listed already), each folder once. Throws
// Error(kFailed) where a folder cannot be read.
std::vector<std::string> ListImages(const std::string& folder, bool allow_outside);

// One row a file: sku is its path less the extension.
class FolderReader : public RowSource {
 public:
  // `files` as from ListImages; it must outlive the reader.
  explicit FolderReader(const std::vector<std::string>& files) : files_(files) {}

  std::optional<std::variant<RawRow, Reject>> Next() override;
  const std::vector<std::string>& columns() const override { return columns_; }

 private:
  const std::vector<std::string>& files_;
  size_t next_ = 0;
  const std::vector<std::string> columns_;
};

}  // namespace csn
