#include "storage/vector_file.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "storage/internal/npy_header.h"
#include "storage/internal/text_check.h"

namespace csn {
namespace {

static_assert(std::endian::native == std::endian::little, "values are copied as they are stored");

constexpr uint64_t kMaxBytes =
    4 << 20;  // no embedding is near it, and JSON takes a multiple to parse

// The caller's value as a query takes it.
float ToFloat(const std::string& path, size_t position, double value) {
  const float result = static_cast<float>(value);
  Require(std::isfinite(result), "{}: value {} is {}; expected a finite 32-bit float", path,
          position, value);
  return result;
}

template <typename T>
std::vector<float> FloatsOf(const std::string& path, std::string_view bytes) {
  std::vector<float> values(bytes.size() / sizeof(T));
  for (size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = ToFloat(path, i, value);
  }
  return values;
}

std::vector<float> ReadNpy(const std::string& path, std::string_view bytes) {
  const NpyHeader header = ParseNpyHeader(path, bytes, NpyShape::kVector);
  const std::string_view data = bytes.substr(header.data_start);
  return header.is_double ? FloatsOf<double>(path, data) : FloatsOf<float>(path, data);
}

std::vector<float> ReadJson(const std::string& path, std::string_view text) {
  nlohmann::json array;
  try {
    array = nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    Fail(ErrorCode::kInvalidArgument, "{}: malformed JSON: {}", path, Printable(error.what()));
  }
  Require(array.is_array() && !array.empty(), "{}: expected a JSON array of numbers, got {}", path,
          array.is_array() ? "an empty one" : array.type_name());
  std::vector<float> values;
  for (const nlohmann::json& value : array) {
    Require(value.is_number(), "{}: value {} is of type {}; expected a number", path, values.size(),
            value.type_name());
    values.push_back(ToFloat(path, values.size(), value.get<double>()));
  }
  return values;
}

}  // namespace

std::vector<float> ReadVectorFile(const std::string& path) {
  const std::string text = ReadTextFile(path, kMaxBytes);
  if (text.starts_with(kNpyMagic)) return ReadNpy(path, text);
  Require(Trim(text).starts_with('['),
          "{}: expected a JSON array or a .npy file; it begins with {}", path,
          Quoted(std::string_view(text).substr(0, 16)));
  return ReadJson(path, text);
}

}  // namespace csn
