// The spaces an evaluation ranks in.
#pragma once

#include <span>

#include "base/mask.h"

namespace csn {

// The masks of `notions`, in this order, and behind them a row of ones: space C is the whole
// embedding by its plain distance.
MaskTable MeasuredSpaces(const MaskTable& masks, std::span<const NotionId> notions);

}  // namespace csn
