// A drawn shoe: what it is (the labels of a catalogue), how it looks, and its picture.
#pragma once

#include <cstdint>
#include <string>

#include "base/image.h"
#include "base/random.h"
#include "tools/draw/colour.h"
#include "tools/draw/material.h"
#include "tools/draw/scene.h"
#include "tools/draw/view.h"

namespace csn {

// The order of the enumerators is part of what a seed draws: append only.
enum class ShoeCategory { kBoot, kPump, kSandal, kTrainer, kSlipper };
enum class ShoeClosure { kLaceUp, kBuckle, kZip, kSlipOn, kHookAndLoop };
enum class ToeShape { kRound, kPointed, kSquare, kOpen };
enum class ShoeColour {
  kBlack,
  kWhite,
  kGrey,
  kBrown,
  kBeige,
  kRed,
  kBlue,
  kGreen,
  kPink,
  kYellow
};
// What lifts the heel; appearance only, no label.
enum class HeelStyle { kBlock, kStiletto, kWedge, kPlatform };

inline constexpr int kShoeCategories = 5;
inline constexpr int kShoeClosures = 5;
inline constexpr int kToeShapes = 4;
inline constexpr int kShoeColours = 10;
inline constexpr double kMinHeelCm = 0.5;
inline constexpr double kMaxHeelCm = 12;
// A shoe is drawn as if it were this long, heel to toe: 1 cm of heel is 1 / kShoeLengthCm of its
// length in the picture.
inline constexpr double kShoeLengthCm = 25;

// The words a catalogue writes: "boot", "hook-and-loop", "open", "grey".
std::string ShoeCategoryName(ShoeCategory category);
std::string ShoeClosureName(ShoeClosure closure);
std::string ToeShapeName(ToeShape toe);
std::string ShoeColourName(ShoeColour colour);

// Everything DrawShoe needs. Shares are of the shoe's length.
struct Shoe {
  // Labels.
  ShoeCategory category = ShoeCategory::kPump;
  ShoeClosure closure = ShoeClosure::kSlipOn;
  double heel_height_cm = 3;  // ground to heel seat, kMinHeelCm..kMaxHeelCm, whole millimetres
  ToeShape toe_shape = ToeShape::kRound;
  ShoeColour colour = ShoeColour::kBlack;
  double price = 50;  // whole cents

  // Appearance.
  HeelStyle heel_style = HeelStyle::kBlock;
  Material material = Material::kLeather;
  Rgb upper{0.15, 0.15, 0.16};
  Rgb panel{0.22, 0.22, 0.23};  // toe cap, counter, facing: the upper's colour or a second one
  Rgb sole{0.75, 0.6, 0.42};    // sole and heel, always well apart from `upper` in brightness
  Rgb accent{0.93, 0.92, 0.9};  // laces, straps, tabs, zip tape: well apart from `upper` too
  Rgb metal{0.85, 0.85, 0.87};  // buckles, teeth, eyelets
  Rgb lining{0.8, 0.74, 0.64};
  double bulk = 1;           // factor on the upper's height
  double shaft = 0.55;       // boots: top of the shaft above the heel seat
  double heel_width = 0.22;  // block heels
  double platform = 0.5;     // platform soles: thickness under the toes over that under the heel
  int fastenings = 2;        // straps or tabs, 1..3; laces cross more often with more
  bool gore = true;          // slip-on shoes: a visible elastic panel
  bool toe_cap = true;       // panels that a shoe of its category may have or not
  bool counter = true;
  bool welt = true;        // a stitched rim on the sole
  bool laces_tied = true;  // else tucked in
  View view{};
  Scene scene{};
};

// Labels are drawn uniformly and independently of each other, the price too, and all of the
// appearance independently of the labels but for colours (the upper's is the colour's, what must
// stand out from it follows) and the heel style, which depends on the category (trainers and
// slippers stand on wedges and platforms), so that every combination can be drawn.
Shoe SampleShoe(Rng& rng);

// A photograph of the shoe, size x size pixels. Depends on the shoe and the size alone.
// Thread-safe. Throws Error(kInvalidArgument) for a size outside 16..4096 or a heel outside
// kMinHeelCm..kMaxHeelCm.
Image DrawShoe(const Shoe& shoe, int size = 160);

}  // namespace csn
