#include "storage/code_file.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/hash.h"
#include "tests/support/damage.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

namespace fs = std::filesystem;
using test::TempDir;
using test::ThrowsError;

constexpr size_t kCodeHeaderBytes = 64;

class CodeFileTest : public testing::Test {
 protected:
  std::string Write(size_t rows, size_t dim) {
    world_ = test::MakeEmbeddingWorld(rows, dim, 1, 5);
    codes_.emplace(world_.masks, NotionId{0}, world_.embeddings.View());
    CodeFile::Write(path_, codes_->View());
    return FileChecksum(path_);
  }

  const TempDir folder_;
  const std::string path_ = folder_ / "notion-00.codes";
  test::EmbeddingWorld world_;
  std::optional<RowCodes> codes_;
};

TEST_F(CodeFileTest, GivesBackWhatWasWritten) {
  for (const auto& [rows, dim] : {std::pair{1, 4}, {64, 7}, {1000, 24}}) {
    SCOPED_TRACE(rows);
    const std::string checksum = Write(static_cast<size_t>(rows), static_cast<size_t>(dim));
    const CodesView expected = codes_->View();
    const CodeFile file = CodeFile::Load(path_, checksum);
    const CodesView& view = file.view();
    EXPECT_EQ(view.rows, expected.rows);
    EXPECT_EQ(view.dim, expected.dim);
    EXPECT_EQ(view.step, expected.step);
    EXPECT_TRUE(std::ranges::equal(view.origin, expected.origin));
    EXPECT_TRUE(std::ranges::equal(view.errors, expected.errors));
    const size_t bytes = expected.blocks() * expected.block_bytes();
    EXPECT_TRUE(std::equal(view.codes, view.codes + bytes, expected.codes));
    EXPECT_FALSE(FirstMiscoded(view, world_.masks, 0, world_.embeddings.View()));
    EXPECT_EQ(fs::file_size(path_), CodeFile::FileBytes(view.rows, view.dim, false));
    CodeFile::CheckHeader(path_, view.rows, view.dim, false);
  }
}

TEST_F(CodeFileTest, AnOrderIsKeptAndChecked) {
  Write(1000, 12);
  const RowCodes ordered = codes_->InTreeOrder();
  const CodesView expected = ordered.View();
  CodeFile::Write(path_, expected);
  EXPECT_EQ(fs::file_size(path_), CodeFile::FileBytes(1000, expected.dim, true));
  CodeFile::CheckHeader(path_, 1000, expected.dim, true);
  EXPECT_THAT([&] { CodeFile::CheckHeader(path_, 1000, expected.dim, false); },
              ThrowsError(ErrorCode::kCorruption, "has an order of its own, expected one without"));
  {
    const CodeFile file = CodeFile::Load(path_, FileChecksum(path_));
    EXPECT_TRUE(std::ranges::equal(file.view().order, expected.order));
    EXPECT_FALSE(FirstMiscoded(file.view(), world_.masks, 0, world_.embeddings.View()));
  }
  // A row that is not there, the checksum right.
  std::string bytes = ReadTextFile(path_);
  bytes[bytes.size() - 1] = 1;
  test::WriteText(path_, bytes);
  EXPECT_THAT([&] { CodeFile::Load(path_, FileChecksum(path_)); },
              ThrowsError(ErrorCode::kCorruption, "names a row which is not there"));
  Write(1000, 12);
  EXPECT_THAT([&] { CodeFile::CheckHeader(path_, 1000, expected.dim, true); },
              ThrowsError(ErrorCode::kCorruption, "lacks an order of its own"));
}

TEST_F(CodeFileTest, DamageIsFound) {
  const std::string checksum = Write(150, 8);
  const size_t dim = codes_->View().dim;
  for (size_t byte = 0; byte < fs::file_size(path_); byte += byte < kCodeHeaderBytes ? 1 : 97) {
    test::FlipBit(path_, byte, 3);
    EXPECT_THAT([&] { CodeFile::Load(path_, checksum); },
                ThrowsError(ErrorCode::kCorruption, path_))
        << byte;
    if (byte < kCodeHeaderBytes) {
      EXPECT_THAT([&] { CodeFile::CheckHeader(path_, 150, dim, false); },
                  ThrowsError(ErrorCode::kCorruption, path_))
          << byte;
    }
    test::FlipBit(path_, byte, 3);
  }
  const std::string sound = ReadTextFile(path_);
  for (const size_t size : {size_t{0}, size_t{1}, kCodeHeaderBytes - 1, kCodeHeaderBytes,
                            sound.size() - 1, sound.size() + 1}) {
    std::string cut = sound;
    cut.resize(size);
    test::WriteText(path_, cut);
    EXPECT_THAT([&] { CodeFile::Load(path_, checksum); },
                ThrowsError(ErrorCode::kCorruption, path_))
        << size;
    EXPECT_THAT([&] { CodeFile::CheckHeader(path_, 150, dim, false); },
                ThrowsError(ErrorCode::kCorruption, path_))
        << size;
  }
  test::WriteText(path_, sound);
  CodeFile::Load(path_, checksum);
}

TEST_F(CodeFileTest, AnothersIsRefused) {
  Write(150, 8);
  const size_t dim = codes_->View().dim;
  EXPECT_THAT([&] { CodeFile::CheckHeader(path_, 151, dim, false); },
              ThrowsError(ErrorCode::kCorruption,
                          fmt::format("{}: 150 rows of {} dimensions, expected 151 of {}", path_,
                                      dim, dim)));
  EXPECT_THAT([&] { CodeFile::Load(path_, std::string(32, '0')); },
              ThrowsError(ErrorCode::kCorruption, "expected 00000000"));
  std::string newer = ReadTextFile(path_);
  newer[8] = 3;
  test::WriteText(path_, newer);
  EXPECT_THAT([&] { CodeFile::CheckHeader(path_, 150, dim, false); },
              ThrowsError(ErrorCode::kCorruption, "format version 3, this build reads up to 2"));
}

}  // namespace
}  // namespace csn
