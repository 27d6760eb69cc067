#include "storage/reject_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "base/file.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

namespace fs = std::filesystem;
using test::TempDir;
using test::ThrowsError;
using test::WriteText;

const Reject kReject = {.line = 1, .sku = "a", .reason = "r"};
constexpr char kHeader[] = "line\tsku\treason\n";

size_t FilesIn(const TempDir& folder) {
  return static_cast<size_t>(
      std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
}

TEST(RejectFile, WritesEscapedLines) {
  const TempDir folder;
  RejectFile rejects(folder / "rejects.tsv");
  rejects.Add({.line = 7, .sku = "a\tb\\", .reason = "two\nlines\r"});
  rejects.Add({.line = 0, .sku = "", .reason = "r"});
  EXPECT_EQ(rejects.count(), 2u);
  rejects.Commit();
  EXPECT_EQ(ReadTextFile(folder / "rejects.tsv"),
            std::string(kHeader) + "7\ta\\tb\\\\\ttwo\\nlines\\r\n0\t\tr\n");
  EXPECT_EQ(FilesIn(folder), 1u);
}

TEST(RejectFile, LeavesAnOlderListUntilItIsCommitted) {
  const TempDir folder;
  const std::string path = folder / "rejects.tsv", old = std::string(kHeader) + "9\told\tr\n";
  WriteText(path, old);
  {
    RejectFile rejects(path);
    rejects.Add(kReject);
    EXPECT_EQ(ReadTextFile(path), old);
  }
  EXPECT_EQ(ReadTextFile(path), old);
  EXPECT_EQ(FilesIn(folder), 1u);  // given up, it leaves nothing behind
  RejectFile(path).Commit();       // a clean run's: no list
  EXPECT_FALSE(fs::exists(path));
}

TEST(RejectFile, ReplacesNothingThatIsNoList) {
  const TempDir folder;
  const std::string path = folder / "catalogue.csv";
  for (const char* text : {"sku,image\na,a.png\n", "line\tsku\treasons\n", "line\tsku"}) {
    WriteText(path, text);
    EXPECT_THAT([&] { RejectFile rejects(path); },
                ThrowsError(ErrorCode::kInvalidArgument, path + ": holds something else"));
    EXPECT_EQ(ReadTextFile(path), text);
  }
  EXPECT_THAT([&] { RejectFile rejects(folder.path()); },
              ThrowsError(ErrorCode::kInvalidArgument, "it is a folder"));
  WriteText(path, "");  // nothing is lost with an empty file
  RejectFile rejects(path);
  rejects.Add(kReject);
  rejects.Commit();
  EXPECT_EQ(ReadTextFile(path), std::string(kHeader) + "1\ta\tr\n");
}

TEST(RejectFile, FollowsLinks) {
  const TempDir folder;
  WriteText(folder / "list", kHeader);
  fs::create_symlink("list", folder / "link");
  {
    RejectFile rejects(folder / "link");
    rejects.Add(kReject);
    rejects.Commit();
  }
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(ReadTextFile(folder / "list"), std::string(kHeader) + "1\ta\tr\n");
  EXPECT_EQ(FilesIn(folder), 2u);
}

TEST(RejectFile, WritesIntoPipesAndTheStreamsOfTheProcess) {
  const TempDir folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  std::string read;
  std::thread reader([&] { read = ReadTextFile(folder / "pipe"); });
  {
    RejectFile rejects(folder / "pipe");
    rejects.Add(kReject);
    rejects.Commit();
  }
  reader.join();
  EXPECT_EQ(read, std::string(kHeader) + "1\ta\tr\n");
  EXPECT_TRUE(fs::is_fifo(folder / "pipe"));

  // As /dev/stdout leads to the file that stdout goes to.
  WriteText(folder / "out", "");
  const int fd = open((folder / "out").c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  const std::string path = fmt::format("/proc/self/fd/{}", fd);
  RejectFile(path).Commit();
  {
    RejectFile rejects(path);
    rejects.Add(kReject);
    rejects.Commit();
  }
  close(fd);
  EXPECT_EQ(ReadTextFile(folder / "out"), std::string(kHeader) + "1\ta\tr\n");
}

TEST(RejectFile, OnlyCountsWithoutAPath) {
  RejectFile rejects("");
  rejects.Add(kReject);
  rejects.Commit();
  EXPECT_EQ(rejects.count(), 1u);
}

TEST(RejectFile, TellsThatItCannotWrite) {
  const TempDir folder;
  EXPECT_THAT([&] { RejectFile(folder / "none/r.txt").Add(kReject); },
              ThrowsError(ErrorCode::kFailed, "none/r.txt"));
  EXPECT_THAT([&] { RejectFile("/dev/full").Add(kReject); },
              ThrowsError(ErrorCode::kFailed, "/dev/full"));
}

}  // namespace
}  // namespace csn
