// Which faces and pictures a catalogue takes, from what each face would draw. Pure: no file is
// read.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tools/fonts/face_drawing.h"
#include "tools/fonts/font_finder.h"

namespace csn {

// Why a face is not in a catalogue. (Those that --families and --faces-per-family leave out are
// none of these.)
enum class LeftOut {
  kUnreadable,  // these are Undrawable's
  kNoOutlines,
  kSymbols,
  kMissingCharacters,
  kEmptyPictures,
  kRepeatedStyle,  // another file of the same family has its style, weight, slant and width
  kFewPictures,    // draws the same picture for half of its characters or more
  kDrawnBefore,    // half of its pictures or more are those of faces before it: an alias, a copy
};
constexpr size_t kLeftOutCount = 8;
// The end of "left out: it ...": "lacks one of the 62 characters".
std::string_view LeftOutReason(LeftOut reason);

// What one face would draw.
struct FaceSurvey {
  std::optional<Undrawable> undrawable;
  std::array<uint64_t, kCharacterCount> pictures{};  // Hash64 of each
  std::optional<bool> serifs;
};

struct FaceChoice {
  size_t families = 0;          // at most so many, drawn by `seed`; 0: all
  size_t faces_per_family = 0;  // at most so many of each, the plainest first; 0: all
  uint64_t seed = 1;
};

struct ChosenFace {
  size_t face = 0;                          // into what SelectFaces was given
  std::bitset<kCharacterCount> pictures{};  // those of its characters that are drawn
};

struct FaceSelection {
  std::vector<ChosenFace> faces;                   // ascending
  std::vector<std::optional<LeftOut>> left_out{};  // [faces given]
  size_t families = 0;                             // of the chosen faces
  size_t pictures = 0;                             // of the chosen faces
  size_t repeated = 0;  // pictures left out because an earlier one has the same bytes
};

// `faces` in the order of FoundFonts, `surveys` [faces]. A picture is taken once: where a face
// draws one that a face before it, or a character before it, has drawn, that one stands and this
// one is left out, so that no picture has two labels. Throws Error(kInvalidArgument) where the
// two differ in number.
FaceSelection SelectFaces(std::span<const FontFace> faces, std::span<const FaceSurvey> surveys,
                          const FaceChoice& choice);

}  // namespace csn
