// Tables of each notion's figures.
#include <algorithm>
#include <array>
#include <cmath>

#include "tools/report/eval_sections.h"
#include "tools/report/eval_text.h"
#include "tools/report/html.h"
#include "tools/report/svg_drawing.h"

namespace csn {
namespace {

constexpr double kBarWidth = 260, kBarHeight = 20, kBarMargin = 6;
constexpr double kChance = 0.5;  // of triplet errors

struct Ranking {
  std::string_view name;
  const RankingScores NotionScores::*scores;
};
constexpr std::array<Ranking, 3> kRankings = {{{"subspace", &NotionScores::masked},
                                               {"whole embedding", &NotionScores::whole},
                                               {"chance", &NotionScores::chance}}};

// The end of the bars: a round share that holds all intervals.
double GreatestError(const EvaluatedModel& model) {
  double greatest = 0;
  for (const NotionScores& scores : model.notions) {
    for (const double end : {scores.triplet_error.high, scores.whole_error.high}) {
      if (std::isfinite(end)) greatest = std::max(greatest, end);
    }
  }
  return RoundUp(greatest);
}

// A notion's error, filled, and the whole embedding's, hollow, from 0 to `greatest`.
std::string ErrorBar(const NotionScores& scores, std::string_view colour, double greatest) {
  SvgDrawing drawing(kBarWidth, kBarHeight, kBarWidth,
                     "triplet errors of " + scores.notion.name + " with intervals");
  const Scale x = Scale::Linear(0, greatest, kBarMargin, kBarWidth - kBarMargin);
  drawing.Line(x.from(), kBarHeight / 2, x.to(), kBarHeight / 2, "grid");
  if (kChance <= greatest) {
    drawing.Line(x.At(kChance), 1, x.At(kChance), kBarHeight - 1, "chance");
  }
  drawing.Whisker(scores.whole_error, x, kBarHeight / 2, Marker::kCircle, "var(--soft)", true);
  drawing.Whisker(scores.triplet_error, x, kBarHeight / 2, Marker::kCircle, colour);
  return drawing.Finish();
}

std::string KindText(const Notion& notion) {
  if (notion.kind == NotionKind::kCategorical) return EscapeHtml(notion.column);
  return fmt::format("{}: near {:g}, far {:g}", EscapeHtml(notion.column), notion.near, notion.far);
}

std::string ErrorTable(const EvalReport& report, const EvaluatedModel& model) {
  const double greatest = GreatestError(model);
  std::string html = "<div class=\"scroll\"><table>\n";
  AddTo(html,
        "<thead><tr><th>notion</th><th>triplet error, its subspace</th><th class=\"middle\">0 % "
        "&ndash; "
        "{:.0f} %</th><th>whole embedding</th><th>live dimensions</th><th>triplets</th>"
        "<th>queries</th></tr></thead>\n<tbody>\n",
        100 * greatest);
  for (const NotionScores& scores : model.notions) {
    const std::string& name = scores.notion.name;
    AddTo(html,
          "<tr><th>{}<small>{}</small></th><td>{}</td><td class=\"bars\">{}</td><td>{}</td>"
          "<td>{} of {}</td><td>{}</td><td>{}</td></tr>\n",
          NotionHtml(report, name), KindText(scores.notion), IntervalHtml(scores.triplet_error),
          ErrorBar(scores, NotionColour(ColourNumber(report, name)), greatest),
          IntervalHtml(scores.whole_error), scores.live_dims, model.header.dim(),
          CountText(scores.triplets), CountText(scores.queries));
  }
  html +=
      "</tbody></table></div>\n"
      "<p class=\"legend\">Filled: in the notion&#39;s own subspace. Hollow: by the whole "
      "embedding. Whiskers are 95 % intervals; chance is 50&nbsp;%.</p>\n";
  return html;
}

// Rows of the three rankings, a body a notion: `heads` above, `cells` of one ranking.
template <typename Keep, typename Cells>
std::string RankingTable(const EvalReport& report, const EvaluatedModel& model,
                         const std::string& heads, Keep keep, Cells cells) {
  std::string html =
      "<div class=\"scroll\"><table class=\"grouped\">\n<thead><tr><th>notion</th>"
      "<th class=\"word\">ranked by</th>" +
      heads + "</tr></thead>\n";
  for (const NotionScores& scores : model.notions) {
    if (!keep(scores)) continue;
    html += "<tbody>\n";
    for (const Ranking& ranking : kRankings) {
      const bool first = &ranking == &kRankings.front();
      html += first ? "<tr>" : "<tr class=\"other\">";
      if (first) AddTo(html, "<th rowspan=\"3\">{}</th>", NotionHtml(report, scores.notion.name));
      AddTo(html, "<td class=\"word\">{}</td>{}</tr>\n", ranking.name,
            cells(scores, scores.*ranking.scores));
    }
    html += "</tbody>\n";
  }
  html += "</table></div>\n";
  return html;
}

std::string Heads(const EvalReport& report, std::initializer_list<std::string_view> names) {
  std::string heads;
  for (const std::string_view name : names) {
    for (const size_t k : report.ks) AddTo(heads, "<th>{}@{}</th>", name, k);
  }
  return heads;
}

std::string PrecisionTable(const EvalReport& report, const EvaluatedModel& model) {
  const auto cells = [&](const NotionScores& scores, const RankingScores& ranking) {
    std::string html;
    AddTo(html, "<td>{}</td>", PercentText(ranking.mean_average_precision));
    for (size_t i = 0; i < report.ks.size(); ++i) {
      const bool measured = &ranking == &scores.masked && report.ks[i] == 10;
      AddTo(html, "<td>{}</td>",
            measured ? IntervalHtml(scores.precision_at_10) : PercentText(ranking.precision, i));
    }
    for (size_t i = 0; i < report.ks.size(); ++i) {
      AddTo(html, "<td>{}</td>", PercentText(ranking.recall, i));
    }
    return html;
  };
  return RankingTable(
      report, model, "<th>MAP</th>" + Heads(report, {"precision", "recall"}),
      [](const NotionScores&) { return true; }, cells);
}

bool HasNumbers(const NotionScores& scores) {
  return !scores.masked.ndcg.empty() || !scores.masked.mean_absolute_difference.empty();
}

std::string NumericTable(const EvalReport& report, const EvaluatedModel& model) {
  if (std::ranges::none_of(model.notions, HasNumbers)) return "";
  const auto cells = [&](const NotionScores&, const RankingScores& ranking) {
    std::string html;
    for (const std::vector<double>* values : {&ranking.ndcg, &ranking.mean_absolute_difference}) {
      for (size_t i = 0; i < report.ks.size(); ++i) {
        AddTo(html, "<td>{}</td>", FigureText(*values, i));
      }
    }
    return html;
  };
  return "<h3>Numeric notions</h3>\n" +
         RankingTable(report, model, Heads(report, {"nDCG", "mean difference"}), HasNumbers, cells);
}

// One model's classifier of one column; accuracy filled, the baseline hollow, from 0 to 100 %.
std::string ProbeBar(const ProbeScore& probe) {
  SvgDrawing drawing(kBarWidth, kBarHeight, kBarWidth, "accuracy of " + probe.column);
  const Scale x = Scale::Linear(0, 1, kBarMargin, kBarWidth - kBarMargin);
  drawing.Line(x.from(), kBarHeight / 2, x.to(), kBarHeight / 2, "grid");
  drawing.Mark(x.At(probe.majority), kBarHeight / 2, Marker::kCircle, "var(--soft)", true);
  drawing.Whisker(probe.accuracy, x, kBarHeight / 2, Marker::kCircle, NotionColour(0));
  return drawing.Finish();
}

// Columns that were probed for any model, in the order they come.
std::vector<std::string> ProbedColumns(const EvalReport& report) {
  std::vector<std::string> columns;
  for (const EvaluatedModel& model : report.models) {
    for (const ProbeScore& probe : model.probes) {
      if (std::ranges::find(columns, probe.column) == columns.end())
        columns.push_back(probe.column);
    }
  }
  return columns;
}

std::string ProbeRow(const ProbeScore& probe, const std::string& model) {
  return fmt::format(
      "<tr><th>{}</th>{}<td>{}</td><td class=\"bars\">{}</td><td>{}</td><td>{}</td><td>{}</td>"
      "</tr>\n",
      EscapeHtml(probe.column), model, IntervalHtml(probe.accuracy), ProbeBar(probe),
      PercentText(probe.majority), CountText(probe.classes), CountText(probe.items));
}

}  // namespace

std::string ScoresHtml(const EvalReport& report, const EvaluatedModel& model) {
  if (model.notions.empty()) return "";
  return ErrorTable(report, model) + "<h3>What the nearest items are</h3>\n" +
         PrecisionTable(report, model) + NumericTable(report, model);
}

std::string ProbesHtml(const EvalReport& report) {
  const std::vector<std::string> columns = ProbedColumns(report);
  if (columns.empty()) return "";
  const std::vector<std::string> names = ModelNames(report);
  const bool several = report.models.size() > 1;
  std::string html = "<div class=\"scroll\"><table>\n";
  AddTo(html,
        "<thead><tr><th>column</th>{}<th>accuracy</th><th class=\"middle\">0 % &ndash; 100 %</th>"
        "<th>commonest value</th><th>values</th><th>items</th></tr></thead>\n<tbody>\n",
        several ? "<th class=\"word\">model</th>" : "");
  for (const std::string& column : columns) {
    for (size_t m = 0; m < report.models.size(); ++m) {
      const std::string cell =
          several ? fmt::format("<td class=\"word\">{}</td>", EscapeHtml(names[m])) : "";
      for (const ProbeScore& probe : report.models[m].probes) {
        if (probe.column == column) html += ProbeRow(probe, cell);
      }
    }
  }
  html +=
      "</tbody></table></div>\n"
      "<p class=\"legend\">What the embedding knows of columns that nobody trained it for. "
      "Filled: a linear classifier, with its 95 % interval. Hollow: always saying the commonest "
      "value.</p>\n";
  return html;
}

}  // namespace csn
