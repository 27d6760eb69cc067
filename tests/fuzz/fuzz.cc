#include "tests/fuzz/fuzz.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace csn::fuzz {

namespace fs = std::filesystem;

void Expect(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

MemoryFile::MemoryFile(std::string_view name) {
  std::error_code error;
  const fs::path memory = "/dev/shm";
  const fs::path in = fs::is_directory(memory, error) ? memory : fs::temp_directory_path();
  folder_ = (in / "csn_fuzz.XXXXXX").string();
  if (mkdtemp(folder_.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "making " + folder_);
  }
  path_ = folder_ + "/" + std::string(name);
}

MemoryFile::~MemoryFile() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void MemoryFile::Write(std::string_view bytes) {
  std::ofstream file(path_, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  if (!file) throw std::system_error(errno, std::generic_category(), "writing " + path_);
}

}  // namespace csn::fuzz
