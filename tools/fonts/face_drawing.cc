#include "tools/fonts/face_drawing.h"

#include <freetype/freetype.h>
#include <freetype/ftbbox.h>
#include <freetype/ftoutln.h>
#include <freetype/tttables.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/error.h"

namespace csn {
namespace {

constexpr int kMarginShare = 16;  // of the side, on each side
constexpr double kPixel = 64;     // FreeType's units
constexpr double kOne = 0x10000;  // FreeType's factor 1

// Of OS/2's PANOSE digits and family class.
constexpr int kPanoseLatinText = 2;
constexpr int kPanoseLatinSymbol = 5;
constexpr int kClassSansSerif = 8;
constexpr int kClassSymbolic = 12;

int FamilyClass(const TT_OS2& table) { return (table.sFamilyClass >> 8) & 0xff; }

}  // namespace

struct FaceDrawing::Handle {
  const std::string file;  // for messages
  FT_Library library = nullptr;
  FT_Face face = nullptr;

  explicit Handle(std::string path) : file(std::move(path)) {
    if (FT_Init_FreeType(&library) != 0) Fail(ErrorCode::kFailed, "FreeType cannot be started");
  }
  ~Handle() { FT_Done_FreeType(library); }  // and the face with it
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  // Nothing where the font has no such table.
  const TT_OS2* Os2() const {
    const auto* table = static_cast<const TT_OS2*>(FT_Get_Sfnt_Table(face, FT_SFNT_OS2));
    return table == nullptr || table->version == 0xffff ? nullptr : table;
  }

  // The character's outline in font units, of the face until the next is loaded; nothing where
  // there is none.
  FT_Outline* Load(size_t character) const {
    const auto code = static_cast<unsigned char>(kCharacters[character]);
    if (FT_Load_Char(face, code, FT_LOAD_NO_SCALE) != 0 ||
        face->glyph->format != FT_GLYPH_FORMAT_OUTLINE) {
      return nullptr;
    }
    return &face->glyph->outline;
  }
};

FaceDrawing::FaceDrawing(const FontFace& face) : handle_(std::make_unique<Handle>(face.file)) {
  if (FT_New_Face(handle_->library, handle_->file.c_str(), face.index, &handle_->face) != 0) {
    undrawable_ = Undrawable::kUnreadable;
  } else {
    undrawable_ = Measure();
  }
}

FaceDrawing::~FaceDrawing() = default;

std::optional<Undrawable> FaceDrawing::Measure() {
  if (!FT_IS_SCALABLE(handle_->face)) return Undrawable::kNoOutlines;
  const TT_OS2* os2 = handle_->Os2();
  if (FT_Select_Charmap(handle_->face, FT_ENCODING_UNICODE) != 0 ||
      (os2 != nullptr &&
       (os2->panose[0] == kPanoseLatinSymbol || FamilyClass(*os2) == kClassSymbolic))) {
    return Undrawable::kSymbols;
  }
  for (const char character : kCharacters) {
    if (FT_Get_Char_Index(handle_->face, static_cast<unsigned char>(character)) == 0) {
      return Undrawable::kMissingCharacters;
    }
  }
  for (size_t i = 0; i < kCharacterCount; ++i) {
    FT_Outline* outline = handle_->Load(i);
    if (outline == nullptr) return Undrawable::kNoOutlines;
    FT_BBox box{};
    if (FT_Outline_Get_BBox(outline, &box) != 0 || box.xMin >= box.xMax || box.yMin >= box.yMax) {
      return Undrawable::kEmptyPictures;
    }
    boxes_[i] = {box.xMin, box.yMin, box.xMax, box.yMax};
  }
  return std::nullopt;
}

std::optional<bool> FaceDrawing::HasSerifs() const {
  const TT_OS2* os2 = handle_->Os2();
  if (os2 == nullptr) return std::nullopt;
  if (os2->panose[0] == kPanoseLatinText) {
    const int style = os2->panose[1];
    if (style >= 2 && style <= 10) return true;    // cove to triangle
    if (style >= 11 && style <= 13) return false;  // normal, obtuse, perpendicular sans
  }
  const int family = FamilyClass(*os2);
  if (family == kClassSansSerif) return false;
  // Old style, transitional, modern, Clarendon and slab serifs; freeform serifs.
  if ((family >= 1 && family <= 5) || family == 7) return true;
  return std::nullopt;
}

std::vector<uint8_t> FaceDrawing::Draw(size_t character, int size) const {
  const auto top = std::ranges::max(boxes_, {}, &Box::top).top;
  const auto bottom = std::ranges::min(boxes_, {}, &Box::bottom).bottom;
  int64_t extent = top - bottom;
  for (const Box& box : boxes_) extent = std::max(extent, box.right - box.left);
  const double room = size - 2.0 * size / kMarginShare;
  const double scale = kPixel * room / static_cast<double>(extent);

  FT_Outline* outline = handle_->Load(character);
  const Box& box = boxes_[character];
  const auto factor = static_cast<FT_Fixed>(std::lround(scale * kOne));
  const FT_Matrix matrix{factor, 0, 0, factor};
  FT_Outline_Transform(outline, &matrix);
  const auto offset = [&](int64_t low, int64_t high) {
    return std::lround((kPixel * size - scale * static_cast<double>(low + high)) / 2);
  };
  FT_Outline_Translate(outline, offset(box.left, box.right), offset(bottom, top));

  std::vector<uint8_t> picture(static_cast<size_t>(size) * static_cast<size_t>(size));
  FT_Bitmap bitmap{};
  bitmap.rows = bitmap.width = static_cast<unsigned>(size);
  bitmap.pitch = size;
  bitmap.buffer = picture.data();
  bitmap.num_grays = 256;
  bitmap.pixel_mode = FT_PIXEL_MODE_GRAY;
  if (FT_Outline_Get_Bitmap(handle_->library, outline, &bitmap) != 0) {
    Fail(ErrorCode::kFailed, "{}: FreeType cannot fill the outline of '{}'", handle_->file,
         kCharacters[character]);
  }
  for (uint8_t& pixel : picture) pixel = static_cast<uint8_t>(255 - pixel);
  return picture;
}

}  // namespace csn
