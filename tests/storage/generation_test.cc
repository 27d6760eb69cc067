#include "storage/generation.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <thread>

#include "base/file.h"
#include "base/hash.h"
#include "base/random.h"
#include "storage/layout.h"
#include "tests/storage/damage.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

namespace fs = std::filesystem;
using test::TempDir;
using test::ThrowsError;

constexpr size_t kDim = 6;

// A small sound generation: notion 0 is HNSW, 1 Flat, 2 has no live dimension.
struct World {
  explicit World(size_t rows, uint64_t seed = 1) : embeddings(rows, kDim) {
    Rng rng(seed);
    for (size_t i = 0; i < rows * kDim; ++i) {
      embeddings.data()[i] = static_cast<float>(rng.Normal());
    }
    Matrix weights(3, kDim);
    for (size_t k = 0; k < 4; ++k) weights.Row(0)[k] = 0.5f + 0.1f * static_cast<float>(k);
    weights.Row(1)[5] = 2.0f;
    manifest.masks = MaskTable(weights);
    manifest.created_by = "test";
    manifest.model_id = Sha256(AsBytes(model));
    manifest.preprocessing = std::string(32, '0');
    manifest.dim = kDim;
    manifest.rows = manifest.catalogue_rows = rows;
    manifest.columns = {{"brand", ColumnType::kText}};
    manifest.notions = {
        {.name = "a", .column = "brand"}, {.name = "b", .column = ""}, {.name = "c", .column = ""}};
    manifest.subspaces = {{.key = "HNSW8", .ef_construction = 40, .ef_search = 32}, {}, {}};
  }

  void Write(const std::string& folder) const {
    test::WriteText(folder + "/" + layout::kModel, model);
    EmbeddingFileWriter file(folder + "/" + layout::kEmbeddings, kDim);
    MetadataWriter metadata(folder + "/" + layout::kMetadata, manifest.columns);
    for (size_t row = 0; row < embeddings.rows(); ++row) {
      file.Append(embeddings.Row(row));
      metadata.Append({.sku = fmt::format("sku-{:05}", row), .image = "i.png", .values = {"x"}});
    }
    file.Finish();
    metadata.Finish();
    for (NotionId id = 0; id < manifest.notions.size(); ++id) {
      const Matrix projected = Project(manifest.masks, id, embeddings.View());
      const SubspaceManifest& subspace = manifest.subspaces[id];
      SubspaceIndex::Build({.key = subspace.key}, projected.View())
          .Save(folder + "/" + layout::NotionIndex(id));
    }
  }

  std::string Publish(const std::string& index) const {
    GenerationWriter writer(index);
    Write(writer.folder());
    return writer.Publish(manifest);
  }

  std::string model = "model bytes";
  Matrix embeddings;
  Manifest manifest;
};

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

// Root may read everything, so it becomes nobody meanwhile.
class AsNobody {
 public:
  AsNobody() : was_root_(geteuid() == 0) {
    if (was_root_ && seteuid(65534) != 0) throw std::runtime_error("seteuid");
  }
  ~AsNobody() {
    if (was_root_ && seteuid(0) != 0) ADD_FAILURE() << "cannot become root again";
  }

 private:
  bool was_root_;
};

TEST(GenerationTest, WhatMayNotBeReadIsNotDamaged) {
  const TempDir folder;
  const std::string index = folder / "i";
  World(5).Publish(index);
  fs::permissions(folder.path(), fs::perms(0755));
  const std::string generation = index + "/generations/000001";
  for (const std::string& path : {index + "/CURRENT", generation, generation + "/MANIFEST.json",
                                  generation + "/embeddings.f32", generation + "/notion-00.faiss",
                                  generation + "/metadata", generation + "/metadata/CURRENT"}) {
    const fs::perms before = fs::status(path).permissions();
    fs::permissions(path, fs::perms::none);
    {
      const AsNobody nobody;
      EXPECT_THAT([&] { Generation::Open(index); }, ThrowsError(ErrorCode::kFailed, index)) << path;
    }
    fs::permissions(path, before);
  }
  const AsNobody nobody;
  Generation::Open(index);
}

TEST(GenerationTest, DamagedHeadersOfSubspacesAreFoundWhenOpening) {
  const TempDir folder;
  const std::string index = folder / "i";
  World(20).Publish(index);
  for (const auto& [file, header] :
       {std::pair{"notion-00.faiss", 16}, {"notion-01.faiss", 16}, {"notion-02.faiss", 32}}) {
    const std::string path = index + "/generations/000001/" + file;
    for (size_t byte = 0; byte < static_cast<size_t>(header); ++byte) {
      test::FlipBit(path, byte, 6);
      EXPECT_THAT([&] { Generation::Open(index); }, ThrowsError(ErrorCode::kCorruption, path))
          << byte;
      test::FlipBit(path, byte, 6);
    }
    const std::string sound = ReadTextFile(path);
    test::WriteText(path, std::string(header, '\0') + sound.substr(static_cast<size_t>(header)));
    EXPECT_THAT([&] { Generation::Open(index); }, ThrowsError(ErrorCode::kCorruption, path));
    test::WriteText(path, sound);
  }
  Generation::Open(index).Verify({});
}

TEST(GenerationTest, DamagedCurrentAndManifestAreFound) {
  const TempDir folder;
  const std::string index = folder / "i";
  World(5).Publish(index);
  World(6).Publish(index);
  for (const std::string& path :
       {index + "/CURRENT", index + "/generations/000002/MANIFEST.json"}) {
    const std::string sound = ReadTextFile(path);
    for (size_t i = 0; i < sound.size(); ++i) {
      for (const int bit : {0, 1, 5}) {
        test::FlipBit(path, i, bit);
        ASSERT_THAT([&] { Generation::Open(index); }, ThrowsError(ErrorCode::kCorruption, index))
            << path << " byte " << i << " bit " << bit;
        test::FlipBit(path, i, bit);
      }
    }
    for (size_t length = sound.size(); length-- > 0;) {
      fs::resize_file(path, length);
      ASSERT_THAT([&] { Generation::Open(index); }, ThrowsError(ErrorCode::kCorruption, index))
          << path << " cut to " << length;
    }
    test::WriteText(path, sound);
  }
  Generation::Open(index).Verify({});
  test::WriteText(index + "/CURRENT", "damaged");
  EXPECT_EQ(World(7).Publish(index), "000003");  // building anew mends it
  EXPECT_EQ(Generation::Open(index).manifest().rows, 7u);
}

TEST(GenerationTest, NewerManifestIsRefused) {
  const TempDir folder;
  const std::string index = folder / "i";
  World(5).Publish(index);
  const std::string path = index + "/generations/000001/MANIFEST.json";
  std::string text = ReadTextFile(path);
  const std::string old = "\"format_version\": 1";
  text.replace(text.find(old), old.size(), "\"format_version\": 3");
  test::WriteText(path, text);
  test::WriteText(index + "/CURRENT", "000001 " + FileChecksum(path) + "\n");
  EXPECT_THAT([&] { Generation::Open(index); },
              ThrowsError(ErrorCode::kCorruption,
                          "manifest " + path + ": format version 3, this build reads up to 1"));
}

TEST(GenerationTest, MissingAndCutFilesAreFoundWhenOpening) {
  const TempDir folder;
  const std::string index = folder / "i";
  World(5).Publish(index);
  const Manifest manifest = Generation::Open(index).manifest();
  for (const auto& [name, entry] : manifest.files) {
    const std::string path = index + "/generations/000001/" + name;
    const std::string sound = ReadTextFile(path);
    test::WriteText(path, sound + "x");
    const bool model = name == layout::kModel;  // another size: another model
    EXPECT_THAT([&] { Generation::Open(index); },
                ThrowsError(model ? ErrorCode::kMismatch : ErrorCode::kCorruption, path));
    fs::remove(path);
    EXPECT_THAT([&] { Generation::Open(index); }, ThrowsError(ErrorCode::kCorruption, path));
    test::WriteText(path, sound);
  }
  Generation::Open(index).Verify({});
}

TEST(GenerationTest, EveryDamagedFileIsFoundByVerify) {
  const TempDir folder;
  const std::string index = folder / "i";
  World(20).Publish(index);
  const Manifest manifest = Generation::Open(index).manifest();
  Rng rng(5);
  for (const auto& [name, entry] : manifest.files) {
    if (entry.size == 0) continue;
    const std::string path = index + "/generations/000001/" + name;
    for (int i = 0; i < 10; ++i) {
      const size_t at = rng.Below(entry.size);
      const int bit = static_cast<int>(rng.Below(8));
      test::FlipBit(path, at, bit);
      EXPECT_THAT([&] { Generation::Open(index).Verify({}); },
                  ThrowsError(ErrorCode::kCorruption, index))
          << path << " byte " << at;
      test::FlipBit(path, at, bit);
    }
  }
  Generation::Open(index).Verify({});
}

TEST(GenerationTest, DamagedSubspaceIsFoundAtFirstUseAndNotBefore) {
  const TempDir folder;
  const std::string index = folder / "i";
  World(20).Publish(index);
  const std::string path = index + "/generations/000001/notion-01.faiss";
  const size_t middle = fs::file_size(path) / 2;
  test::FlipBit(path, middle, 0);
  const Generation generation = Generation::Open(index);
  EXPECT_EQ(generation.subspace(0).size(), 20u);
  EXPECT_THAT([&] { generation.subspace(1); }, ThrowsError(ErrorCode::kCorruption, path));
  test::FlipBit(path, middle, 0);
  EXPECT_EQ(generation.subspace(1).size(), 20u);  // a failed load may be repeated
}

TEST(GenerationTest, PartsThatDoNotBelongTogetherAreFound) {
  const TempDir folder;
  const World world(20, 1), longer(21, 1), other(20, 2);
  // Writes a generation in which one file is another world's, its checksum right.
  const auto publish = [&](const std::string& index, const World& foreign, const char* file) {
    GenerationWriter writer(index);
    world.Write(writer.folder());
    fs::remove_all(folder / "foreign");
    fs::create_directory(folder / "foreign");
    foreign.Write(folder / "foreign");
    fs::remove_all(writer.folder() + "/" + file);
    fs::copy(folder / "foreign" + "/" + file, writer.folder() + "/" + file,
             fs::copy_options::recursive);
    writer.Publish(world.manifest);
  };
  publish(folder / "e", longer, "embeddings.f32");
  EXPECT_THAT([&] { Generation::Open(folder / "e"); },
              ThrowsError(ErrorCode::kCorruption, "embeddings.f32: 21 rows"));
  publish(folder / "m", longer, "metadata");
  EXPECT_THAT([&] { Generation::Open(folder / "m"); },
              ThrowsError(ErrorCode::kCorruption, "metadata: 21 rows"));
  publish(folder / "n", longer, "notion-00.faiss");
  EXPECT_THAT([&] { Generation::Open(folder / "n").subspace(0); },
              ThrowsError(ErrorCode::kCorruption, "notion-00.faiss: 21 rows"));
  publish(folder / "v", other, "notion-01.faiss");  // the right shape, other values
  EXPECT_EQ(Generation::Open(folder / "v").subspace(1).size(), 20u);
  EXPECT_THAT([&] { Generation::Open(folder / "v").Verify({}); },
              ThrowsError(ErrorCode::kCorruption, "not the masked embedding"));
  World renamed(20, 1);
  renamed.model = "another model";
  publish(folder / "d", renamed, "model.csn");
  EXPECT_THAT([&] { Generation::Open(folder / "d").Verify({}); },
              ThrowsError(ErrorCode::kCorruption, "model.csn: SHA-256"));
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
