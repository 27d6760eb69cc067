// Pictures of lines and words inside a page, drawn a piece at a time. Colours come from the page's
// style where it knows better (light and dark); SvgStyle() has the rules.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "query/evaluation/bootstrap.h"
#include "tools/report/svg_scale.h"

namespace csn {

// What marks a point; shapes tell systems apart where colours are taken.
enum class Marker { kCircle, kSquare, kDiamond, kTriangle };
// Number `position` of them, then again from the first.
Marker MarkerOf(size_t position);

enum class Anchor { kStart, kMiddle, kEnd };

// Units are pixels at full size, y down. All text is plain and escaped here; colours are CSS.
class SvgDrawing {
 public:
  // `label` says to those who cannot see it what is drawn. The drawing is never wider than `width`;
  // a page that has less room makes it smaller, to `least_width`, below which it scrolls.
  SvgDrawing(double width, double height, double least_width, std::string_view label);

  double width() const { return width_; }
  double height() const { return height_; }

  // `kind` is a class of SvgStyle(): "grid", "axis", "chance".
  void Line(double x1, double y1, double x2, double y2, std::string_view kind);
  // `kind`: "" for quiet words, "ink" for strong ones, "small".
  void Text(double x, double y, std::string_view text, Anchor anchor = Anchor::kStart,
            std::string_view kind = "");
  // A text cut to what about `room` pixels hold, whole under the pointer.
  void Label(double x, double y, std::string_view text, double room, Anchor anchor = Anchor::kStart,
             std::string_view kind = "");
  void Mark(double x, double y, Marker marker, std::string_view colour, bool hollow = false);
  // A value with its interval, level; nothing where the value is not a number.
  void Whisker(const Interval& interval, const Scale& x, double y, Marker marker,
               std::string_view colour, bool hollow = false);
  // The same, upright.
  void UprightWhisker(const Interval& interval, double x, const Scale& y, Marker marker,
                      std::string_view colour);
  // Anything else, as SVG.
  template <typename... Args>
  void Add(fmt::format_string<Args...> format, Args&&... args) {
    svg_ += fmt::format(format, std::forward<Args>(args)...);
  }

  // The whole element, in a box of its own that scrolls. The drawing is done then.
  std::string Finish();

 private:
  double width_, height_;
  std::string svg_;
};

// About how wide a text of the plots' size stands, in pixels.
double TextWidth(std::string_view text);

// 0.125 -> "12.5 %", the blank unbreakable; "–" for what is not a number.
std::string PercentText(double share);
// For ticks: no more digits than `step`, the distance of two ticks, needs.
std::string PercentTick(double share, double step);
// 0.00042 -> "0.00042", 12000 -> "12k", 1.5e6 -> "1.5M".
std::string ShortNumber(double value);

std::string_view SvgStyle();

// A drawing's Finish() as a file for itself, in the light colours; "" of an empty one.
std::string StandaloneSvg(std::string_view drawing);

}  // namespace csn
