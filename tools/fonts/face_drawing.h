// One font face's letters and digits as pictures.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "tools/fonts/font_finder.h"

namespace csn {

// What is drawn of every face, in this order.
constexpr std::string_view kCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr size_t kCharacterCount = kCharacters.size();

// Why a face cannot be drawn.
enum class Undrawable {
  kUnreadable,         // FreeType does not open it
  kNoOutlines,         // pictures of fixed sizes only, or in colours
  kSymbols,            // says of itself that it holds symbols, or has no Unicode characters
  kMissingCharacters,  // lacks one of kCharacters
  kEmptyPictures,      // has nothing to draw for one of them
};

// A face opened with FreeType. All its pictures share one scale and one baseline: the largest scale
// at which the widest character, and the span from the highest to the lowest point of any, fit a
// square with a sixteenth of its side left free all round. That span is centred in the square, and
// each character from left to right by its own ink. Unhinted, so the same on every machine with
// the same FreeType. Not thread-safe: one a thread.
class FaceDrawing {
 public:
  // Where it cannot be drawn, undrawable() says why, and the rest must not be called.
  explicit FaceDrawing(const FontFace& face);
  ~FaceDrawing();
  FaceDrawing(const FaceDrawing&) = delete;
  FaceDrawing& operator=(const FaceDrawing&) = delete;

  std::optional<Undrawable> undrawable() const { return undrawable_; }

  // Whether strokes end in serifs: by its PANOSE digits, else by its IBM family class; nothing
  // where neither says.
  std::optional<bool> HasSerifs() const;

  // kCharacters[character] in black on white, antialiased: [size, size] bytes, 255 is white.
  std::vector<uint8_t> Draw(size_t character, int size) const;

 private:
  struct Handle;
  struct Box {
    int64_t left, bottom, right, top;
  };  // of ink, font units

  std::optional<Undrawable> Measure();

  std::unique_ptr<Handle> handle_;
  std::array<Box, kCharacterCount> boxes_{};
  std::optional<Undrawable> undrawable_;
};

}  // namespace csn
