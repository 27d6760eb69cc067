// Generations whose files are damaged, missing, foreign or not to be read.
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "base/file.h"
#include "base/hash.h"
#include "storage/generation.h"
#include "storage/layout.h"
#include "tests/storage/generation_world.h"
#include "tests/support/damage.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

namespace fs = std::filesystem;
using test::TempDir;
using test::ThrowsError;
using test::World;

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
                                  generation + "/notion-00.codes", generation + "/notion-01.tree",
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
  for (const auto& [file, header] : {std::pair{"notion-00.faiss", 16},
                                     {"notion-01.faiss", 16},
                                     {"notion-02.faiss", 32},
                                     {"notion-00.codes", 64},
                                     {"notion-01.codes", 64},
                                     {"notion-01.tree", 64}}) {
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
  // Holes of 100 GB cost a damaged file nothing, its reader neither.
  const std::string manifest = index + "/generations/000002/MANIFEST.json";
  const uint64_t size = fs::file_size(manifest);
  fs::resize_file(manifest, 100ull << 30);
  EXPECT_THAT([&] { Generation::Open(index); },
              ThrowsError(ErrorCode::kCorruption, manifest + ": expected at most"));
  fs::resize_file(manifest, size);
  fs::resize_file(index + "/CURRENT", 100ull << 30);
  EXPECT_THAT([&] { Generation::Open(index); },
              ThrowsError(ErrorCode::kCorruption, index + "/CURRENT: expected one line"));
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
  const std::string old = "\"format_version\": 8";
  text.replace(text.find(old), old.size(), "\"format_version\": 9");
  test::WriteText(path, text);
  test::WriteText(index + "/CURRENT", "000001 " + FileChecksum(path) + "\n");
  EXPECT_THAT([&] { Generation::Open(index); },
              ThrowsError(ErrorCode::kCorruption,
                          "manifest " + path + ": format version 9, this build reads up to 8"));
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

TEST(GenerationTest, FilesOfAnotherGenerationOfTheSameShapeAreFoundWhenOpening) {
  const TempDir folder;
  World(20, 1).Publish(folder / "i");
  World(20, 2).Publish(folder / "other");
  const std::string ours = layout::GenerationFolder(folder / "i", "000001") + "/";
  const std::string others = layout::GenerationFolder(folder / "other", "000001") + "/";
  for (const char* name : {layout::kEmbeddings, layout::kMetadata}) {
    fs::rename(ours + name, folder / "away");
    fs::copy(others + name, ours + name, fs::copy_options::recursive);
    EXPECT_THAT([&] { Generation::Open(folder / "i"); },
                ThrowsError(ErrorCode::kCorruption, ours + name));
    fs::remove_all(ours + name);
    fs::rename(folder / "away", ours + name);
  }
  Generation::Open(folder / "i").Verify({});
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
  publish(folder / "l", longer, "notion-00.codes");
  EXPECT_THAT([&] { Generation::Open(folder / "l"); },
              ThrowsError(ErrorCode::kCorruption, "notion-00.codes: 21 rows of 4 dimensions"));
  publish(folder / "c", other, "notion-01.codes");
  EXPECT_EQ(Generation::Open(folder / "c").codes(1).rows, 20u);
  EXPECT_THAT([&] { Generation::Open(folder / "c").Verify({}); },
              ThrowsError(ErrorCode::kCorruption, "notion-01.codes: row "));
  publish(folder / "t", longer, "notion-01.tree");
  EXPECT_THAT([&] { Generation::Open(folder / "t"); },
              ThrowsError(ErrorCode::kCorruption, "notion-01.tree: 21 rows of 1 dimensions"));
  publish(folder / "u", other, "notion-01.tree");
  EXPECT_EQ(Generation::Open(folder / "u").tree(1).codes().rows, 20u);
  EXPECT_THAT([&] { Generation::Open(folder / "u").Verify({}); },
              ThrowsError(ErrorCode::kCorruption, "notion-01.tree: row "));
  World renamed(20, 1);
  renamed.model = "another model";
  publish(folder / "d", renamed, "model.csn");
  EXPECT_THAT([&] { Generation::Open(folder / "d").Verify({}); },
              ThrowsError(ErrorCode::kCorruption, "model.csn: SHA-256"));
}
}  // namespace
}  // namespace csn
