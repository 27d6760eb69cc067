// What several tests share: temporary folders, error matchers, running programs, small worlds with
// known notions.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/image.h"
#include "base/mask.h"
#include "base/matrix.h"

namespace csn::test {

// A fresh folder, removed with everything in it at the end.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

// Matches a call (a lambda) that throws Error with this code and a message containing `part`.
MATCHER_P2(ThrowsError, code, part, "throws the expected csn::Error") {
  try {
    arg();
  } catch (const Error& error) {
    *result_listener << "code " << static_cast<int>(error.code()) << ": " << error.what();
    return error.code() == code && std::string(error.what()).find(part) != std::string::npos;
  }
  *result_listener << "nothing was thrown";
  return false;
}

// What a program did.
struct ProcessResult {
  int status = 0;  // exit status; 128 + signal where a signal ended it
  std::string out;
  std::string err;
};
// Runs a shell command in `folder` ("" = here), with the built programs first on PATH. The user's
// config file and CSN_ variables are not there.
ProcessResult RunCommand(const std::string& command, const std::string& folder = "");

void WriteText(const std::string& path, std::string_view text);  // makes the folders it needs

// A plain coloured photograph with a darker square in it; `shade` in 0..255 tells photographs
// apart.
Image TestImage(int width, int height, int shade);
void WritePng(const std::string& path, const Image& image);

// n embeddings [n, d] and masks [notions, d] drawn by seed, with duplicates among the rows; weights
// include zeros.
struct EmbeddingWorld {
  Matrix embeddings;
  MaskTable masks;
};
EmbeddingWorld MakeEmbeddingWorld(size_t n, size_t d, size_t notions, uint64_t seed);

}  // namespace csn::test
