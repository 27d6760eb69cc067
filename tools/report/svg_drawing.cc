#include "tools/report/svg_drawing.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/utf8.h"
#include "tools/report/html.h"

namespace csn {
namespace {

// Of a letter of 12 pixels, and the least part of a cut text that still tells something.
constexpr double kLetter = 7.2;
constexpr size_t kLeastLetters = 3;
// Half of a whisker's end.
constexpr double kCap = 4.5;

constexpr std::string_view kStyle = R"(
.plot { overflow-x: auto; overflow-y: hidden; padding-bottom: 2px; }
.plot > svg { display: block; width: 100%; height: auto; font-size: 12px; }
.plot text { fill: var(--soft); font-variant-numeric: tabular-nums; }
.plot text.ink { fill: var(--ink); }
.plot text.strong { fill: var(--ink); font-weight: 650; }
.plot text.small { font-size: 10.5px; }
.plot line { stroke: var(--line); }
.plot line.axis { stroke: var(--soft); stroke-opacity: 0.6; }
.plot line.chance { stroke: var(--soft); stroke-dasharray: 3 3; }
.plot line.best { stroke: var(--ink); stroke-opacity: 0.55; stroke-dasharray: 2 3; }
.plot .curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.plot .dashed { stroke-dasharray: 6 5; }
.plot .mark, .plot .whisker { stroke: var(--c); }
.plot .mark { fill: var(--c); stroke-width: 1.6; }
.plot .mark.hollow { fill: var(--card); }
.plot .whisker { fill: none; stroke-width: 1.8; }
)";

// As html.cc has them where it is light.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kLightColours = {
    {{"ink", "#1d1e20"}, {"soft", "#6a6d73"}, {"line", "#dfdfda"}, {"card", "#ffffff"}}};

std::string_view AnchorName(Anchor anchor) {
  constexpr std::array<std::string_view, 3> kNames = {"start", "middle", "end"};
  return kNames[static_cast<size_t>(anchor)];
}

// Around 0, 0. Circles are drawn as such.
std::string_view Outline(Marker marker) {
  constexpr std::array<std::string_view, 4> kPaths = {
      "", "M-3.5-3.5h7v7h-7z", "M0-4.9L4.9 0 0 4.9-4.9 0z", "M0-4.8L4.8 3.8H-4.8z"};
  return kPaths[static_cast<size_t>(marker)];
}

}  // namespace

Marker MarkerOf(size_t position) { return static_cast<Marker>(position % 4); }

SvgDrawing::SvgDrawing(double width, double height, double least_width, std::string_view label)
    : width_(width), height_(height) {
  Add("<div class=\"plot\"><svg viewBox=\"0 0 {0:g} {1:g}\" role=\"img\" aria-label=\"{3}\" "
      "style=\"max-width:{0:g}px;min-width:{2:g}px\">\n",
      width, height, std::min(width, least_width), EscapeHtml(label));
}

void SvgDrawing::Line(double x1, double y1, double x2, double y2, std::string_view kind) {
  Add("<line class=\"{}\" x1=\"{:.2f}\" y1=\"{:.2f}\" x2=\"{:.2f}\" y2=\"{:.2f}\"/>\n", kind, x1,
      y1, x2, y2);
}

void SvgDrawing::Text(double x, double y, std::string_view text, Anchor anchor,
                      std::string_view kind) {
  Label(x, y, text, TextWidth(text) + kLetter, anchor, kind);
}

void SvgDrawing::Label(double x, double y, std::string_view text, double room, Anchor anchor,
                       std::string_view kind) {
  const std::string harmless = EscapeForTerminal(text);
  const std::string cut =
      CutForDisplay(harmless, std::max(kLeastLetters, static_cast<size_t>(room / kLetter)));
  Add("<text class=\"{}\" x=\"{:.2f}\" y=\"{:.2f}\" text-anchor=\"{}\">{}", kind, x, y,
      AnchorName(anchor), EscapeHtml(cut));
  if (cut != harmless) Add("<title>{}</title>", EscapeHtml(harmless));
  Add("</text>\n");
}

void SvgDrawing::Mark(double x, double y, Marker marker, std::string_view colour, bool hollow) {
  const std::string_view kind = hollow ? "mark hollow" : "mark";
  if (marker == Marker::kCircle) {
    Add("<circle class=\"{}\" style=\"--c:{}\" cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"3.8\"/>\n", kind,
        colour, x, y);
    return;
  }
  Add("<path class=\"{}\" style=\"--c:{}\" transform=\"translate({:.2f} {:.2f})\" d=\"{}\"/>\n",
      kind, colour, x, y, Outline(marker));
}

void SvgDrawing::Whisker(const Interval& interval, const Scale& x, double y, Marker marker,
                         std::string_view colour, bool hollow) {
  if (!std::isfinite(interval.value)) return;
  if (interval.low < interval.high) {
    const double low = x.At(interval.low), high = x.At(interval.high);
    Add("<path class=\"whisker\" style=\"--c:{}\" "
        "d=\"M{:.2f} {:.2f}v{}M{:.2f} {:.2f}H{:.2f}m0-{}v{}\"/>\n",
        colour, low, y - kCap, 2 * kCap, low, y, high, kCap, 2 * kCap);
  }
  Mark(x.At(interval.value), y, marker, colour, hollow);
}

void SvgDrawing::UprightWhisker(const Interval& interval, double x, const Scale& y, Marker marker,
                                std::string_view colour) {
  if (!std::isfinite(interval.value)) return;
  if (interval.low < interval.high) {
    const double low = y.At(interval.low), high = y.At(interval.high);
    Add("<path class=\"whisker\" style=\"--c:{}\" "
        "d=\"M{:.2f} {:.2f}h{}M{:.2f} {:.2f}V{:.2f}m-{} 0h{}\"/>\n",
        colour, x - kCap, low, 2 * kCap, x, low, high, kCap, 2 * kCap);
  }
  Mark(x, y.At(interval.value), marker, colour);
}

std::string SvgDrawing::Finish() {
  svg_ += "</svg></div>\n";
  return std::move(svg_);
}

double TextWidth(std::string_view text) {
  return kLetter * static_cast<double>(DisplayLength(EscapeForTerminal(text)));
}

std::string PercentText(double share) {
  return std::isfinite(share) ? fmt::format("{:.1f}\u00a0%", 100 * share) : "–";
}

std::string PercentTick(double share, double step) {
  return fmt::format("{:.{}f} %", 100 * share,
                     std::max(0, -static_cast<int>(std::floor(std::log10(100 * step) + 1e-9))));
}

std::string ShortNumber(double value) {
  if (std::abs(value) >= 1e6) return fmt::format("{:.3g}M", value / 1e6);
  if (std::abs(value) >= 1e4) return fmt::format("{:.3g}k", value / 1e3);
  return fmt::format("{:.4g}", value);
}

std::string_view SvgStyle() { return kStyle; }

std::string StandaloneSvg(std::string_view drawing) {
  const size_t begin = drawing.find("<svg"), end = drawing.rfind("</svg>");
  if (begin == drawing.npos || end == drawing.npos) return "";
  const size_t content = drawing.find('>', begin) + 1;
  std::string svg(drawing.substr(begin, end + 6 - begin));
  svg.insert(content - begin, fmt::format("\n<style>{}.plot {{ font: 12px sans-serif; }}</style>\n"
                                          "<rect width=\"100%\" height=\"100%\" fill=\"{}\"/>",
                                          kStyle, kLightColours[3].second));
  svg.insert(4, " xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\"");
  // Programs that are no browsers do not know variables.
  const auto replace_all = [&](std::string_view from, std::string_view to) {
    for (size_t at = svg.find(from); at != svg.npos; at = svg.find(from, at + to.size())) {
      svg.replace(at, from.size(), to);
    }
  };
  for (const auto& [name, colour] : kLightColours) {
    replace_all(fmt::format("var(--{})", name), colour);
  }
  replace_all("var(--c)", "currentColor");
  replace_all("--c:", "color:");
  return svg;
}

}  // namespace csn
