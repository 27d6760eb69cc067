// Which faces and pictures are taken, from made-up pictures.
#include "tools/fonts/face_selection.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

// Faces whose pictures are numbers: all different, until a test says otherwise.
struct World {
  std::vector<FontFace> faces;
  std::vector<FaceSurvey> surveys;
  uint64_t next = 1000;

  FaceSurvey& Add(const std::string& family, const std::string& style, int weight = 400) {
    FontFace face;
    face.family = family;
    face.style = style;
    face.weight = weight;
    faces.push_back(face);
    for (uint64_t& picture : surveys.emplace_back().pictures) picture = next++;
    return surveys.back();
  }

  FaceSelection Select(const FaceChoice& choice = {}) const {
    return SelectFaces(faces, surveys, choice);
  }
};

std::vector<size_t> Faces(const FaceSelection& selection) {
  std::vector<size_t> faces;
  for (const ChosenFace& face : selection.faces) faces.push_back(face.face);
  return faces;
}

// `count` families a, b, ... of three faces each.
World ManyFamilies(size_t count) {
  World world;
  for (size_t i = 0; i < count; ++i) {
    const std::string family(1, static_cast<char>('a' + i));
    for (const int weight : {400, 500, 700}) world.Add(family, std::to_string(weight), weight);
  }
  return world;
}

TEST(SelectFaces, TakesAllThatDiffer) {
  const FaceSelection selection = ManyFamilies(2).Select();
  EXPECT_EQ(Faces(selection), (std::vector<size_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(selection.families, 2u);
  EXPECT_EQ(selection.pictures, 6 * kCharacterCount);
  EXPECT_EQ(selection.repeated, 0u);
  for (const auto& reason : selection.left_out) EXPECT_EQ(reason, std::nullopt);
}

TEST(SelectFaces, LeavesOutWhatCannotBeDrawn) {
  World world;
  world.Add("a", "Regular");
  for (const Undrawable reason :
       {Undrawable::kUnreadable, Undrawable::kNoOutlines, Undrawable::kSymbols,
        Undrawable::kMissingCharacters, Undrawable::kEmptyPictures}) {
    FaceSurvey& survey = world.Add("b", "Regular");
    survey.undrawable = reason;
    survey.pictures.fill(0);
  }
  world.Add("b", "Regular");  // none before it is there to repeat
  const FaceSelection selection = world.Select();
  EXPECT_EQ(Faces(selection), (std::vector<size_t>{0, 6}));
  EXPECT_EQ(selection.left_out,
            (std::vector<std::optional<LeftOut>>{
                std::nullopt, LeftOut::kUnreadable, LeftOut::kNoOutlines, LeftOut::kSymbols,
                LeftOut::kMissingCharacters, LeftOut::kEmptyPictures, std::nullopt}));
}

TEST(SelectFaces, AStyleIsTakenOnce) {
  World world;
  world.Add("a", "Regular");
  world.Add("a", "REGULAR");
  world.Add("a", "Regular", 500);
  world.Add("b", "Regular");
  const FaceSelection selection = world.Select();
  EXPECT_EQ(Faces(selection), (std::vector<size_t>{0, 2, 3}));
  EXPECT_EQ(selection.left_out[1], LeftOut::kRepeatedStyle);
}

TEST(SelectFaces, HalfOfAFacesPicturesDecide) {
  World world;
  const FaceSurvey first = world.Add("a", "Regular");
  // 31 of 62 drawn before, under another family; 30 of 62.
  FaceSurvey& half = world.Add("b", "Regular");
  std::copy_n(first.pictures.begin(), 31, half.pictures.begin());
  FaceSurvey& less = world.Add("c", "Regular");
  std::copy_n(first.pictures.begin(), 30, less.pictures.begin());
  // Boxes for 31 characters and more; 32 different pictures.
  FaceSurvey& boxes = world.Add("d", "Regular");
  std::fill_n(boxes.pictures.begin(), 32, 7);
  FaceSurvey& few = world.Add("e", "Regular");
  std::fill_n(few.pictures.begin(), 31, 8);
  const FaceSelection selection = world.Select();
  EXPECT_EQ(Faces(selection), (std::vector<size_t>{0, 2, 4}));
  EXPECT_EQ(selection.left_out[1], LeftOut::kDrawnBefore);
  EXPECT_EQ(selection.left_out[3], LeftOut::kFewPictures);
  EXPECT_EQ(selection.repeated, 30u + 30u);
  EXPECT_EQ(selection.pictures, 3 * kCharacterCount - 60);
}

TEST(SelectFaces, NoPictureIsTakenTwice) {
  World world;
  // Capitals for small letters: 36 different ones, the first of two alike stands.
  FaceSurvey& capitals = world.Add("a", "Regular");
  for (size_t c = 0; c < 26; ++c) capitals.pictures[26 + c] = capitals.pictures[c];
  // And an I of another family like the first one's.
  FaceSurvey other = world.surveys[0];
  world.Add("b", "Regular").pictures[kCharacters.find('l')] = other.pictures[kCharacters.find('I')];
  const FaceSelection selection = world.Select();
  ASSERT_EQ(Faces(selection), (std::vector<size_t>{0, 1}));
  std::set<uint64_t> taken;
  for (const ChosenFace& face : selection.faces) {
    for (size_t c = 0; c < kCharacterCount; ++c) {
      if (!face.pictures[c]) continue;
      EXPECT_TRUE(taken.insert(world.surveys[face.face].pictures[c]).second) << kCharacters[c];
    }
  }
  EXPECT_EQ(taken.size(), 36u + 61u);
  EXPECT_EQ(selection.pictures, taken.size());
  EXPECT_EQ(selection.repeated, 27u);
  EXPECT_TRUE(selection.faces[0].pictures[kCharacters.find('Q')]);
  EXPECT_FALSE(selection.faces[0].pictures[kCharacters.find('q')]);
  // Where the first family is not asked for, the second keeps its l.
  for (const uint64_t seed : {1, 2, 3, 4, 5, 6}) {
    const FaceSelection one = world.Select({.families = 1, .seed = seed});
    EXPECT_EQ(one.pictures, one.faces[0].face == 0 ? 36 : kCharacterCount) << "seed " << seed;
  }
}

TEST(SelectFaces, DrawsFamiliesBySeedAndTakesTheirFirstFaces) {
  const World world = ManyFamilies(20);
  std::set<std::vector<size_t>> seen;
  for (const uint64_t seed : {1, 2, 3, 4, 5}) {
    SCOPED_TRACE(seed);
    const FaceChoice choice{.families = 6, .faces_per_family = 2, .seed = seed};
    const std::vector<size_t> faces = Faces(world.Select(choice));
    ASSERT_EQ(faces.size(), 12u);
    EXPECT_TRUE(std::is_sorted(faces.begin(), faces.end()));
    for (size_t i = 0; i < faces.size(); i += 2) {
      EXPECT_EQ(faces[i] % 3, 0u);
      EXPECT_EQ(faces[i + 1], faces[i] + 1);
    }
    EXPECT_EQ(world.Select(choice).families, 6u);
    EXPECT_EQ(Faces(world.Select(choice)), faces);
    seen.insert(faces);
  }
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_EQ(Faces(world.Select({.families = 21})).size(), 60u);
}

TEST(SelectFaces, RefusesSurveysOfOtherFaces) {
  World world = ManyFamilies(1);
  world.surveys.pop_back();
  EXPECT_THAT([&] { world.Select(); },
              ThrowsError(ErrorCode::kInvalidArgument, "2 surveys for 3 faces"));
}

TEST(LeftOutReason, EachIsSaidInItsOwnWords) {
  std::set<std::string_view> texts;
  for (size_t i = 0; i < kLeftOutCount; ++i) texts.insert(LeftOutReason(static_cast<LeftOut>(i)));
  EXPECT_EQ(texts.size(), kLeftOutCount);
}

}  // namespace
}  // namespace csn
