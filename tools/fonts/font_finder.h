// Which font faces there are: installed ones, or those of a folder, with what fontconfig says of
// them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/stop.h"

namespace csn {

enum class Slant { kRoman, kItalic, kOblique };
std::string_view SlantName(Slant slant);  // "roman", "italic", "oblique"

// One face of a font file, or one named instance of a variable one. Names are valid UTF-8 without
// control characters, the English ones where there are several.
struct FontFace {
  std::string family;  // "DejaVu Sans"
  std::string style;   // "Bold Oblique"
  std::string file;    // its path
  int index = 0;       // in the file, as FreeType takes it: a named instance in the upper 16 bits
  int weight = 400;    // OpenType's: 100 thin, 400 regular, 700 bold, 900 black
  Slant slant = Slant::kRoman;
  int width = 100;  // percent of the normal width: 75 condensed, 125 expanded
  bool monospaced = false;
  bool outlines = true;  // false: pictures of fixed sizes
};

struct FoundFonts {
  // By family, then the plainest first (roman before slanted, then by how far weight and width are
  // from normal), then by style, file name, path and index.
  std::vector<FontFace> faces;
  std::vector<std::string> no_fonts;  // files of the folder that hold no font, ascending
};

// The system's fonts as fontconfig's configuration has them. Throws Error(kFailed) where fontconfig
// cannot be started.
FoundFonts InstalledFonts();

// The fonts in a folder and the folders in it (links to folders are not followed), whatever is
// installed. Throws Error(kNotFound) where it is not there, Error(kFailed) where it cannot be
// listed, Error(kInterrupted) on a stop.
FoundFonts FontsIn(const std::string& folder, const StopFlag* stop = nullptr);

}  // namespace csn
