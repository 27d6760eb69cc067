#include "storage/index_key.h"

#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

TEST(IndexKeyTest, SaysWhatAFactoryStringSays) {
  EXPECT_EQ(ParseIndexKey("Flat").kind, IndexKind::kFlat);
  for (const auto& [key, links] : {std::pair{"HNSW2", 2}, {"HNSW32", 32}, {"HNSW128", 128}}) {
    EXPECT_EQ(ParseIndexKey(key).kind, IndexKind::kGraph) << key;
    EXPECT_EQ(ParseIndexKey(key).links, links);
  }
  const IndexKey lists = ParseIndexKey("IVF1024,Flat");
  EXPECT_EQ(lists.kind, IndexKind::kLists);
  EXPECT_EQ(lists.lists, 1024);
  const IndexKey quantized = ParseIndexKey("IVF1048576,PQ16");
  EXPECT_EQ(quantized.kind, IndexKind::kPqLists);
  EXPECT_EQ(quantized.lists, 1 << 20);
  EXPECT_EQ(quantized.code_bytes, 16);
  EXPECT_TRUE(IsExactKey("Flat"));
  for (const char* key : {"HNSW32", "IVF1,Flat", "IVF1,PQ1"}) EXPECT_FALSE(IsExactKey(key)) << key;
}

TEST(IndexKeyTest, RefusesOthers) {
  for (const char* key : {"",
                          "flat",
                          "HNSW",
                          "HNSW1",
                          "HNSW129",
                          "HNSW032",
                          "HNSW32,Flat",
                          "HNSW-3",
                          "HNSW3x",
                          "HNSW4294967300",
                          "IVF",
                          "IVF16",
                          "IVF16,",
                          "IVF,Flat",
                          "IVF0,Flat",
                          "IVF016,Flat",
                          "IVF1048577,Flat",
                          "IVF16,flat",
                          "IVF16,SQ8",
                          "IVF16,PQ",
                          "IVF16,PQ0",
                          "IVF16,PQ65",
                          "IVF16,PQ8x8",
                          "IVF16,PQ8,Flat",
                          "PQ8"}) {
    EXPECT_THAT([&] { ParseIndexKey(key); },
                ThrowsError(ErrorCode::kInvalidArgument,
                            "expected Flat, HNSW<M>, IVF<n>,Flat or IVF<n>,PQ<m>"))
        << key;
  }
}

TEST(IndexKeyTest, ListsNeedRowsToBeTrainedOn) {
  CheckIndexRows("Flat", 0);
  CheckIndexRows("HNSW8", 0);
  CheckIndexRows("IVF300,Flat", 300);
  CheckIndexRows("IVF300,PQ4", 300);
  CheckIndexRows("IVF30,PQ4", 256);
  EXPECT_THAT([] { CheckIndexRows("IVF300,Flat", 299); },
              ThrowsError(ErrorCode::kInvalidArgument,
                          "index key IVF300,Flat: needs at least 300 rows to be trained on, got "
                          "299"));
  EXPECT_THAT([] { CheckIndexRows("IVF30,PQ4", 255); },
              ThrowsError(ErrorCode::kInvalidArgument, "needs at least 256 rows"));
}

}  // namespace
}  // namespace csn
