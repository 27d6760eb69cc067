// An order of coded rows in which those near each other stand together.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace csn::internal {

// Which of `rows` rows stands at each place. `codes` [rows, dim]. Places are cut into blocks of
// kCodeBlockRows, and 16 blocks, 16 times as many, ... from the first on are each one half-space's
// of a k-d tree: the dimension in which rows differ most is halved. Rows whose `errors` [rows] say
// that their codes are not where they are stand at the end. Deterministic.
std::vector<uint32_t> TreeOrder(std::span<const uint8_t> codes, size_t dim,
                                std::span<const float> errors);

}  // namespace csn::internal
