// Squared distances of coded rows from a coded point, held against a limit by the widest vectors
// that the processor has (Highway's run-time dispatch).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace csn::internal {

// One notion of a scan. Memory is borrowed.
struct CodePart {
  const uint8_t* codes = nullptr;  // of CodesView
  size_t pairs = 0;
  const int32_t* point = nullptr;  // [pairs]: two codes of int16_t each, the first one low
  const float* errors = nullptr;   // [blocks]
  float factor = 0;                // 2^-60 to 1
};

// Bit r of within[i] is 0 only where sum over parts of factor * A, A the sum of squared differences
// of row r's codes in block first + i, is greater than (reach + E)^2 with E^2 the sum of factor *
// error^2 of the block, by more than what floats make of these sums. Bits of rows that there are
// not say nothing. `reach` is at least 0; parts are at least one. Thread-safe.
void FindWithin(std::span<const CodePart> parts, size_t first, float reach,
                std::span<uint64_t> within);

}  // namespace csn::internal
