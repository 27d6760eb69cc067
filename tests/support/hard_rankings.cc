#include "tests/support/hard_rankings.h"

#include <cmath>

namespace csn::test {

float Hard(Rng& rng) {
  const double sign = rng.Below(2) == 0 ? -1 : 1;
  switch (rng.Below(8)) {
    case 0:
      return 0;
    case 1:
      return static_cast<float>(sign * 0x1p-149);
    case 2:
      return static_cast<float>(sign * rng.Uniform(0, 1e-38));
    case 3:
      return static_cast<float>(sign * std::pow(10, rng.Uniform(-20, 19)));
    case 4:
      return static_cast<float>(sign * 3e38);
    case 5:
      return static_cast<float>(sign * (1 + rng.Uniform(0, 1e-6)));
    default:
      return static_cast<float>(rng.Normal());
  }
}

float Normal(Rng& rng) { return static_cast<float>(rng.Normal()); }

Asked MakeAsked(Rng& rng, size_t n, const MakeValue& value, bool extreme) {
  const size_t d = 1 + rng.Below(70), notions = 1 + rng.Below(4);
  Asked asked{.rows = Matrix(n, d),
              .masks = Matrix(notions, d),
              .liked = Matrix(1 + rng.Below(3), d),
              .unliked = Matrix(rng.Below(3), d)};
  for (Matrix* matrix : {&asked.rows, &asked.liked, &asked.unliked}) {
    for (size_t i = 0; i < matrix->rows(); ++i) {
      for (float& at : matrix->Row(i)) at = value(rng);
    }
  }
  // Some rows are examples, and some are close to them.
  for (size_t i = 0; i < n; i += 5) {
    const std::span<float> row = asked.rows.Row(i);
    for (size_t k = 0; k < d; ++k) {
      const float at = asked.liked.Row(0)[k], next = std::nextafter(at, 2 * at);
      row[k] = i % 2 == 0 || !std::isfinite(next) ? at : next;
    }
  }
  for (size_t c = 0; c < notions; ++c) {
    for (float& at : asked.masks.Row(c)) {
      at = rng.Below(2) == 0 ? 0.0f : static_cast<float>(std::abs(rng.Normal()));
      if (extreme && rng.Below(4) == 0) {
        at = static_cast<float>(std::pow(10, rng.Uniform(-30, 10)));
      }
    }
    const double power = extreme ? rng.Uniform(-30, 30) : rng.Uniform(-1, 1);
    asked.scales.push_back(std::pow(10, power));
    const double sign = c > 0 && rng.Below(2) == 0 ? -1 : 1;
    asked.weights.push_back(sign * std::pow(10, extreme ? rng.Uniform(-20, 9) : 0));
  }
  asked.table = MaskTable(asked.masks);
  if (asked.unliked.rows() > 0) asked.beta = rng.Below(2) == 0 ? rng.Uniform(0, 1) : 0.999999;
  return asked;
}

std::vector<RowCodes> CodesOf(const Asked& asked) {
  Matrix one(1, 1);
  one.Row(0)[0] = 1;
  const MaskTable any(one);
  const Matrix zeros(asked.rows.rows(), 1);
  std::vector<RowCodes> codes;
  for (NotionId notion = 0; notion < asked.table.notion_count(); ++notion) {
    if (asked.table.live_dims(notion).empty()) {
      codes.emplace_back(any, 0, zeros.View());
    } else {
      codes.emplace_back(asked.table, notion, asked.rows.View());
    }
  }
  return codes;
}

}  // namespace csn::test
