// A drawn shoe: what it is (the labels of a catalogue), how it looks, and its picture.
#pragma once

#include <cstdint>
#include <string>

#include "base/image.h"
#include "base/random.h"
#include "tools/draw/colour.h"

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

// Everything DrawShoe needs. Shares are of the picture's side where they place the shoe, else of
// the shoe's length.
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
  Rgb upper{0.15, 0.15, 0.16};
  Rgb sole{0.75, 0.6, 0.42};    // sole and heel, always well apart from `upper` in brightness
  Rgb accent{0.93, 0.92, 0.9};  // laces, straps, tabs, zip tape: well apart from `upper` too
  Rgb metal{0.85, 0.85, 0.87};  // buckles, teeth, eyelets
  Rgb background{0.95, 0.95, 0.95};
  bool faces_left = false;
  double length = 0.9;       // wanted share; a tall shoe is drawn smaller so that it fits
  double shift_x = 0;        // of the free space beside the shoe, -1..1
  double shift_y = 0;        // of the free space above and below, -1..1
  double bulk = 1;           // factor on the upper's height
  double shaft = 0.55;       // boots: top of the shaft above the heel seat
  double heel_width = 0.22;  // block heels
  double platform = 0.5;     // platform soles: thickness under the toes over that under the heel
  double shading = 0.2;      // how much darker the upper gets towards the sole
  int fastenings = 2;        // straps or tabs, 1..3; laces cross more often with more
  bool gore = true;          // slip-on shoes: a visible elastic panel
};

// Labels are drawn uniformly and independently of each other, the price too. The heel style alone
// depends on the category (trainers and slippers stand on wedges and platforms), so that every
// combination can be drawn.
Shoe SampleShoe(Rng& rng);

// The side view, size x size pixels. Depends on the shoe and the size alone. Thread-safe.
// Throws Error(kInvalidArgument) for a size outside 16..4096 or a heel outside
// kMinHeelCm..kMaxHeelCm.
Image DrawShoe(const Shoe& shoe, int size = 160);

}  // namespace csn
