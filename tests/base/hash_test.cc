#include "base/hash.h"

#include <gtest/gtest.h>

#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::ThrowsError;

TEST(Hash, KnownVectors) {
  EXPECT_EQ(Sha256(AsBytes("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hash64(""), 0x2d06800538d394c2u);
  EXPECT_EQ(Checksum({}), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(Hash64("csn"), Hash64(AsBytes("csn")));
  EXPECT_NE(Hash64("csn"), Hash64("csm"));
}

TEST(Hash, FileChecksumIsTheChecksumOfItsBytes) {
  const TempDir dir;
  for (const size_t size : {0, 1, 1 << 20, (1 << 20) + 1, 3'000'000}) {
    const std::string text(size, 'x');
    test::WriteText(dir / "f", text);
    EXPECT_EQ(FileChecksum(dir / "f"), Checksum(AsBytes(text))) << size;
  }
  EXPECT_THAT([&] { FileChecksum(dir / "none"); }, ThrowsError(ErrorCode::kNotFound, dir / "none"));
  EXPECT_THAT([&] { FileChecksum(dir.path()); }, ThrowsError(ErrorCode::kFailed, dir.path()));
}

}  // namespace
}  // namespace csn
