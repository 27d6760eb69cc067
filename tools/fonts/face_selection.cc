#include "tools/fonts/face_selection.h"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <unordered_set>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"

namespace csn {
namespace {

constexpr size_t kHalf = kCharacterCount / 2;

using Pictures = std::unordered_set<uint64_t>;

LeftOut ReasonOf(Undrawable undrawable) {
  switch (undrawable) {
    case Undrawable::kUnreadable:
      return LeftOut::kUnreadable;
    case Undrawable::kNoOutlines:
      return LeftOut::kNoOutlines;
    case Undrawable::kSymbols:
      return LeftOut::kSymbols;
    case Undrawable::kMissingCharacters:
      return LeftOut::kMissingCharacters;
    case Undrawable::kEmptyPictures:
      return LeftOut::kEmptyPictures;
  }
  Fail(ErrorCode::kInvalidArgument, "undrawable {}: expected 0 to 4", static_cast<int>(undrawable));
}

// Judges faces one after the other against those judged before.
class Judge {
 public:
  std::optional<LeftOut> operator()(const FontFace& face, const FaceSurvey& survey) {
    if (survey.undrawable) return ReasonOf(*survey.undrawable);
    const Pictures own(survey.pictures.begin(), survey.pictures.end());
    if (own.size() <= kHalf) return LeftOut::kFewPictures;
    if (!styles_.emplace(face.family, LowerCase(face.style), face.weight, face.slant, face.width)
             .second) {
      return LeftOut::kRepeatedStyle;
    }
    const auto before =
        std::ranges::count_if(own, [&](uint64_t picture) { return drawn_.contains(picture); });
    if (2 * static_cast<size_t>(before) >= own.size()) return LeftOut::kDrawnBefore;
    drawn_.insert(own.begin(), own.end());
    return std::nullopt;
  }

 private:
  std::set<std::tuple<std::string, std::string, int, Slant, int>> styles_;
  Pictures drawn_;
};

// Of the faces that nothing speaks against, those that `choice` asks for, ascending.
std::vector<size_t> Choose(std::span<const FontFace> faces,
                           std::span<const std::optional<LeftOut>> left_out,
                           const FaceChoice& choice) {
  std::vector<std::vector<size_t>> families;
  for (size_t i = 0; i < faces.size(); ++i) {
    if (left_out[i]) continue;
    if (families.empty() || faces[families.back().front()].family != faces[i].family) {
      families.emplace_back();
    }
    families.back().push_back(i);
  }
  if (choice.families != 0 && choice.families < families.size()) {
    Rng(choice.seed).Shuffle(families);
    families.resize(choice.families);
    std::ranges::sort(families);
  }
  std::vector<size_t> chosen;
  for (const std::vector<size_t>& family : families) {
    const size_t count = choice.faces_per_family == 0
                             ? family.size()
                             : std::min(choice.faces_per_family, family.size());
    chosen.insert(chosen.end(), family.begin(),
                  family.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return chosen;
}

}  // namespace

std::string_view LeftOutReason(LeftOut reason) {
  switch (reason) {
    case LeftOut::kUnreadable:
      return "cannot be read";
    case LeftOut::kNoOutlines:
      return "has no outlines";
    case LeftOut::kSymbols:
      return "is a font of symbols";
    case LeftOut::kMissingCharacters:
      return "lacks one of the 62 characters";
    case LeftOut::kEmptyPictures:
      return "has nothing to draw for one of them";
    case LeftOut::kRepeatedStyle:
      return "has the family and style of one before it";
    case LeftOut::kFewPictures:
      return "draws half of the characters or more alike";
    case LeftOut::kDrawnBefore:
      return "draws half of its pictures or more as ones before it";
  }
  Fail(ErrorCode::kInvalidArgument, "reason {}: expected 0 to {}", static_cast<int>(reason),
       kLeftOutCount - 1);
}

FaceSelection SelectFaces(std::span<const FontFace> faces, std::span<const FaceSurvey> surveys,
                          const FaceChoice& choice) {
  Require(faces.size() == surveys.size(), "selecting faces: {} surveys for {} faces",
          surveys.size(), faces.size());
  FaceSelection selection;
  Judge judge;
  for (size_t i = 0; i < faces.size(); ++i) {
    selection.left_out.push_back(judge(faces[i], surveys[i]));
  }
  Pictures drawn;
  for (const size_t face : Choose(faces, selection.left_out, choice)) {
    ChosenFace chosen{.face = face};
    for (size_t c = 0; c < kCharacterCount; ++c) {
      chosen.pictures[c] = drawn.insert(surveys[face].pictures[c]).second;
    }
    selection.pictures += chosen.pictures.count();
    selection.repeated += kCharacterCount - chosen.pictures.count();
    if (selection.faces.empty() ||
        faces[selection.faces.back().face].family != faces[face].family) {
      ++selection.families;
    }
    selection.faces.push_back(chosen);
  }
  return selection;
}

}  // namespace csn
