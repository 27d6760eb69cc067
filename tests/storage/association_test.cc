#include "storage/association.h"

#include <cmath>

#include "base/random.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

using Row = std::vector<Value>;

ColumnSummary Text(const std::string& name, uint64_t distinct) {
  return {.column = {name, ColumnType::kText}, .present = 1, .missing = 0, .distinct = distinct};
}

ColumnSummary Number(const std::string& name) {
  return {.column = {name, ColumnType::kNumber}, .present = 1, .missing = 0, .distinct = 99};
}

std::vector<Association> Associate(const std::vector<ColumnSummary>& columns,
                                   const std::vector<Row>& rows) {
  AssociationCounter counter(columns);
  for (const Row& row : rows) counter.Add(row);
  return counter.Finish();
}

// Of two columns.
std::optional<double> ValueOf(const std::vector<ColumnSummary>& columns,
                              const std::vector<Row>& rows) {
  const std::vector<Association> pairs = Associate(columns, rows);
  EXPECT_EQ(pairs.size(), 1u);
  return pairs.at(0).value;
}

Row Words(const char* first, const char* second) { return {Value(first), Value(second)}; }

Row Numbers(double first, double second) { return {Value(first), Value(second)}; }

TEST(AssociationTest, CramersVIsAsComputedByHand) {
  // 6 1
  // 2 7   chi^2 / n = (6*7 - 1*2)^2 / (7 * 9 * 8 * 8), n = 16
  std::vector<Row> rows;
  for (int i = 0; i < 6; ++i) rows.push_back(Words("a", "x"));
  for (int i = 0; i < 1; ++i) rows.push_back(Words("a", "y"));
  for (int i = 0; i < 2; ++i) rows.push_back(Words("b", "x"));
  for (int i = 0; i < 7; ++i) rows.push_back(Words("b", "y"));
  const double corrected = 1600.0 / 4032 - 1.0 / 15;
  EXPECT_NEAR(*ValueOf({Text("c", 2), Text("d", 2)}, rows), std::sqrt(corrected / (1 - 1.0 / 15)),
              1e-12);
}

TEST(AssociationTest, TheCorrelationRatioIsAsComputedByHand) {
  // Groups 1 2 3 and 4 6 8: means 2 and 6, within 2 + 8, around 4 in all 9+4+1+0+4+16 = 34.
  std::vector<Row> rows;
  for (const double x : {1, 2, 3}) rows.push_back({Value("a"), Value(x)});
  for (const double x : {4, 6, 8}) rows.push_back({Value("b"), Value(x)});
  const double expected = std::sqrt(1 - (10.0 / 4) / (34.0 / 5));
  EXPECT_NEAR(*ValueOf({Text("c", 2), Number("x")}, rows), expected, 1e-12);
  for (Row& row : rows) std::swap(row[0], row[1]);
  EXPECT_NEAR(*ValueOf({Number("x"), Text("c", 2)}, rows), expected, 1e-12);
}

TEST(AssociationTest, PearsonsMagnitudeIsAsComputedByHand) {
  // Means 2.5 and 3.5: products -4, squares 5 and 5.
  EXPECT_NEAR(*ValueOf({Number("x"), Number("y")},
                       {Numbers(1, 5), Numbers(2, 3), Numbers(3, 4), Numbers(4, 2)}),
              0.8, 1e-12);
}

TEST(AssociationTest, WhatDeterminesEachOtherIsAtOne) {
  std::vector<Row> rows;
  for (int i = 0; i < 60; ++i) {
    const std::string label(1, static_cast<char>('a' + i % 5));
    rows.push_back(
        {Value(label), Value(label + label), Value(i % 5 * 1e6), Value(7 - 3.0 * (i % 5))});
  }
  for (const Association& pair :
       Associate({Text("c", 5), Text("d", 5), Number("x"), Number("y")}, rows)) {
    EXPECT_NEAR(pair.value.value_or(-1), 1, 1e-9) << AssociationMeasureName(pair.measure);
    EXPECT_LE(*pair.value, 1);
    EXPECT_EQ(pair.rows, 60u);
  }
}

TEST(AssociationTest, WhatIsDrawnApartIsNearZeroHoweverManyTextsThereAre) {
  Rng rng(7);
  std::vector<Row> rows(3000);
  for (Row& row : rows) {
    row = {Value("a" + std::to_string(rng.Below(60))), Value("b" + std::to_string(rng.Below(40))),
           Value(rng.Normal()), Value(std::exp(rng.Normal()))};
  }
  for (const Association& pair :
       Associate({Text("c", 60), Text("d", 40), Number("x"), Number("y")}, rows)) {
    EXPECT_LT(pair.value.value_or(1), 0.1) << AssociationMeasureName(pair.measure);
  }
}

TEST(AssociationTest, RowsWithOneOfTheTwoMissingDoNotCount) {
  std::vector<Row> rows = {Numbers(1, 5), Numbers(2, 3), Numbers(3, 4), Numbers(4, 2)};
  rows.push_back({Value(1000.0), Value()});
  rows.push_back({Value(), Value(-1000.0)});
  const std::vector<Association> pairs = Associate({Number("x"), Number("y")}, rows);
  EXPECT_EQ(pairs[0].rows, 4u);
  EXPECT_NEAR(*pairs[0].value, 0.8, 1e-12);
}

TEST(AssociationTest, WhatRowsDoNotDefineHasNoValue) {
  const std::vector<ColumnSummary> texts = {Text("c", 3), Text("d", 3)};
  const std::vector<ColumnSummary> mixed = {Text("c", 3), Number("x")};
  const std::vector<ColumnSummary> numbers = {Number("x"), Number("y")};
  EXPECT_FALSE(ValueOf(texts, {}));
  EXPECT_FALSE(ValueOf(texts, {Words("a", "x"), Words("a", "y"), Words("a", "x")}));
  EXPECT_FALSE(ValueOf(texts, {Words("a", "x"), Words("b", "y")}));  // every row its own kind
  EXPECT_FALSE(ValueOf(mixed, {{Value("a"), Value(1.0)}, {Value("b"), Value(2.0)}}));
  EXPECT_FALSE(ValueOf(mixed, {{Value("a"), Value(1.0)}, {Value("a"), Value(2.0)}}));
  EXPECT_FALSE(ValueOf(numbers, {Numbers(1, 2), Numbers(2, 3)}));
  EXPECT_FALSE(ValueOf(numbers, {Numbers(1, 2), Numbers(1, 3), Numbers(1, 4)}));
  EXPECT_FALSE(ValueOf(numbers, {Numbers(1e308, 1), Numbers(-1e308, 2), Numbers(0, 4)}));
}

TEST(AssociationTest, ColumnsThatCannotBeTakenAreNamed) {
  std::vector<ColumnSummary> columns = {
      Text("one", 1),
      Text("many", 65),
      Text("few", 64),
      {.column = {"tags", ColumnType::kList}, .present = 1, .missing = 0, .distinct = 3}};
  for (size_t i = 0; i < kMaxAssociatedColumns; ++i) columns.push_back(Number("n"));
  const AssociationCounter counter(columns);
  ASSERT_EQ(counter.columns().size(), kMaxAssociatedColumns);
  EXPECT_EQ(counter.columns().front(), 2u);
  ASSERT_EQ(counter.left_out().size(), 4u);
  EXPECT_EQ(counter.left_out()[1].column, 1u);
  EXPECT_EQ(counter.left_out()[1].reason, "more than 64 different texts");
  EXPECT_EQ(counter.left_out()[3].column, columns.size() - 1);
  const std::vector<Association> pairs = counter.Finish();
  EXPECT_EQ(pairs.size(), kMaxAssociatedColumns * (kMaxAssociatedColumns - 1) / 2);
  EXPECT_EQ(pairs[2].first, 4u);
  EXPECT_EQ(pairs[2].second, 5u);
}

}  // namespace
}  // namespace csn
