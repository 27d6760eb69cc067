// Small text helpers shared by error messages and parsers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace csn {

// `text` without ASCII blanks (space, tab, line ends) at either end.
std::string_view Trim(std::string_view text);

// `text` with its ASCII letters in lower case.
std::string LowerCase(std::string_view text);

// The number written in all of `text` (decimal or exponent notation, no locale, finite), else
// nothing.
std::optional<double> ParseNumber(std::string_view text);

// True for the texts that stand for a missing value: empty, NA, N/A, null, in any case.
bool IsMissing(std::string_view text);

// `text` cut at every `separator`; "a||b" has three parts, "" has one.
std::vector<std::string> SplitText(std::string_view text, char separator);

// One line of CSV, quoted as in RFC 4180 where a field needs it, ended by a line feed.
std::string CsvLine(std::span<const std::string> fields);

// Up to `count` of `candidates` nearest to `wanted` by optimal string alignment distance
// (insertions, deletions, substitutions, swaps of neighbours; case ignored), nearest first, at most
// max(2, a third of wanted's length) apart.
std::vector<std::string> NearestNames(std::string_view wanted,
                                      const std::vector<std::string>& candidates, size_t count = 3);

// "; did you mean a, b or c?", or "" for no names: the tail of an error message.
std::string DidYouMean(const std::vector<std::string>& names);

// RFC 4648, padded.
std::string Base64(std::span<const uint8_t> bytes);

// 1536 -> "1.5 KiB"; for people only.
std::string HumanBytes(uint64_t bytes);

// "4G", "1.5 GiB", "512M", "4096" -> bytes; K, M, G, T are powers of 1024, with or without "iB" or
// "B", in any case. Nothing where it is none of these, or not above 0.
std::optional<uint64_t> ParseBytes(std::string_view text);

// 75.2 -> "1m15s", 7500 -> "2h05m"; below zero counts as zero. For people only.
std::string HumanSeconds(double seconds);

}  // namespace csn
