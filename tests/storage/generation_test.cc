#include "storage/generation.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <functional>
#include <thread>

#include "base/file.h"
#include "base/hash.h"
#include "tests/storage/generation_world.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

namespace fs = std::filesystem;
using test::TempDir;
using test::ThrowsError;
using test::World;

std::vector<std::string> Names(const std::string& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Runs `body` in another process and gives back how that ended, as waitpid tells it.
int InChild(const std::function<void()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      body();
    } catch (...) {
      _exit(9);
    }
    _exit(0);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

TEST(GenerationTest, PublishedIsReadBack) {
  const TempDir folder;
  const std::string index = folder / "shop/shoes.idx";
  const World world(100);
  EXPECT_EQ(world.Publish(index), "000001");

  const Generation generation = Generation::Open(index);
  EXPECT_EQ(generation.name(), "000001");
  EXPECT_EQ(generation.folder(), index + "/generations/000001");
  EXPECT_EQ(generation.manifest().rows, 100u);
  EXPECT_EQ(generation.embeddings().rows(), 100u);
  EXPECT_TRUE(std::ranges::equal(generation.embeddings().Row(42), world.embeddings.Row(42)));
  EXPECT_EQ(generation.metadata().RowOf("sku-00042"), 42u);
  for (NotionId id = 0; id < 3; ++id) {
    const Matrix queries = Project(world.manifest.masks, id, world.embeddings.View());
    const auto answers = generation.subspace(id).Search({.k = 1}, queries.View());
    for (size_t row = 0; row < 100; ++row) {
      EXPECT_EQ(answers[row][0].row, id == 2 ? 0 : row);
      EXPECT_EQ(answers[row][0].value, 0.0);
    }
    EXPECT_EQ(&generation.subspace(id), &generation.subspace(id));  // loaded once
  }
  for (NotionId id = 0; id < 2; ++id) {
    ASSERT_TRUE(generation.has_codes(id));
    EXPECT_FALSE(
        FirstMiscoded(generation.codes(id), world.manifest.masks, id, world.embeddings.View()));
    EXPECT_EQ(generation.codes(id).codes, generation.codes(id).codes);  // loaded once
  }
  EXPECT_EQ(generation.manifest().subspaces[1].tree, world.manifest.subspaces[1].tree);
  EXPECT_EQ(&generation.tree(1), &generation.tree(1));  // made once
  EXPECT_FALSE(
      FirstMiscoded(generation.tree(1).codes(), world.manifest.masks, 1, world.embeddings.View()));
  EXPECT_FALSE(generation.has_codes(2));  // no live dimension
  EXPECT_THAT([&] { generation.subspace(3); }, ThrowsError(ErrorCode::kInvalidArgument, "3"));

  std::vector<std::string> visited;
  generation.Verify([&](const std::string& file) { visited.push_back(file); });
  EXPECT_THAT(visited, testing::IsSupersetOf({"model.csn", "embeddings.f32", "notion-00.faiss",
                                              "notion-02.faiss", "metadata/CURRENT"}));
  EXPECT_EQ(visited.size(), generation.manifest().files.size());
}

TEST(GenerationTest, CurrentHoldsNameAndChecksum) {
  const TempDir folder;
  World(3).Publish(folder / "i");
  EXPECT_EQ(ReadTextFile(folder / "i/CURRENT"),
            "000001 " + FileChecksum(folder / "i/generations/000001/MANIFEST.json") + "\n");
}

TEST(GenerationTest, AnEmptyGenerationWorks) {
  const TempDir folder;
  World(0).Publish(folder / "i");
  const Generation generation = Generation::Open(folder / "i");
  EXPECT_EQ(generation.subspace(0).size(), 0u);
  generation.Verify({});
}

TEST(GenerationTest, NothingThereIsNotFound) {
  const TempDir folder;
  EXPECT_THAT([&] { Generation::Open(folder / "none"); },
              ThrowsError(ErrorCode::kNotFound, "none: no such folder"));
  EXPECT_THAT([&] { Generation::Open(folder.path()); },
              ThrowsError(ErrorCode::kNotFound, "nothing was published"));
}

TEST(GenerationTest, LaterPublicationsLeaveEarlierReadersWorking) {
  const TempDir folder;
  const std::string index = folder / "i";
  const World first(50, 1), second(60, 2);
  first.Publish(index);
  const Generation reader = Generation::Open(index);
  EXPECT_EQ(second.Publish(index), "000002");
  // What was not loaded yet still is where it was.
  EXPECT_EQ(reader.subspace(0).size(), 50u);
  EXPECT_EQ(Generation::Open(index).manifest().rows, 60u);

  EXPECT_EQ(World(70, 3).Publish(index), "000003");
  EXPECT_EQ(Names(index + "/generations"), (std::vector<std::string>{"000002", "000003"}));
  // What was opened is held open, though its folder is gone.
  EXPECT_TRUE(std::ranges::equal(reader.embeddings().Row(49), first.embeddings.Row(49)));
  EXPECT_EQ(reader.metadata().GetMany(std::vector<uint32_t>{7})[0].sku, "sku-00007");
  EXPECT_EQ(Generation::Open(index).name(), "000003");
}

TEST(GenerationTest, SameContentGivesTheSameFilesButTheStore) {
  const TempDir folder;
  World(80).Publish(folder / "i");
  World(80).Publish(folder / "i");
  for (const char* file : {"embeddings.f32", "notion-00.faiss", "notion-01.faiss", "model.csn"}) {
    EXPECT_EQ(ReadFile(folder / ("i/generations/000001/" + std::string(file))),
              ReadFile(folder / ("i/generations/000002/" + std::string(file))));
  }
}

TEST(GenerationTest, UnpublishedLeavesNothing) {
  const TempDir folder;
  const std::string index = folder / "i";
  { GenerationWriter writer(index); }
  EXPECT_FALSE(fs::exists(index));
  fs::create_directory(index);
  {
    GenerationWriter writer(index);
    test::WriteText(writer.folder() + "/model.csn", "m");
  }
  EXPECT_TRUE(fs::exists(index));  // somebody else's folder stays
  EXPECT_THAT([&] { Generation::Open(index); }, ThrowsError(ErrorCode::kNotFound, index));
  World(5).Publish(index);
  {
    GenerationWriter writer(index);
    World(6).Write(writer.folder());
  }
  EXPECT_EQ(Names(index + "/generations"), (std::vector<std::string>{"000001"}));
  EXPECT_EQ(Generation::Open(index).manifest().rows, 5u);
}

TEST(GenerationTest, ContradictingManifestIsNotPublished) {
  const TempDir folder;
  const std::string index = folder / "i";
  World world(5);
  world.Publish(index);
  world.manifest.rejected = 1;
  EXPECT_THAT([&] { world.Publish(index); },
              ThrowsError(ErrorCode::kInvalidArgument, "do not add up"));
  Generation::Open(index).Verify({});
  GenerationWriter writer(index);
  world.Write(writer.folder());
  fs::create_symlink("/", writer.folder() + "/link");
  world.manifest.rejected = 0;
  EXPECT_THAT([&] { writer.Publish(world.manifest); },
              ThrowsError(ErrorCode::kInvalidArgument, "link"));
}

TEST(GenerationTest, AKilledBuildLeavesNothingVisibleAndBlocksNobody) {
  const TempDir folder;
  const std::string index = folder / "i";
  for (const bool published_before : {false, true}) {
    if (published_before) World(5).Publish(index);
    const int status = InChild([&] {
      const GenerationWriter writer(index);
      test::WriteText(writer.folder() + "/embeddings.f32", std::string(100'000, 'x'));
      test::WriteText(index + "/CURRENT.tmp.1.0", "half");
      raise(SIGKILL);
    });
    ASSERT_TRUE(WIFSIGNALED(status));
    if (published_before) {
      EXPECT_EQ(Generation::Open(index).manifest().rows, 5u);
    } else {
      EXPECT_THAT([&] { Generation::Open(index); }, ThrowsError(ErrorCode::kNotFound, index));
    }
    World(9).Publish(index);
    EXPECT_EQ(Generation::Open(index).manifest().rows, 9u);
    Generation::Open(index).Verify({});
    EXPECT_EQ(Names(index), (std::vector<std::string>{"CURRENT", "LOCK", "generations"}));
  }
}

TEST(GenerationTest, KilledBetweenRenameAndCurrentIsInvisibleAndRemovedLater) {
  const TempDir folder;
  const std::string index = folder / "i";
  World(5).Publish(index);
  fs::copy(index + "/generations/000001", index + "/generations/000002",
           fs::copy_options::recursive);
  EXPECT_EQ(Generation::Open(index).name(), "000001");
  EXPECT_EQ(World(6).Publish(index), "000003");
  EXPECT_EQ(Names(index + "/generations"), (std::vector<std::string>{"000001", "000003"}));
}

TEST(GenerationTest, OneWriterAtATime) {
  const TempDir folder;
  const std::string index = folder / "i";
  World(5).Publish(index);
  {
    const GenerationWriter writer(index);
    EXPECT_THAT([&] { GenerationWriter other(index); }, ThrowsError(ErrorCode::kLocked, index));
    EXPECT_TRUE(fs::exists(writer.folder()));
  }
  int ready[2], done[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(done), 0);
  const pid_t child = fork();
  if (child == 0) {
    const GenerationWriter writer(index);
    char byte = 'r';
    if (write(ready[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 1) _exit(1);
    _exit(0);
  }
  char byte;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_THAT([&] { World(6).Publish(index); }, ThrowsError(ErrorCode::kLocked, index));
  EXPECT_EQ(Generation::Open(index).manifest().rows, 5u);  // readers need no lock
  ASSERT_EQ(write(done[1], "d", 1), 1);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(World(6).Publish(index), "000002");
  for (const int fd : {ready[0], ready[1], done[0], done[1]}) close(fd);
}

TEST(GenerationTest, ForeignFoldersAndFilesAreRefused) {
  const TempDir folder;
  test::WriteText(folder / "home/letter.txt", "dear");
  EXPECT_THAT([&] { GenerationWriter writer(folder / "home"); },
              ThrowsError(ErrorCode::kInvalidArgument, "letter.txt"));
  EXPECT_EQ(Names(folder / "home"), (std::vector<std::string>{"letter.txt"}));
  EXPECT_THAT([&] { GenerationWriter writer(folder / "home/letter.txt"); },
              ThrowsError(ErrorCode::kInvalidArgument, "is not a folder"));
  EXPECT_THAT([&] { GenerationWriter writer(folder / "home/letter.txt/i"); },
              ThrowsError(ErrorCode::kFailed, "letter.txt"));
}

// What a writer that was killed, or is at work, may have left.
TEST(GenerationTest, AFolderOfOurOwnNamesIsAnIndex) {
  const TempDir folder;
  const std::string index = folder / "i";
  test::WriteText(index + "/CURRENT.tmp.17.0", "half");
  test::WriteText(index + "/LOCK", "");
  EXPECT_EQ(World(5).Publish(index), "000001");
  EXPECT_EQ(Names(index), (std::vector<std::string>{"CURRENT", "LOCK", "generations"}));
  // Names that are only like ours are somebody else's.
  test::WriteText(index + "/CURRENT.bak", "mine");
  EXPECT_EQ(World(5).Publish(index), "000002");
  EXPECT_EQ(Names(index),
            (std::vector<std::string>{"CURRENT", "CURRENT.bak", "LOCK", "generations"}));
}

TEST(GenerationTest, NumbersThatDoNotFitArePublishedByNobody) {
  const TempDir folder;
  const std::string index = folder / "i";
  World(5).Publish(index);
  fs::create_directory(layout::GenerationFolder(index, std::string(18, '9')));
  EXPECT_THAT(
      [&] { World(6).Publish(index); },
      ThrowsError(ErrorCode::kFailed, "no generation can follow number 999999999999999999"));
  EXPECT_EQ(Generation::Open(index).manifest().rows, 5u);
}

TEST(GenerationTest, FoldersOnTheWayAreMadeHoweverTheyAreWritten) {
  const TempDir folder;
  for (const char* name : {"a/b/c", "d/e/", "./f/./g//", "h/../k"}) {
    SCOPED_TRACE(name);
    { GenerationWriter unpublished(folder / name); }
    EXPECT_FALSE(fs::exists(folder / name));
    World(5).Publish(folder / name);
    EXPECT_EQ(Generation::Open(folder / name).manifest().rows, 5u);
  }
}

TEST(GenerationTest, AMissingPartIsNotPublishedUnnoticed) {
  const TempDir folder;
  const World world(5);
  {
    GenerationWriter writer(folder / "i");
    world.Write(writer.folder());
    fs::remove(writer.folder() + "/notion-02.faiss");
    writer.Publish(world.manifest);
  }
  EXPECT_THAT([&] { Generation::Open(folder / "i"); },
              ThrowsError(ErrorCode::kCorruption, "does not list notion-02.faiss"));
}

TEST(GenerationTest, ThreadsLoadTogether) {
  const TempDir folder;
  World(200).Publish(folder / "i");
  const Generation generation = Generation::Open(folder / "i");
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (NotionId id = 0; id < 3; ++id) wrong += generation.subspace(id).size() != 200;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace csn
