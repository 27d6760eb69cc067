#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <limits>

#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::ThrowsError;

size_t FilesIn(const std::string& folder) {
  const std::filesystem::directory_iterator files(folder);
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

TEST(File, ReadsBackWhatWasWritten) {
  const TempDir dir;
  // Around the sizes at which reading grows its buffer.
  for (const size_t size : {0, 1, 4095, 4096, 4097, 100'000}) {
    std::vector<uint8_t> bytes(size);
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 7);
    WriteFileAtomically(dir / "f", bytes);
    EXPECT_EQ(ReadFile(dir / "f"), bytes);
  }
  WriteFileAtomically(dir / "f", std::string_view("text"));
  EXPECT_EQ(ReadTextFile(dir / "f"), "text");
  EXPECT_EQ(FilesIn(dir.path()), 1u);
}

TEST(File, ReadsParts) {
  const TempDir dir;
  WriteFileAtomically(dir / "f", std::string_view("0123456789"));
  const auto part = [&](uint64_t offset, uint64_t count) {
    const std::vector<uint8_t> bytes = ReadFilePart(dir / "f", offset, count);
    return std::string(bytes.begin(), bytes.end());
  };
  EXPECT_EQ(part(0, 4), "0123");
  EXPECT_EQ(part(3, 4), "3456");
  EXPECT_EQ(part(8, std::numeric_limits<uint64_t>::max()), "89");
  EXPECT_EQ(part(10, 4), "");
  EXPECT_EQ(part(std::numeric_limits<uint64_t>::max(), 4), "");
  EXPECT_EQ(part(5, 0), "");
  EXPECT_THAT([&] { ReadFilePart(dir / "none", 0, 1); },
              ThrowsError(ErrorCode::kNotFound, dir / "none"));
}

TEST(File, ReadsNoMoreThanAllowed) {
  const TempDir dir;
  for (const size_t size : {size_t{10}, size_t{4096}, size_t{100'000}}) {
    WriteFileAtomically(dir / "f", std::string(size, 'x'));
    EXPECT_EQ(ReadTextFile(dir / "f", size).size(), size);
    EXPECT_THAT([&] { ReadTextFile(dir / "f", size - 1); },
                ThrowsError(ErrorCode::kInvalidArgument, (dir / "f") + ": expected at most"));
  }
  EXPECT_THAT([] { ReadTextFile("/dev/zero", 1 << 20); },
              ThrowsError(ErrorCode::kInvalidArgument, "/dev/zero: expected at most 1.0 MiB"));
}

TEST(File, MissingAndUnreadable) {
  const TempDir dir;
  EXPECT_THAT([&] { ReadFile(dir / "none"); }, ThrowsError(ErrorCode::kNotFound, dir / "none"));
  EXPECT_THAT([&] { ReadTextFile(dir / "a/b"); }, ThrowsError(ErrorCode::kNotFound, dir / "a/b"));
  EXPECT_THAT([&] { ReadFile(dir.path()); }, ThrowsError(ErrorCode::kFailed, dir.path()));
  EXPECT_THAT([&] { SyncPath(dir / "none"); }, ThrowsError(ErrorCode::kFailed, dir / "none"));
  EXPECT_NO_THROW(SyncPath(dir.path()));
}

TEST(WriteFileUnsynced, WritesOverAndSyncsOnce) {
  const TempDir dir;
  const std::vector<uint8_t> longer = {1, 2, 3, 4}, shorter = {5, 6};
  WriteFileUnsynced(dir / "f", longer);
  EXPECT_EQ(ReadFile(dir / "f"), longer);
  WriteFileUnsynced(dir / "f", shorter);
  EXPECT_EQ(ReadFile(dir / "f"), shorter);
  EXPECT_EQ(FilesIn(dir.path()), 1u);
  EXPECT_NO_THROW(SyncFileSystem(dir.path()));
  EXPECT_THAT([&] { WriteFileUnsynced(dir / "none/f", longer); },
              ThrowsError(ErrorCode::kFailed, dir / "none/f: No such file"));
  EXPECT_THAT([&] { SyncFileSystem(dir / "none"); },
              ThrowsError(ErrorCode::kFailed, dir / "none: No such file"));
}

TEST(WriteFileAtomically, FailureLeavesNothingBehind) {
  const TempDir dir;
  EXPECT_THAT([&] { WriteFileAtomically(dir / "none/f", std::string_view("x")); },
              ThrowsError(ErrorCode::kFailed, dir / "none/f: No such file"));
  // A folder stands where the file should go: the rename fails after the bytes were written.
  std::filesystem::create_directories(dir / "f/inside");
  EXPECT_THAT([&] { WriteFileAtomically(dir / "f", std::string_view("x")); },
              ThrowsError(ErrorCode::kFailed, dir / "f"));
  EXPECT_EQ(FilesIn(dir.path()), 1u);
  EXPECT_TRUE(std::filesystem::is_directory(dir / "f/inside"));
}

TEST(WriteFileAtomically, FollowsLinksAndReplacesNoDevice) {
  const TempDir dir;
  WriteFileAtomically(dir / "target", std::string_view("old"));
  std::filesystem::create_symlink("target", dir / "link");
  WriteFileAtomically(dir / "link", std::string_view("new"));
  EXPECT_TRUE(std::filesystem::is_symlink(dir / "link"));
  EXPECT_EQ(ReadTextFile(dir / "target"), "new");
  ASSERT_EQ(mkfifo((dir / "pipe").c_str(), 0600), 0);
  EXPECT_THAT([&] { WriteFileAtomically(dir / "pipe", std::string_view("x")); },
              ThrowsError(ErrorCode::kFailed, dir / "pipe: expected a regular file"));
  EXPECT_TRUE(std::filesystem::is_fifo(dir / "pipe"));
  EXPECT_EQ(FilesIn(dir.path()), 3u);
}

TEST(WriteFileAtomically, OldFileStandsWhereTheNewOneHasNoRoom) {
  const TempDir dir;
  WriteFileAtomically(dir / "f", std::string_view("old"));
  // A file size limit fails a write part of the way, as a full disk does.
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 1000, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  EXPECT_THAT([&] { WriteFileAtomically(dir / "f", std::string(5000, 'x')); },
              ThrowsError(ErrorCode::kFailed, dir / "f: File too large"));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(ReadTextFile(dir / "f"), "old");
  EXPECT_EQ(FilesIn(dir.path()), 1u);
}

}  // namespace
}  // namespace csn
