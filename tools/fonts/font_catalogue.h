// A catalogue of letters: each character of each font face a photograph, labelled with both. The
// second data set of the Conditional Similarity Networks paper, from fonts that are there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/stop.h"
#include "tools/fonts/face_selection.h"

namespace csn {

struct FontCatalogueOptions {
  std::string directory;  // made where it does not exist
  std::string fonts;      // a folder of font files; empty: the installed fonts
  FaceChoice choice;
  int size = 64;    // pixels a side, 16 to 512
  int threads = 0;  // 0: all usable processors
  ProgressSink progress;
  const StopFlag* stop = nullptr;
};

struct FontCatalogueReport {
  size_t found = 0;  // faces
  size_t families = 0, faces = 0, pictures = 0;
  std::array<size_t, kLeftOutCount> left_out{};  // faces, by LeftOut
  size_t not_chosen = 0;                         // faces fit for it that the choice left out
  size_t repeated = 0;                           // pictures, as FaceSelection's
  std::vector<std::string> unreadable;           // files without a font that can be read
};

// Writes DIRECTORY/images/FACE/CODE.png (grey; CODE is the character's code point in hexadecimal,
// FACE family and style in lower case, so that names differ in more than case), and
// DIRECTORY/left-out.tsv, a line for each face left out with the reason; last and atomically,
// DIRECTORY/catalogue.csv with the columns
// sku,image,character,kind,font,style,weight,slant,width,serif,spacing,file. The same fonts and
// options give the same bytes, whatever the threads.
// Throws Error(kInvalidArgument) where a catalogue.csv stands there already or size is out of
// range, Error(kNotFound) where `fonts` is not there, Error(kFailed) where no face is fit for it
// or writing fails, Error(kInterrupted) on a stop; then no catalogue.csv is left, and a
// repetition writes the pictures again.
FontCatalogueReport WriteFontCatalogue(const FontCatalogueOptions& options);

}  // namespace csn
