#include "tools/draw/shoe.h"

#include <cmath>
#include <vector>

namespace csn {

std::string ShoeCategoryName(ShoeCategory category) {
  switch (category) {
    case ShoeCategory::kBoot:
      return "boot";
    case ShoeCategory::kPump:
      return "pump";
    case ShoeCategory::kSandal:
      return "sandal";
    case ShoeCategory::kTrainer:
      return "trainer";
    case ShoeCategory::kSlipper:
      return "slipper";
  }
  return "";
}

std::string ShoeClosureName(ShoeClosure closure) {
  switch (closure) {
    case ShoeClosure::kLaceUp:
      return "lace-up";
    case ShoeClosure::kBuckle:
      return "buckle";
    case ShoeClosure::kZip:
      return "zip";
    case ShoeClosure::kSlipOn:
      return "slip-on";
    case ShoeClosure::kHookAndLoop:
      return "hook-and-loop";
  }
  return "";
}

std::string ToeShapeName(ToeShape toe) {
  switch (toe) {
    case ToeShape::kRound:
      return "round";
    case ToeShape::kPointed:
      return "pointed";
    case ToeShape::kSquare:
      return "square";
    case ToeShape::kOpen:
      return "open";
  }
  return "";
}

namespace {

struct PaletteEntry {
  const char* name;
  Rgb colour;
};

PaletteEntry Palette(ShoeColour colour) {
  switch (colour) {
    case ShoeColour::kBlack:
      return {"black", {0.13, 0.13, 0.14}};
    case ShoeColour::kWhite:
      return {"white", {0.94, 0.94, 0.93}};
    case ShoeColour::kGrey:
      return {"grey", {0.52, 0.53, 0.55}};
    case ShoeColour::kBrown:
      return {"brown", {0.40, 0.24, 0.13}};
    case ShoeColour::kBeige:
      return {"beige", {0.82, 0.70, 0.54}};
    case ShoeColour::kRed:
      return {"red", {0.76, 0.13, 0.15}};
    case ShoeColour::kBlue:
      return {"blue", {0.15, 0.30, 0.66}};
    case ShoeColour::kGreen:
      return {"green", {0.16, 0.47, 0.26}};
    case ShoeColour::kPink:
      return {"pink", {0.93, 0.52, 0.66}};
    case ShoeColour::kYellow:
      return {"yellow", {0.95, 0.78, 0.18}};
  }
  return {"", {}};
}

// One item's colour: the named one, a little brighter or duller, a little off in hue.
Rgb Vary(Rgb colour, Rng& rng) {
  const double brightness = rng.Uniform(-0.05, 0.05);
  const auto channel = [&](double value) {
    return value + brightness + rng.Uniform(-0.025, 0.025);
  };
  const double r = channel(colour.r), g = channel(colour.g), b = channel(colour.b);
  return Clamped({r, g, b});
}

// One of `choices` at least `gap` away from `upper` in brightness; the farthest where none is.
Rgb PickContrasting(const std::vector<Rgb>& choices, Rgb upper, double gap, Rng& rng) {
  std::vector<Rgb> fitting;
  Rgb farthest = choices.front();
  const auto apart = [&](Rgb c) { return std::abs(Luminance(c) - Luminance(upper)); };
  for (const Rgb& choice : choices) {
    if (apart(choice) >= gap) fitting.push_back(choice);
    if (apart(choice) > apart(farthest)) farthest = choice;
  }
  const uint64_t pick = rng.Next();  // always one draw, whatever fits
  return fitting.empty() ? farthest : fitting[pick % fitting.size()];
}

HeelStyle SampleHeelStyle(ShoeCategory category, Rng& rng) {
  const uint64_t pick = rng.Below(4);
  if (category == ShoeCategory::kTrainer || category == ShoeCategory::kSlipper) {
    return pick < 2 ? HeelStyle::kWedge : HeelStyle::kPlatform;
  }
  return static_cast<HeelStyle>(pick);
}

// A second colour for the panels, where there is one.
Rgb SamplePanel(Rgb upper, Rng& rng) {
  const std::vector<Rgb> others = {
      {0.93, 0.92, 0.89}, {0.14, 0.14, 0.15}, {0.68, 0.52, 0.36}, {0.55, 0.56, 0.58}};
  const Rgb other = others[rng.Below(others.size())];
  const uint64_t pick = rng.Below(6);
  const double shade = rng.Uniform(0.06, 0.2);
  if (pick == 0) return other;
  return Luminance(upper) < 0.3 || pick < 2 ? Lighter(upper, shade) : Darker(upper, shade);
}

void SampleColours(Shoe& shoe, Rng& rng) {
  shoe.upper = Vary(Palette(shoe.colour).colour, rng);
  const std::vector<Rgb> soles = {{0.14, 0.12, 0.11}, {0.30, 0.19, 0.12}, {0.74, 0.57, 0.38},
                                  {0.88, 0.86, 0.82}, {0.56, 0.42, 0.28}, {0.40, 0.40, 0.41}};
  shoe.sole = Vary(PickContrasting(soles, shoe.upper, 0.28, rng), rng);
  const std::vector<Rgb> accents = {{0.95, 0.95, 0.93},
                                    {0.10, 0.10, 0.11},
                                    {0.88, 0.80, 0.62},
                                    Lighter(shoe.upper, 0.6),
                                    Darker(shoe.upper, 0.65)};
  shoe.accent = PickContrasting(accents, shoe.upper, 0.38, rng);
  shoe.metal = rng.Below(2) == 0 ? Rgb{0.74, 0.75, 0.78} : Rgb{0.80, 0.62, 0.26};
  const std::vector<Rgb> linings = {
      {0.80, 0.70, 0.56}, {0.62, 0.62, 0.63}, {0.88, 0.86, 0.80}, {0.45, 0.33, 0.25}};
  shoe.lining = linings[rng.Below(linings.size())];
  shoe.panel = SamplePanel(shoe.upper, rng);
}

}  // namespace

std::string ShoeColourName(ShoeColour colour) { return Palette(colour).name; }

Shoe SampleShoe(Rng& rng) {
  Shoe shoe;
  shoe.category = static_cast<ShoeCategory>(rng.Below(kShoeCategories));
  shoe.closure = static_cast<ShoeClosure>(rng.Below(kShoeClosures));
  shoe.toe_shape = static_cast<ToeShape>(rng.Below(kToeShapes));
  shoe.colour = static_cast<ShoeColour>(rng.Below(kShoeColours));
  // Whole millimetres, so that the label is exactly what is drawn.
  shoe.heel_height_cm = std::round(rng.Uniform(kMinHeelCm, kMaxHeelCm) * 10) / 10;
  // Prices of a shop: spread by factors, ending in .95.
  shoe.price = std::floor(20 * std::exp(rng.Uniform(0, 2.5))) + 0.95;

  shoe.heel_style = SampleHeelStyle(shoe.category, rng);
  shoe.material = static_cast<Material>(rng.Below(kMaterials));
  SampleColours(shoe, rng);
  shoe.bulk = rng.Uniform(0.92, 1.1);
  shoe.shaft = rng.Uniform(0.42, 0.66);
  shoe.heel_width = rng.Uniform(0.19, 0.27);
  shoe.platform = rng.Uniform(0.4, 0.65);
  shoe.fastenings = 1 + static_cast<int>(rng.Below(3));
  shoe.gore = rng.Below(3) != 0;
  shoe.toe_cap = rng.Below(2) == 0;
  shoe.counter = rng.Below(3) != 0;
  shoe.welt = rng.Below(2) == 0;
  shoe.laces_tied = rng.Below(5) != 0;
  shoe.view = SampleView(rng);
  shoe.scene = SampleScene(rng);
  return shoe;
}

}  // namespace csn
