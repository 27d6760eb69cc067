// The names of an enumeration's values in files and on command lines, both ways.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace csn {

// Immutable; meant for constants. `what` is what messages call the enumeration.
template <typename Enum, size_t N>
struct EnumNames {
  std::string_view what;
  std::array<std::pair<Enum, std::string_view>, N> names;

  // Empty for what is no value of the enumeration.
  constexpr std::string_view Name(Enum value) const {
    for (const auto& [candidate, name] : names) {
      if (candidate == value) return name;
    }
    return {};
  }

  // Throws Error(kInvalidArgument) naming the choices.
  Enum Parse(std::string_view text) const {
    std::string choices;
    for (size_t i = 0; i < N; ++i) {
      if (names[i].second == text) return names[i].first;
      choices += i == 0 ? "" : i + 1 < N ? ", " : " and ";
      choices += names[i].second;
    }
    Fail(ErrorCode::kInvalidArgument, "unknown {} \"{}\"; there are {}", what, text, choices);
  }
};

}  // namespace csn
