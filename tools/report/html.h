// The small change of HTML pages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/image.h"

namespace csn {

// Text for anywhere in a page, attributes included: what HTML would take for markup escaped,
// control characters and bytes that are not UTF-8 made visible.
std::string EscapeHtml(std::string_view text);

// "data:image/jpeg;base64,...": a picture inside the page.
std::string JpegDataUri(const Image& image);

// The colour of notion number `notion`, "#rrggbb": neighbours well apart, readable on light and
// dark. Ten, then again from the first.
std::string_view NotionColour(size_t notion);

// The style sheet of every page: light and dark as the reader's system is, from 390 pixels upwards.
std::string_view PageStyle();

}  // namespace csn
