#include "tests/support/made_fonts.h"

#include <filesystem>
#include <set>
#include <stdexcept>

#include "base/file.h"
#include "tests/support/test_support.h"

namespace csn::test {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr char kFolder[] = "/usr/share/fonts/truetype/dejavu/";

size_t Number(const Bytes& font, size_t at, int bytes) {
  size_t number = 0;
  for (int i = 0; i < bytes; ++i) number = number << 8 | font.at(at + static_cast<size_t>(i));
  return number;
}

void SetShort(Bytes& font, size_t at, size_t number) {
  font.at(at) = static_cast<uint8_t>(number >> 8);
  font.at(at + 1) = static_cast<uint8_t>(number);
}

// Ends the range of a cmap subtable that holds `first` just before it.
void CutRange(Bytes& font, size_t subtable, size_t first) {
  const size_t format = Number(font, subtable, 2);
  if (format == 4) {
    const size_t length = Number(font, subtable + 6, 2);
    const size_t ends = subtable + 14, starts = ends + length + 2;
    for (size_t i = 0; i < length; i += 2) {
      if (Number(font, starts + i, 2) < first && first <= Number(font, ends + i, 2)) {
        return SetShort(font, ends + i, first - 1);
      }
    }
  } else if (format == 12) {
    const size_t count = Number(font, subtable + 12, 4);
    for (size_t at = subtable + 16; at < subtable + 16 + 12 * count; at += 12) {
      if (Number(font, at, 4) < first && first <= Number(font, at + 4, 4)) {
        return SetShort(font, at + 6, first - 1);
      }
    }
  } else {
    return;  // not one that is read for Unicode
  }
  throw std::runtime_error("no range to cut");
}

}  // namespace

std::vector<uint8_t> DejaVu(const std::string& name) { return ReadFile(kFolder + name); }

void CopyDejaVu(const std::string& folder) {
  for (const char* name :
       {"Sans", "Sans-Bold", "SansMono", "SansMono-Bold", "Serif", "Serif-Bold"}) {
    const std::string file = std::string("DejaVu") + name + ".ttf";
    WriteFont(folder + "/" + file, DejaVu(file));
  }
}

void WriteFont(const std::string& path, const std::vector<uint8_t>& font) {
  WriteText(path, {reinterpret_cast<const char*>(font.data()), font.size()});
}

size_t TableAt(const std::vector<uint8_t>& font, std::string_view tag) {
  for (size_t i = 0; i < Number(font, 4, 2); ++i) {
    const size_t entry = 12 + 16 * i;
    if (std::string_view(reinterpret_cast<const char*>(&font.at(entry)), 4) == tag) {
      return Number(font, entry + 8, 4);
    }
  }
  throw std::runtime_error("no such table");
}

std::vector<uint8_t> WithoutFrom(std::vector<uint8_t> font, char first) {
  const size_t cmap = TableAt(font, "cmap");
  std::set<size_t> subtables;
  for (size_t i = 0; i < Number(font, cmap + 2, 2); ++i) {
    subtables.insert(cmap + Number(font, cmap + 8 + 8 * i, 4));
  }
  for (const size_t subtable : subtables) CutRange(font, subtable, static_cast<size_t>(first));
  return font;
}

std::vector<uint8_t> Renamed(std::vector<uint8_t> font, std::string_view from,
                             std::string_view to) {
  const size_t names = TableAt(font, "name");
  for (const size_t step : {1, 2}) {  // Macintosh names, and those of two bytes a character
    for (size_t at = names; at + step * from.size() < font.size(); ++at) {
      bool found = true;
      for (size_t i = 0; i < from.size(); ++i) {
        found = found && font[at + step * i] == static_cast<uint8_t>(from[i]) &&
                (step == 1 || font[at + 2 * i - 1] == 0);
      }
      for (size_t i = 0; found && i < to.size(); ++i) {
        font[at + step * i] = static_cast<uint8_t>(to[i]);
      }
    }
  }
  return font;
}

std::string BitmapFont() {
  return "STARTFONT 2.1\nFONT -Test-Dots-Medium-R-Normal--8-80-75-75-C-80-ISO10646-1\n"
         "SIZE 8 75 75\nFONTBOUNDINGBOX 8 8 0 0\nSTARTPROPERTIES 6\nFAMILY_NAME \"Dots\"\n"
         "FONT_ASCENT 8\nFONT_DESCENT 0\nPIXEL_SIZE 8\nCHARSET_REGISTRY "
         "\"ISO10646\"\nCHARSET_ENCODING \"1\"\nENDPROPERTIES\nCHARS 1\nSTARTCHAR A\n"
         "ENCODING 65\nSWIDTH 1000 0\nDWIDTH 8 0\nBBX 8 8 0 0\nBITMAP\nFF\n81\n81\n81\n81\n81\n81\n"
         "FF\nENDCHAR\nENDFONT\n";
}

}  // namespace csn::test
