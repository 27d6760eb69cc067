#include "storage/vector_file.h"

#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

#include "base/random.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::TempDir;
using test::ThrowsError;
using testing::ElementsAre;
using testing::ElementsAreArray;

template <typename T>
std::string BytesOf(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// As NumPy writes it: padded with blanks to a multiple of 64, ended by a line feed.
std::string Npy(int version, std::string header, const std::string& data) {
  const size_t start = version == 1 ? 10 : 12;
  while ((start + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string out = "\x93NUMPY";
  out += {static_cast<char>(version), '\0'};
  for (size_t i = 0; i < start - 8; ++i) out += static_cast<char>(header.size() >> (8 * i));
  return out + header + data;
}

std::string Dict(const std::string& type, const std::string& shape,
                 const std::string& fortran = "False") {
  return "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}

class VectorFile : public testing::Test {
 protected:
  std::vector<float> Read(const std::string& bytes) {
    std::ofstream(folder_ / "query", std::ios::binary)
        << bytes;  // unsynced, for it is called often
    return ReadVectorFile(folder_ / "query");
  }
  void Refused(const std::string& bytes, const std::string& part) {
    SCOPED_TRACE(part);
    EXPECT_THAT([&] { Read(bytes); }, ThrowsError(ErrorCode::kInvalidArgument, part));
    EXPECT_THAT([&] { Read(bytes); }, ThrowsError(ErrorCode::kInvalidArgument, folder_ / "query"));
  }
  TempDir folder_;
};

const std::vector<float> kFloats = {1.5f, -0.0f, 3e-40f};

TEST_F(VectorFile, ReadsNpy) {
  const std::vector<double> doubles = {1.5, 0.1, -7};
  for (const int version : {1, 2}) {
    EXPECT_THAT(Read(Npy(version, Dict("<f4", "(3,)"), BytesOf(kFloats))),
                ElementsAreArray(kFloats));
    EXPECT_THAT(Read(Npy(version, Dict("<f8", "(1, 3)"), BytesOf(doubles))),
                ElementsAre(1.5f, 0.1f, -7.f));
  }
  // Another order and other quotes are the same dictionary.
  EXPECT_THAT(Read(Npy(1, "{\"shape\":(3),'fortran_order':False,'descr':'<f4'}", BytesOf(kFloats))),
              ElementsAreArray(kFloats));
}

TEST_F(VectorFile, ReadsJson) {
  EXPECT_THAT(Read(" \n[1, -2.5, 1e-3]\n"), ElementsAre(1.f, -2.5f, 1e-3f));
}

TEST_F(VectorFile, RefusesOtherJson) {
  Refused("", "expected a JSON array or a .npy file");
  Refused("{\"a\":1}", "it begins with");
  Refused("1,2,3", "it begins with");
  Refused("[]", "an empty one");
  Refused("[1,", "malformed JSON");
  Refused("[1] 2", "malformed JSON");
  Refused("[1, \"2\"]", "value 1 is of type string");
  Refused("[1, [2]]", "value 1 is of type array");
  Refused("[1, null]", "value 1 is of type null");
  Refused("[1e39]", "value 0 is 1e+39; expected a finite 32-bit float");
  Refused("[NaN]", "malformed JSON");
}

TEST_F(VectorFile, RefusesOtherNpy) {
  const std::string data = BytesOf(kFloats);
  Refused(Npy(3, Dict("<f4", "(3,)"), data), ".npy version 3");
  Refused(Npy(1, Dict(">f4", "(3,)"), data), "\">f4\"");
  Refused(Npy(1, Dict("<i4", "(3,)"), data), "\"<i4\"");
  Refused(Npy(1, Dict("<f4", "(3,)", "True"), data), "fortran_order is True");
  for (const char* shape : {"(3, 1)", "(1, 1, 3)", "()", "(0,)", "(-3,)", "3", "(x,)", "(,)",
                            "(99999999999999999999999,)"}) {
    Refused(Npy(1, Dict("<f4", shape), data), "shape");
  }
  Refused(Npy(1, Dict("<f4", "(3"), data), "expected a value, got \"(3, }");
  Refused(Npy(1, Dict("<f4", "(4,)"), data), "announces 4 values of 4 bytes, 12 bytes follow");
  Refused(Npy(1, Dict("<f4", "(3,)"), data + "x"), "13 bytes follow");
  Refused(Npy(1, Dict("<f4", "(4611686018427387907,)"), data), "12 bytes follow");
  Refused(Npy(1, "{'descr': '<f4', 'shape': (3,)}", data), "no 'fortran_order'");
  Refused(Npy(1, "{'descr': '<f4', 'descr': '<f4'}", data), "\"descr\" stands there twice");
  Refused(Npy(1, Dict("<f4", "(3,)") + "x", data), "expected nothing after it");
  const std::string nan = BytesOf<float>({1, std::numeric_limits<float>::quiet_NaN()});
  Refused(Npy(1, Dict("<f4", "(2,)"), nan), "value 1 is nan");
  Refused(Npy(1, Dict("<f8", "(1,)"), BytesOf<double>({1e300})), "value 0 is 1e+300");
}

TEST_F(VectorFile, SurvivesCutAndFlippedBytes) {
  const std::string good = Npy(2, Dict("<f4", "(3,)"), BytesOf(kFloats));
  for (size_t length = 0; length < good.size(); ++length) {
    SCOPED_TRACE(length);
    EXPECT_THAT([&] { Read(good.substr(0, length)); },
                ThrowsError(ErrorCode::kInvalidArgument, "query"));
  }
  Rng rng(7);
  for (int round = 0; round < 400; ++round) {
    SCOPED_TRACE(fmt::format("seed 7, round {}", round));
    std::string bytes = good;
    for (uint64_t i = 1 + rng.Below(3); i > 0; --i) {
      bytes[rng.Below(good.size())] = static_cast<char>(rng.Below(256));
    }
    try {
      for (const float value : Read(bytes)) EXPECT_TRUE(std::isfinite(value));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << error.what();
    }
  }
}

TEST_F(VectorFile, ReadsAPipe) {
  const std::string path = folder_ / "pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(path) << "[1, 2, 3]"; });
  EXPECT_THAT(ReadVectorFile(path), ElementsAre(1.f, 2.f, 3.f));
  writer.join();
}

TEST_F(VectorFile, RefusesWhatDoesNotEnd) {
  EXPECT_THAT([] { ReadVectorFile("/dev/zero"); },
              ThrowsError(ErrorCode::kInvalidArgument, "/dev/zero: expected at most 4.0 MiB"));
  const std::string sparse = folder_ / "sparse";
  test::WriteText(sparse, "[");
  std::filesystem::resize_file(sparse, (4 << 20) + 1);
  EXPECT_THAT([&] { ReadVectorFile(sparse); },
              ThrowsError(ErrorCode::kInvalidArgument, "expected at most 4.0 MiB"));
}

TEST_F(VectorFile, NamesAMissingFile) {
  EXPECT_THAT([&] { ReadVectorFile(folder_ / "none.npy"); },
              ThrowsError(ErrorCode::kNotFound, "none.npy"));
}

}  // namespace
}  // namespace csn
