// Subspaces laid flat, with photographs.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "base/text.h"
#include "tools/report/eval_sections.h"
#include "tools/report/eval_text.h"
#include "tools/report/html.h"
#include "tools/report/svg_drawing.h"

namespace csn {
namespace {

constexpr double kSide = 680, kLeastSide = 460, kMargin = 24;
constexpr double kPicture = 34, kFrame = 3;
// Two pictures are at least this far apart, across or down: they may overlap a little.
constexpr double kApart = 30;

constexpr size_t kMostKeys = 8;
constexpr std::string_view kOtherColour = "#8b8e95";
// Of values from low to high.
constexpr std::array<std::string_view, 5> kSteps = {"#4a5fd0", "#3f93c8", "#3aa98a", "#b0a528",
                                                    "#dd7a2c"};

struct Key {
  std::string text;
  std::string_view colour;
  size_t count = 0;
};

// What colours mean on a map; the last key may be "others".
struct Colouring {
  std::vector<Key> keys;
  std::vector<size_t> of_point;  // places in `keys`
};

std::vector<std::string> Labels(const EvalReport& report, const SubspaceMap& map) {
  std::vector<std::string> labels;
  for (const MapPoint& point : map.points) {
    labels.push_back(LabelOf(report, point.item, map.notion));
  }
  return labels;
}

// The commonest labels, each with a colour of its own.
Colouring ByLabel(const std::vector<std::string>& labels) {
  std::map<std::string, size_t> counts;
  for (const std::string& label : labels) {
    if (!label.empty()) ++counts[label];
  }
  std::vector<std::pair<std::string, size_t>> common(counts.begin(), counts.end());
  std::ranges::stable_sort(common, std::greater<>(), &std::pair<std::string, size_t>::second);
  Colouring colouring;
  std::map<std::string, size_t> places;
  for (const auto& [label, count] : common) {
    if (places.size() == kMostKeys) break;
    places.emplace(label, places.size());
    colouring.keys.push_back({label, NotionColour(places[label]), count});
  }
  size_t others = 0;
  for (const std::string& label : labels) {
    const auto place = places.find(label);
    others += place == places.end();
    colouring.of_point.push_back(place == places.end() ? colouring.keys.size() : place->second);
  }
  if (others > 0) colouring.keys.push_back({"others", kOtherColour, others});
  return colouring;
}

// Where steps of colour begin, ascending: each value's own where there are few, else so that every
// step holds about as many points.
std::vector<double> StepStarts(std::vector<double> values) {
  std::ranges::sort(values);
  std::vector<double> different = values;
  different.erase(std::unique(different.begin(), different.end()), different.end());
  if (different.size() <= kSteps.size()) return different;
  std::vector<double> starts;
  for (size_t step = 0; step < kSteps.size(); ++step) {
    const double start = values[step * values.size() / kSteps.size()];
    if (starts.empty() || start > starts.back()) starts.push_back(start);
  }
  return starts;
}

// "2 to 5", or "2" where a step holds one value.
std::string StepText(const std::vector<double>& values, double start, double next) {
  double last = start;
  for (const double value : values) {
    if (value < next) last = std::max(last, value);
  }
  return last > start ? fmt::format("{:g} to {:g}", start, last) : fmt::format("{:g}", start);
}

// Numbers in steps from low to high; nothing where a label is no number, or none is there.
std::optional<Colouring> ByNumber(const std::vector<std::string>& labels) {
  std::vector<double> values;
  for (const std::string& label : labels) {
    if (label.empty()) continue;
    const std::optional<double> number = ParseNumber(label);
    if (!number) return std::nullopt;
    values.push_back(*number);
  }
  if (values.empty()) return std::nullopt;
  const std::vector<double> starts = StepStarts(values);
  Colouring colouring;
  for (size_t step = 0; step < starts.size(); ++step) {
    const double next =
        step + 1 < starts.size() ? starts[step + 1] : std::numeric_limits<double>::infinity();
    const size_t colour = step * (kSteps.size() - 1) / std::max<size_t>(starts.size() - 1, 1);
    colouring.keys.push_back({StepText(values, starts[step], next), kSteps[colour]});
  }
  Key missing{"missing", kOtherColour};
  for (const std::string& label : labels) {
    const size_t step =
        label.empty() ? starts.size()
                      : std::ranges::upper_bound(starts, *ParseNumber(label)) - starts.begin() - 1;
    ++(step == starts.size() ? missing : colouring.keys[step]).count;
    colouring.of_point.push_back(step);
  }
  if (missing.count > 0) colouring.keys.push_back(missing);
  return colouring;
}

Colouring ColouringOf(const EvalReport& report, const SubspaceMap& map) {
  const std::vector<std::string> labels = Labels(report, map);
  const std::vector<NotionScores>& notions = report.models.front().notions;
  if (map.notion < notions.size() && notions[map.notion].notion.kind == NotionKind::kNumeric) {
    if (std::optional<Colouring> colouring = ByNumber(labels)) return *colouring;
  }
  return ByLabel(labels);
}

struct Place {
  double x = 0, y = 0;
};

Place PlaceOf(const MapPoint& point) {
  const double room = kSide - 2 * kMargin;
  return {kMargin + room * std::clamp(static_cast<double>(point.x), 0.0, 1.0),
          kMargin + room * std::clamp(static_cast<double>(point.y), 0.0, 1.0)};
}

// Points that have room for a picture, the first come first.
std::vector<bool> Pictured(const SubspaceMap& map, const Thumbnails& thumbnails) {
  std::vector<bool> pictured;
  std::vector<Place> taken;
  for (const MapPoint& point : map.points) {
    const Place place = PlaceOf(point);
    const bool free = std::ranges::none_of(taken, [&](const Place& other) {
      return std::max(std::abs(place.x - other.x), std::abs(place.y - other.y)) < kApart;
    });
    pictured.push_back(free && thumbnails.Has(point.item));
    if (pictured.back()) taken.push_back(place);
  }
  return pictured;
}

std::string Hint(const EvalReport& report, const SubspaceMap& map, const MapPoint& point) {
  const std::string label = LabelOf(report, point.item, map.notion);
  return EscapeHtml(report.items[point.item].sku) + ": " +
         (label.empty() ? "no label" : EscapeHtml(label));
}

std::string Draw(const EvalReport& report, const SubspaceMap& map, const Colouring& colouring,
                 Thumbnails& thumbnails) {
  SvgDrawing drawing(kSide, kSide, kLeastSide,
                     "the subspace of " + MeasuredName(report, map.notion) + " as a plane");
  const std::vector<bool> pictured = Pictured(map, thumbnails);
  for (const bool pictures : {false, true}) {
    for (size_t i = 0; i < map.points.size(); ++i) {
      if (pictured[i] != pictures) continue;
      const MapPoint& point = map.points[i];
      const auto [x, y] = PlaceOf(point);
      const std::string_view colour = colouring.keys[colouring.of_point[i]].colour;
      drawing.Add("<g class=\"point\"><title>{}</title>", Hint(report, map, point));
      if (pictures) {
        drawing.Add(
            "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:g}\" height=\"{:g}\" rx=\"4\" fill=\"{}\"/>",
            x - kPicture / 2, y - kPicture / 2, kPicture, kPicture, colour);
        drawing.Add(
            "<rect class=\"back\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:g}\" height=\"{:g}\"/>",
            x - kPicture / 2 + kFrame, y - kPicture / 2 + kFrame, kPicture - 2 * kFrame,
            kPicture - 2 * kFrame);
        drawing.Add("{}", thumbnails.InDrawing(point.item, x - kPicture / 2 + kFrame,
                                               y - kPicture / 2 + kFrame, kPicture - 2 * kFrame));
      } else {
        drawing.Add("<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"3.2\" fill=\"{}\"/>", x, y, colour);
      }
      drawing.Add("</g>\n");
    }
  }
  return drawing.Finish();
}

}  // namespace

std::string MapsHtml(const EvalReport& report, Thumbnails& thumbnails) {
  std::string html;
  for (const SubspaceMap& map : report.maps) {
    if (map.points.empty()) continue;
    const Colouring colouring = ColouringOf(report, map);
    AddTo(html,
          "<figure><figcaption><h3>{}</h3><p>The plane shows {} of the subspace&#39;s "
          "variance.</p><ul class=\"facts keys\">",
          NotionHtml(report, MeasuredName(report, map.notion)), PercentText(map.explained));
    for (const Key& key : colouring.keys) {
      AddTo(html, "<li><i class=\"dot\" style=\"--c:{}\"></i>{} <span>{}</span></li>", key.colour,
            EscapeHtml(key.text), key.count);
    }
    html += "</ul></figcaption>" + Draw(report, map, colouring, thumbnails) + "</figure>\n";
  }
  if (html.empty()) return "";
  return "<p class=\"legend\">Photographs stand where there is room, all other items are spots; "
         "colours are labels. A pointer over an item shows its name and label.</p>\n"
         "<div class=\"maps\">\n" +
         html + "</div>\n";
}

}  // namespace csn
