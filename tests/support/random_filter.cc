#include "tests/support/random_filter.h"

#include <fmt/format.h>

#include <algorithm>

namespace csn::test {
namespace {

using Oracle = RandomFilter;

const std::string* TextOf(const Item& item, size_t column) {
  return std::get_if<std::string>(&item.values[column]);
}
const double* NumberOf(const Item& item) { return std::get_if<double>(&item.values[1]); }
std::vector<std::string> PartsOf(const Item& item) {
  const auto* parts = std::get_if<std::vector<std::string>>(&item.values[2]);
  return parts ? *parts : std::vector<std::string>();
}

std::string RandomBrand(Rng& rng) { return fmt::format("b{}", rng.Below(12)); }
double RandomPrice(Rng& rng) { return static_cast<double>(rng.Below(40)) / 4; }

Oracle RandomNumberPredicate(Rng& rng) {
  const double a = RandomPrice(rng), b = a + RandomPrice(rng);
  const auto on = [](const std::function<bool(double)>& holds) {
    return [holds](const Item& item) { return NumberOf(item) && holds(*NumberOf(item)); };
  };
  switch (rng.Below(8)) {
    case 0:
      return {fmt::format("price = {}", a), on([=](double x) { return x == a; })};
    case 1:
      return {fmt::format("price <> {}", a), on([=](double x) { return x != a; })};
    case 2:
      return {fmt::format("price<{}", a), on([=](double x) { return x < a; })};
    case 3:
      return {fmt::format("Price <= {}", a), on([=](double x) { return x <= a; })};
    case 4:
      return {fmt::format("price > {}", a), on([=](double x) { return x > a; })};
    case 5:
      return {fmt::format("price >= {}", a), on([=](double x) { return x >= a; })};
    case 6:
      return {fmt::format("price in {}..{}", a, b), on([=](double x) { return a <= x && x <= b; })};
    default:
      return {fmt::format("price in ({}, {})", a, b),
              on([=](double x) { return x == a || x == b; })};
  }
}

Oracle RandomTextPredicate(Rng& rng) {
  const bool sku = rng.Below(4) == 0;
  const std::string column = sku ? "sku" : "brand";
  const auto word = [&] { return sku ? fmt::format("s{:03}", rng.Below(330)) : RandomBrand(rng); };
  std::string a = word(), b = word();
  if (b < a) std::swap(a, b);
  const auto on = [sku](const std::function<bool(const std::string&)>& holds) {
    return [=](const Item& item) {
      const std::string* text = sku ? &item.sku : TextOf(item, 0);
      return text && holds(*text);
    };
  };
  using Text = const std::string&;
  switch (rng.Below(9)) {
    case 0:
      return {fmt::format("{} = '{}'", column, a), on([=](Text x) { return x == a; })};
    case 1:
      return {fmt::format("{} != \"{}\"", column, a), on([=](Text x) { return x != a; })};
    case 2:
      return {fmt::format("{} < '{}'", column, a), on([=](Text x) { return x < a; })};
    case 3:
      return {fmt::format("{} <= '{}'", column, a), on([=](Text x) { return x <= a; })};
    case 4:
      return {fmt::format("{} > '{}'", column, a), on([=](Text x) { return x > a; })};
    case 5:
      return {fmt::format("{} >= '{}'", column, a), on([=](Text x) { return x >= a; })};
    case 6:
      return {fmt::format("{} in '{}'..'{}'", column, a, b),
              on([=](Text x) { return a <= x && x <= b; })};
    case 7:
      return {fmt::format("{} in ('{}', '{}')", column, a, b),
              on([=](Text x) { return x == a || x == b; })};
    default: {
      const std::string part = a.substr(0, a.size() - 1);
      if (rng.Below(2) == 0) {
        return {fmt::format("{} like '{}%'", column, part),
                on([=](Text x) { return x.starts_with(part); })};
      }
      const char last = a.back();
      return {fmt::format("{} like '%{}'", column, last),
              on([=](Text x) { return x.ends_with(last); })};
    }
  }
}

Oracle RandomListPredicate(Rng& rng) {
  const std::string a = fmt::format("{}", rng.Below(6)), b = fmt::format("{}", rng.Below(6));
  const auto any = [](const std::function<bool(const std::string&)>& holds) {
    return [holds](const Item& item) {
      const std::vector<std::string> parts = PartsOf(item);
      return std::any_of(parts.begin(), parts.end(), holds);
    };
  };
  switch (rng.Below(3)) {
    case 0:
      return {fmt::format("sizes has '{}'", a), any([=](const std::string& x) { return x == a; })};
    case 1:
      return {fmt::format("sizes in ('{}', '{}')", a, b),
              any([=](const std::string& x) { return x == a || x == b; })};
    default:
      return {fmt::format("sizes like '{}'", a), any([=](const std::string& x) { return x == a; })};
  }
}

Oracle RandomPredicate(Rng& rng) {
  switch (rng.Below(5)) {
    case 0:
    case 1:
      return RandomNumberPredicate(rng);
    case 2:
      return RandomTextPredicate(rng);
    case 3:
      return RandomListPredicate(rng);
    default:
      switch (rng.Below(4)) {
        case 0:
          return {"price is null", [](const Item& item) { return !NumberOf(item); }};
        case 1:
          return {"sizes is null", [](const Item& item) { return PartsOf(item).empty(); }};
        case 2:
          return {rng.Below(2) == 0 ? "base-colour is not null" : "`Base Colour` is not null",
                  [](const Item& item) { return TextOf(item, 3) != nullptr; }};
        default:
          return {"sku is null", [](const Item&) { return false; }};
      }
  }
}

}  // namespace

const std::vector<Column>& FilterColumns() {
  static const std::vector<Column> columns = {{"brand", ColumnType::kText},
                                              {"price", ColumnType::kNumber},
                                              {"sizes", ColumnType::kList},
                                              {"Base Colour", ColumnType::kText}};
  return columns;
}

RandomFilter MakeRandomFilter(Rng& rng, int depth) {
  if (depth == 0 || rng.Below(3) == 0) return RandomPredicate(rng);
  if (rng.Below(4) == 0) {
    const Oracle inner = MakeRandomFilter(rng, depth - 1);
    return {"not (" + inner.text + ")", [=](const Item& item) { return !inner.holds(item); }};
  }
  const bool both = rng.Below(2) == 0;
  const Oracle a = MakeRandomFilter(rng, depth - 1), b = MakeRandomFilter(rng, depth - 1);
  return {"(" + a.text + (both ? ") and (" : ") or (") + b.text + ")", [=](const Item& item) {
            return both ? a.holds(item) && b.holds(item) : a.holds(item) || b.holds(item);
          }};
}

std::vector<Item> RandomFilterItems(Rng& rng, size_t count) {
  const int digits = count <= 1000 ? 3 : 6;  // so that rows are in the order of skus
  std::vector<Item> items(count);
  for (size_t i = 0; i < count; ++i) {
    items[i] = {.sku = fmt::format("s{:0{}}", i, digits), .image = "i.png", .values = {}};
    items[i].values.resize(FilterColumns().size());
    if (rng.Below(4) != 0) items[i].values[0] = RandomBrand(rng);
    if (rng.Below(4) != 0) items[i].values[1] = RandomPrice(rng);
    if (rng.Below(4) != 0) {
      std::vector<std::string> parts(1 + rng.Below(3));
      for (std::string& part : parts) part = fmt::format("{}", rng.Below(5));
      items[i].values[2] = parts;
    }
    if (rng.Below(2) != 0) items[i].values[3] = "red";
  }
  return items;
}

}  // namespace csn::test
