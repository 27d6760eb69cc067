#include "storage/matrix_file.h"

#include <fstream>
#include <limits>

#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::ThrowsError;
using testing::ElementsAre;

template <typename T>
std::string RawBytes(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string NpyMatrix(const std::string& type, const std::string& shape, const std::string& data) {
  std::string header =
      "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
  std::string bytes = "\x93NUMPY";
  bytes += {1, 0, static_cast<char>(header.size()), 0};
  return bytes + header + data;
}

std::string FvecsRow(int32_t dim, const std::vector<float>& values) {
  return RawBytes<int32_t>({dim}) + RawBytes(values);
}

class MatrixFile : public testing::Test {
 protected:
  Matrix Read(const std::string& bytes) {
    std::ofstream(folder_ / "rows", std::ios::binary) << bytes;
    return ReadMatrixFile(folder_ / "rows");
  }
  void Refused(const std::string& bytes, const std::string& part) {
    SCOPED_TRACE(part);
    EXPECT_THAT([&] { Read(bytes); }, ThrowsError(ErrorCode::kInvalidArgument, part));
    EXPECT_THAT([&] { Read(bytes); }, ThrowsError(ErrorCode::kInvalidArgument, folder_ / "rows"));
  }
  TempDir folder_;
};

TEST_F(MatrixFile, ReadsBothFormats) {
  for (const std::string& bytes : {NpyMatrix("<f4", "(2, 3)", RawBytes<float>({1, 2, 3, 4, 5, 6})),
                                   NpyMatrix("<f8", "(2, 3)", RawBytes<double>({1, 2, 3, 4, 5, 6})),
                                   FvecsRow(3, {1, 2, 3}) + FvecsRow(3, {4, 5, 6})}) {
    const Matrix rows = Read(bytes);
    ASSERT_EQ(rows.rows(), 2u);
    EXPECT_THAT(rows.Row(0), ElementsAre(1, 2, 3));
    EXPECT_THAT(rows.Row(1), ElementsAre(4, 5, 6));
  }
  EXPECT_EQ(Read(NpyMatrix("<f4", "(0, 3)", "")).rows(), 0u);
}

TEST_F(MatrixFile, RefusesOthers) {
  const std::string data = RawBytes<float>({1, 2, 3, 4});
  Refused(NpyMatrix("<f4", "(4,)", data), "shape is (4,); expected (n, d)");
  Refused(NpyMatrix("<f4", "(2, 1, 2)", data), "expected (n, d)");
  Refused(NpyMatrix("<f4", "(2, 3)", data),
          "announces 2 times 3 values of 4 bytes, 16 bytes follow");
  Refused(NpyMatrix("<f4", "(4611686018427387904, 4)", data), "16 bytes follow");
  Refused(NpyMatrix("<f4", "(1, 70000)", std::string(280'000, '\0')), "rows of 70000 values");
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Refused(NpyMatrix("<f4", "(2, 2)", RawBytes<float>({1, 2, 3, nan})), "row 1, value 1 is nan");
  Refused(NpyMatrix("<f8", "(1, 1)", RawBytes<double>({1e300})), "row 0, value 0 is 1e+300");
  Refused("abc", "3 bytes, expected a .npy or .fvecs file");
  Refused("sku,image\n", "would have ");
  Refused(FvecsRow(0, {}), "would have 0 values");
  Refused(FvecsRow(2, {1, 2}) + "x", "13 bytes, expected a multiple of 12");
  Refused(FvecsRow(2, {1, 2}) + FvecsRow(3, {1, 2}), "row 1 has 3 values, those before it 2");
  Refused(FvecsRow(2, {1, nan}), "row 0, value 1 is nan");
  EXPECT_THAT([&] { ReadMatrixFile(folder_ / "none"); }, ThrowsError(ErrorCode::kNotFound, "none"));
}

}  // namespace
}  // namespace csn
