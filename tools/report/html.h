// The small change of HTML pages.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "base/image.h"

namespace csn {

// Adds formatted text to a page that grows.
template <typename... Args>
void AddTo(std::string& html, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(html), format, std::forward<Args>(args)...);
}

// All of a page before its content: `title` is plain text, `style` goes after PageStyle().
std::string PageHead(std::string_view title, std::string_view style = "");

// Text for anywhere in a page, attributes included: what HTML would take for markup escaped,
// control characters and bytes that are not UTF-8 made visible.
std::string EscapeHtml(std::string_view text);

// "data:image/jpeg;base64,...": a picture inside the page.
std::string JpegDataUri(const Image& image);

inline constexpr size_t kNotionColours = 10;
// The colour of notion number `notion`, "#rrggbb": neighbours well apart, readable on light and
// dark. kNotionColours of them, then again from the first.
std::string_view NotionColour(size_t notion);
// A round spot of that colour, to stand before the notion's name.
std::string NotionDot(size_t notion);

// The style sheet of every page: light and dark as the reader's system is, from 390 pixels upwards.
std::string_view PageStyle();

}  // namespace csn
