#include "base/byte_distances.h"

#include <vector>

#include "base/random.h"
#include "tests/base/instruction_sets.h"

namespace csn {
namespace {

class ByteDistancesTest : public test::EachInstructionSet {};

TEST_P(ByteDistancesTest, AreExact) {
  Rng rng(61);
  for (const size_t width : {32, 64, 96, 2048}) {
    std::vector<int16_t> point(width);
    for (int16_t& at : point) at = static_cast<int16_t>(static_cast<int>(rng.Below(766)) - 255);
    std::vector<std::vector<uint8_t>> rows(5, std::vector<uint8_t>(width));
    std::vector<const uint8_t*> pointers;
    for (std::vector<uint8_t>& row : rows) {
      for (uint8_t& at : row) at = static_cast<uint8_t>(rng.Below(256));
      pointers.push_back(row.data());
    }
    rows[0].assign(width, 0);  // the farthest that there is
    if (width == 2048) point.assign(width, 510);
    std::vector<int32_t> distances(rows.size());
    ByteDistances(point.data(), width, pointers, distances.data());
    for (size_t i = 0; i < rows.size(); ++i) {
      int64_t expected = 0;
      for (size_t k = 0; k < width; ++k) {
        expected += (rows[i][k] - point[k]) * (rows[i][k] - point[k]);
      }
      EXPECT_EQ(distances[i], expected) << width;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, ByteDistancesTest, test::InstructionSets(),
                         test::InstructionSetName);

}  // namespace
}  // namespace csn
