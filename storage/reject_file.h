// The list of rows that a run did not take.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "storage/catalogue.h"

namespace csn {

// Rejected rows as a text file: the line `line<TAB>sku<TAB>reason`, then one such line a row, with
// tabs, line ends and backslashes written as in C. It grows under a temporary name beside `path`
// and stands there after Commit, so that work that fails leaves an older run's list alone. Not
// thread-safe.
class RejectFile {
 public:
  // `path` may be empty: then rejects are only counted; a device or pipe is written to at once.
  // Throws Error(kInvalidArgument) where a folder or a file that is no such list stands there.
  explicit RejectFile(std::string path);
  ~RejectFile();  // without Commit nothing is left
  RejectFile(const RejectFile&) = delete;
  RejectFile& operator=(const RejectFile&) = delete;

  // Throws Error(kFailed) where the file cannot be written.
  void Add(const Reject& reject);
  // Puts the list in the older one's place; with no rejects takes that away. Call it once, after
  // the last Add. Throws Error(kFailed).
  void Commit();
  uint64_t count() const { return count_; }
  const std::string& path() const { return path_; }

 private:
  struct Impl;
  std::string path_;
  uint64_t count_ = 0;
  std::unique_ptr<Impl> impl_;
};

}  // namespace csn
