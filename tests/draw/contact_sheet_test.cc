#include "tools/draw/contact_sheet.h"

#include <gtest/gtest.h>

#include "tests/draw/pixels.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

TEST(ContactSheet, TilesStandInReadingOrderOnWhite) {
  std::vector<std::vector<uint8_t>> tiles;
  for (int i = 0; i < 5; ++i) tiles.emplace_back(4 * 4 * 3, static_cast<uint8_t>(10 * i));
  const Image sheet = ContactSheet(tiles, 4, 3, 1);
  ASSERT_EQ(sheet.width, 3 * 4 + 2);
  ASSERT_EQ(sheet.height, 2 * 4 + 1);
  for (int y = 0; y < sheet.height; ++y) {
    for (int x = 0; x < sheet.width; ++x) {
      const int column = x / 5, row = y / 5, tile = row * 3 + column;
      const bool gap = x % 5 == 4 || y % 5 == 4 || tile >= 5;
      EXPECT_EQ(At(sheet, x, y).g, gap ? 255 : 10 * tile) << x << ", " << y;
    }
  }
  EXPECT_EQ(ContactSheet(tiles, 4, 9, 1).width, 5 * 4 + 4);  // no empty columns
}

TEST(ContactSheet, WhatDoesNotFitIsRefused) {
  EXPECT_THAT([] { ContactSheet({}, 4, 3); },
              ThrowsError(ErrorCode::kInvalidArgument, "no photographs"));
  EXPECT_THAT([] { ContactSheet({std::vector<uint8_t>(47)}, 4, 3); },
              ThrowsError(ErrorCode::kInvalidArgument, "47 bytes"));
  EXPECT_THAT([] { ContactSheet({std::vector<uint8_t>(48)}, 4, 0); },
              ThrowsError(ErrorCode::kInvalidArgument, "0 columns"));
}

}  // namespace
}  // namespace csn
