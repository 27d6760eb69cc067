// What each subspace knows of each notion, and the masks that make the subspaces.
#include <algorithm>
#include <numeric>

#include "tools/report/eval_sections.h"
#include "tools/report/eval_text.h"
#include "tools/report/html.h"
#include "tools/report/svg_heat.h"

namespace csn {
namespace {

constexpr double kChance = 0.5;  // of triplet errors

constexpr double kMaskWidth = 960, kMaskLeastWidth = 640, kMaskRow = 24, kMaskTop = 8;
constexpr double kOwners = 8, kMaskFoot = 58, kMostMaskLabel = 150, kLiveRoom = 92;

// Strong where the error is far below chance.
HeatTable::Field ErrorField(double error, bool framed) {
  return {.depth = 1 - error / kChance, .text = PercentText(error), .framed = framed};
}

HeatTable LeakageTable(const EvaluatedModel& model) {
  HeatTable table{.name = "triplet error of each subspace on the triplets of each notion",
                  .rows_are = "distances in",
                  .columns_are = "triplets of",
                  .rows = {},
                  .columns = {},
                  .fields = {},
                  .gap_before = model.leakage.size()};
  std::vector<HeatTable::Field> whole;
  for (const NotionScores& scores : model.notions) {
    table.columns.push_back(scores.notion.name);
    whole.push_back(ErrorField(scores.whole_error.value, false));
  }
  for (size_t i = 0; i < model.leakage.size(); ++i) {
    table.rows.push_back(model.notions[i].notion.name);
    table.fields.emplace_back();
    for (size_t j = 0; j < model.leakage[i].size(); ++j) {
      table.fields.back().push_back(ErrorField(model.leakage[i][j], i == j));
    }
  }
  table.rows.emplace_back("whole embedding");
  table.fields.push_back(std::move(whole));
  return table;
}

// The dimensions so that structure shows: by the notion that weighs them most, heaviest first;
// those that no notion weighs come last.
struct SortedDimensions {
  std::vector<size_t> order;   // [d]
  std::vector<size_t> owners;  // [d], by place; C: no notion
  float greatest = 0;          // weight
};

SortedDimensions SortDimensions(const MaskTable& masks) {
  SortedDimensions sorted;
  const size_t dim = masks.dim(), notions = masks.notion_count();
  std::vector<size_t> owner(dim, notions);
  std::vector<float> weight(dim, 0);
  for (NotionId c = 0; c < notions; ++c) {
    for (size_t k = 0; k < dim; ++k) {
      if (masks.weights(c)[k] <= weight[k]) continue;
      weight[k] = masks.weights(c)[k];
      owner[k] = c;
    }
  }
  sorted.order.resize(dim);
  std::iota(sorted.order.begin(), sorted.order.end(), size_t{0});
  std::ranges::stable_sort(sorted.order, [&](size_t a, size_t b) {
    return owner[a] != owner[b] ? owner[a] < owner[b] : weight[a] > weight[b];
  });
  for (const size_t k : sorted.order) {
    sorted.owners.push_back(owner[k]);
    sorted.greatest = std::max(sorted.greatest, weight[k]);
  }
  return sorted;
}

// Draws the masks row by row.
class MaskDrawing {
 public:
  MaskDrawing(const EvalReport& report, const Model& model)
      : report_(report),
        model_(model),
        sorted_(SortDimensions(model.masks)),
        left_(LabelWidth(model)),
        rows_(kMaskRow * static_cast<double>(model.notions.size())),
        drawing_(kMaskWidth, kMaskTop + rows_ + kOwners + kMaskFoot, kMaskLeastWidth,
                 "weight of each dimension in each notion's mask") {}

  std::string Draw() {
    for (NotionId c = 0; c < model_.notions.size(); ++c) DrawRow(c);
    DrawOwners();
    drawing_.Text(left_, kMaskTop + rows_ + kOwners + 18,
                  "dimensions, sorted by the notion that weighs them most");
    DrawHeatLegend(drawing_, left_, kMaskTop + rows_ + kOwners + 36, "weight 0",
                   fmt::format("{:.2f}", sorted_.greatest));
    return drawing_.Finish();
  }

 private:
  static double LabelWidth(const Model& model) {
    double width = 40;
    for (const Notion& notion : model.notions) width = std::max(width, TextWidth(notion.name));
    return std::min(width, kMostMaskLabel) + 10;
  }

  double At(size_t place) const {
    return left_ + (kMaskWidth - kLiveRoom - left_) * static_cast<double>(place) /
                       static_cast<double>(model_.dim());
  }

  // Neighbours of one level are one field.
  template <typename Level, typename Draw>
  void ForRuns(Level level, Draw draw) {
    for (size_t begin = 0; begin < model_.dim();) {
      size_t end = begin + 1;
      while (end < model_.dim() && level(end) == level(begin)) ++end;
      draw(begin, end);
      begin = end;
    }
  }

  void DrawRow(NotionId c) {
    const double y = kMaskTop + kMaskRow * c;
    drawing_.Label(left_ - 8, y + kMaskRow / 2 + 4, model_.notions[c].name, left_ - 8, Anchor::kEnd,
                   "ink");
    const auto level = [&](size_t place) {
      return sorted_.greatest > 0
                 ? HeatLevel(model_.masks.weights(c)[sorted_.order[place]] / sorted_.greatest)
                 : 0;
    };
    ForRuns(level, [&](size_t begin, size_t end) {
      drawing_.Add(
          "<rect class=\"weight q{}\" x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" "
          "height=\"{:g}\"/>\n",
          level(begin), At(begin), y + 1, At(end) - At(begin), kMaskRow - 2);
    });
    drawing_.Text(kMaskWidth - kLiveRoom + 10, y + kMaskRow / 2 + 4,
                  fmt::format("{} of {} live", model_.masks.live_dims(c).size(), model_.dim()));
  }

  // A strip of the notions' colours below.
  void DrawOwners() {
    const double y = kMaskTop + rows_ + 1;
    ForRuns([&](size_t place) { return sorted_.owners[place]; },
            [&](size_t begin, size_t end) {
              const size_t owner = sorted_.owners[begin];
              if (owner >= model_.notions.size()) return;
              drawing_.Add(
                  "<rect class=\"owner\" fill=\"{}\" x=\"{:.2f}\" y=\"{:.2f}\" "
                  "width=\"{:.2f}\" height=\"{:g}\"><title>{}: {} dimensions</title></rect>\n",
                  NotionColour(ColourNumber(report_, model_.notions[owner].name)), At(begin), y,
                  At(end) - At(begin), kOwners - 2, EscapeHtml(model_.notions[owner].name),
                  end - begin);
            });
  }

  const EvalReport& report_;
  const Model& model_;
  const SortedDimensions sorted_;
  const double left_, rows_;
  SvgDrawing drawing_;
};

bool AllWeightsAlike(const MaskTable& masks) {
  const float first = masks.weights(0)[0];
  for (NotionId c = 0; c < masks.notion_count(); ++c) {
    if (std::ranges::any_of(masks.weights(c), [&](float weight) { return weight != first; })) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string LeakageHtml(const EvaluatedModel& model) {
  if (model.leakage.size() < 2) return "";
  return FormatHeatTable(LeakageTable(model)) +
         "<p class=\"legend\">Triplet error, the stronger the colour the further below chance "
         "(50&nbsp;%). Framed: a notion in its own subspace. A subspace that knows of its own "
         "notion "
         "alone is strong in the frame and weak elsewhere; where the labels of two notions go "
         "together, both are strong.</p>\n";
}

std::string MasksHtml(const EvalReport& report, const Model& model) {
  if (model.masks.notion_count() == 0 || model.dim() == 0) return "";
  if (AllWeightsAlike(model.masks)) {
    return fmt::format(
        "<p>No masks: every notion is measured in the whole embedding of {} "
        "dimensions, all weighed alike.</p>\n",
        model.dim());
  }
  return MaskDrawing(report, model).Draw();
}

}  // namespace csn
