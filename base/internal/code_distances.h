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
  // The same, where all of them are bytes, less 128 each [(pairs + 1) / 2]: four codes of int8_t
  // each, the first one lowest; and the sum of the squares of what they are. Else null.
  const int32_t* byte_point = nullptr;
  int32_t byte_squares = 0;
  const float* errors = nullptr;  // [blocks]
  float factor = 0;               // 2^-60 to 1
};

// What is asked of some blocks.
struct CodeScan {
  std::span<const CodePart> parts;  // at least one
  float reach = 0;                  // at least 0
  uint64_t* within = nullptr;       // [blocks]
};

// Bit r of a scan's within[i] is 0 only where sum over parts of factor * A, A the sum of squared
// differences of row r's codes in block first + i, is greater than (reach + E)^2 with E^2 the sum
// of factor * error^2 of the block, by more than what floats make of these sums. Bits of rows that
// there are not say nothing. All scans, kMostScans at most, are of the same codes, which are read
// once for several of them. Thread-safe.
inline constexpr size_t kMostScans = 64;
void FindWithin(std::span<const CodeScan> scans, size_t first, size_t blocks);

}  // namespace csn::internal
