#include "tools/fonts/font_finder.h"

#include <fontconfig/fontconfig.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <tuple>

#include "base/error.h"
#include "base/utf8.h"

namespace csn {
namespace {

namespace fs = std::filesystem;

struct Destroy {
  void operator()(FcConfig* config) const { FcConfigDestroy(config); }
  void operator()(FcFontSet* set) const { FcFontSetDestroy(set); }
};

// The English one of a pattern's names, else the first; empty where it has none.
std::string NameOf(FcPattern* pattern, const char* names, const char* languages) {
  std::string name;
  FcChar8* text = nullptr;
  for (int i = 0; FcPatternGetString(pattern, names, i, &text) == FcResultMatch; ++i) {
    FcChar8* language = nullptr;
    const bool english = FcPatternGetString(pattern, languages, i, &language) == FcResultMatch &&
                         std::string_view(reinterpret_cast<char*>(language)) == "en";
    if (i == 0 || english) name = EscapeForTerminal(reinterpret_cast<char*>(text));
    if (english) break;
  }
  return name;
}

double NumberOf(FcPattern* pattern, const char* object, double fallback) {
  double value = 0;
  return FcPatternGetDouble(pattern, object, 0, &value) == FcResultMatch ? value : fallback;
}

bool IsTrue(FcPattern* pattern, const char* object) {
  FcBool value = FcFalse;
  return FcPatternGetBool(pattern, object, 0, &value) == FcResultMatch && value == FcTrue;
}

Slant SlantOf(FcPattern* pattern) {
  const double slant = NumberOf(pattern, FC_SLANT, FC_SLANT_ROMAN);
  if (slant >= FC_SLANT_OBLIQUE) return Slant::kOblique;
  return slant >= FC_SLANT_ITALIC ? Slant::kItalic : Slant::kRoman;
}

// Nothing for what is no face: the axes of a variable font.
std::optional<FontFace> FaceOf(FcPattern* pattern) {
  FcChar8* file = nullptr;
  int index = 0;
  if (IsTrue(pattern, FC_VARIABLE) ||
      FcPatternGetString(pattern, FC_FILE, 0, &file) != FcResultMatch ||
      FcPatternGetInteger(pattern, FC_INDEX, 0, &index) != FcResultMatch) {
    return std::nullopt;
  }
  FontFace face;
  face.file = reinterpret_cast<char*>(file);
  face.index = index;
  face.family = NameOf(pattern, FC_FAMILY, FC_FAMILYLANG);
  if (face.family.empty()) face.family = EscapeForTerminal(fs::path(face.file).stem().string());
  face.style = NameOf(pattern, FC_STYLE, FC_STYLELANG);
  face.weight = static_cast<int>(
      std::lround(FcWeightToOpenTypeDouble(NumberOf(pattern, FC_WEIGHT, FC_WEIGHT_REGULAR))));
  face.slant = SlantOf(pattern);
  face.width = static_cast<int>(std::lround(NumberOf(pattern, FC_WIDTH, FC_WIDTH_NORMAL)));
  face.monospaced = NumberOf(pattern, FC_SPACING, FC_PROPORTIONAL) >= FC_MONO;
  face.outlines = IsTrue(pattern, FC_OUTLINE);
  return face;
}

void AddFaces(const FcFontSet& set, std::vector<FontFace>& faces) {
  for (int i = 0; i < set.nfont; ++i) {
    if (std::optional<FontFace> face = FaceOf(set.fonts[i])) faces.push_back(*std::move(face));
  }
}

void Sort(std::vector<FontFace>& faces) {
  const auto key = [](const FontFace& face) {
    return std::tuple(std::string_view(face.family), face.slant, std::abs(face.weight - 400),
                      std::abs(face.width - 100), std::string_view(face.style),
                      fs::path(face.file).filename(), std::string_view(face.file), face.index);
  };
  std::ranges::sort(faces, [&](const auto& a, const auto& b) { return key(a) < key(b); });
}

std::vector<std::string> FilesIn(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> files;
  const fs::directory_entry root(folder, error);
  if (!root.exists(error)) Fail(ErrorCode::kNotFound, "fonts {}: there is no such folder", folder);
  fs::recursive_directory_iterator at(folder, error);
  for (; !error && at != fs::end(at); at.increment(error)) {
    std::error_code unreadable;  // a link to nowhere is no file
    if (at->is_regular_file(unreadable)) files.push_back(at->path().string());
  }
  if (error) Fail(ErrorCode::kFailed, "fonts {}: reading the folder: {}", folder, error.message());
  std::ranges::sort(files);
  return files;
}

}  // namespace

std::string_view SlantName(Slant slant) {
  switch (slant) {
    case Slant::kRoman:
      return "roman";
    case Slant::kItalic:
      return "italic";
    case Slant::kOblique:
      return "oblique";
  }
  Fail(ErrorCode::kInvalidArgument, "slant {}: expected 0 to 2", static_cast<int>(slant));
}

FoundFonts InstalledFonts() {
  const std::unique_ptr<FcConfig, Destroy> config(FcInitLoadConfigAndFonts());
  if (config == nullptr) Fail(ErrorCode::kFailed, "fontconfig: its configuration cannot be loaded");
  FoundFonts found;
  // The set is the configuration's own.
  if (const FcFontSet* set = FcConfigGetFonts(config.get(), FcSetSystem)) {
    AddFaces(*set, found.faces);
  }
  Sort(found.faces);
  return found;
}

FoundFonts FontsIn(const std::string& folder, const StopFlag* stop) {
  constexpr unsigned kAllFaces = ~0U;
  FoundFonts found;
  for (const std::string& file : FilesIn(folder)) {
    ThrowIfStopped(stop);
    const std::unique_ptr<FcFontSet, Destroy> set(FcFontSetCreate());
    int count = 0;
    FcFreeTypeQueryAll(reinterpret_cast<const FcChar8*>(file.c_str()), kAllFaces, nullptr, &count,
                       set.get());
    if (set->nfont == 0) found.no_fonts.push_back(file);
    AddFaces(*set, found.faces);
  }
  Sort(found.faces);
  return found;
}

}  // namespace csn
