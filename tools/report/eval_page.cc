#include "tools/report/eval_page.h"

#include <vector>

#include "tools/report/eval_sections.h"
#include "tools/report/eval_text.h"
#include "tools/report/html.h"
#include "tools/report/svg_drawing.h"
#include "tools/report/svg_heat.h"

namespace csn {
namespace {

constexpr std::string_view kStyle = R"(
body { max-width: 1440px; }
.summary { display: grid; grid-template-columns: minmax(0, 1fr) 320px; gap: 32px; align-items: start; }
.summary > div { min-width: 0; }
.summary .facts { gap: 4px 18px; overflow-wrap: anywhere; }
.headline { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 20px; }
.headline .big { font-size: 44px; font-weight: 680; line-height: 1.15; font-variant-numeric: tabular-nums; }
.headline .legend { margin-top: 8px; font-size: 13px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 20px 0 8px; font-size: 13px; }
nav a { color: var(--soft); }
nav a:hover { color: var(--ink); }
section.part { padding: 22px 0 20px; border-top: 1px solid var(--line); }
.part > h2 { font-size: 18px; margin-bottom: 12px; }
.part h3 { display: flex; align-items: center; gap: 7px; font-size: 15px; margin: 22px 0 8px; overflow-wrap: anywhere; }
.part h4 { font-size: 13px; font-weight: 600; color: var(--soft); margin: 14px 0 4px; }
.part .legend { margin-top: 10px; font-size: 13px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 14px 6px 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
tr > :last-child { padding-right: 2px; }
th { font-weight: 600; color: var(--soft); vertical-align: bottom; }
tr > th:first-child {
  position: sticky; left: 0; text-align: left; max-width: 240px; overflow: hidden; text-overflow: ellipsis;
  background: var(--page);
}
tbody th { color: var(--ink); vertical-align: top; }
th .dot { margin-right: 7px; }
th small { display: block; font-weight: 400; color: var(--soft); overflow: hidden; text-overflow: ellipsis; }
th.middle { text-align: center; }
.word { text-align: left; }
.interval, .other td { color: var(--soft); }
.least { font-weight: 680; }
.least .interval { font-weight: 400; }
td.bars { padding-top: 2px; padding-bottom: 2px; }
.bars .plot { overflow: visible; padding: 0; }
.grouped tr:not(:last-child) > td { border-bottom: 0; padding-bottom: 0; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); gap: 24px; align-items: end; }
.maps { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 520px), 1fr)); gap: 28px; margin-top: 6px; }
.pair > *, .maps > * { min-width: 0; }
figure { margin: 0; }
figure h3 { margin-top: 10px; }
figcaption p { color: var(--soft); font-size: 13px; }
.keys { gap: 3px 14px; margin: 6px 0 8px; font-size: 12.5px; }
.keys .dot { margin-right: 5px; }
figure .plot { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.plot .back { fill: #ffffff; }
.plot rect.weight, .plot rect.owner { shape-rendering: crispEdges; }
.pictures { position: absolute; }
.precision { color: var(--soft); font-size: 12px; margin: 8px 0 5px; }
.part .hits { grid-auto-columns: minmax(108px, 118px); gap: 8px; }
.part .hit { border-width: 2px; }
.hit.query { border-color: var(--ink); }
.hit.alike { border-color: #2f9e68; }
.hit.unlike { border-style: dashed; border-color: #d1704b; }
.hit .photo svg { display: block; width: 100%; height: 100%; }
.hit .state { display: flex; justify-content: space-between; gap: 4px; padding: 5px 8px 0; font-size: 12px; }
.hit .state b { font-weight: 650; }
.hit .state span { color: var(--soft); font-variant-numeric: tabular-nums; }
.hit .label, .hit .sku { padding: 0 8px; font-size: 12px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.hit .sku { color: var(--soft); font-size: 11px; padding-bottom: 6px; }
details { margin-top: 10px; }
summary { cursor: pointer; font-weight: 600; padding: 4px 0; overflow-wrap: anywhere; }
.definitions { display: grid; grid-template-columns: max-content minmax(0, 75ch); gap: 6px 20px; margin: 0; font-size: 13px; }
.definitions dt { font-weight: 600; }
.definitions dd { margin: 0; color: var(--soft); }
@media (max-width: 760px) {
  .summary { grid-template-columns: minmax(0, 1fr); gap: 18px; }
  .definitions { grid-template-columns: minmax(0, 1fr); gap: 2px; }
  .definitions dd { margin-bottom: 8px; }
  tr > th:first-child { max-width: 140px; }
  .part .hits { grid-auto-columns: 112px; }
}
)";

struct Section {
  std::string_view id, title;
  std::string html;
};

// What is shown of every model: of the first openly, of the others folded up.
std::string InnerHtml(const EvalReport& report, const EvaluatedModel& model) {
  std::string html;
  const auto add = [&](std::string_view title, const std::string& part) {
    if (!part.empty()) AddTo(html, "<h3>{}</h3>\n{}", title, part);
  };
  add("Notions", ScoresHtml(report, model));
  add("What leaks between notions", LeakageHtml(model));
  add("Masks", MasksHtml(report, model.header));
  add("Training", TrainingHtml(report, model.header));
  return html;
}

std::string OthersHtml(const EvalReport& report) {
  std::string html;
  const std::vector<std::string> names = ModelNames(report);
  for (size_t m = 1; m < report.models.size(); ++m) {
    AddTo(html, "<details><summary>{}</summary>\n{}</details>\n", EscapeHtml(names[m]),
          InnerHtml(report, report.models[m]));
  }
  return html;
}

std::vector<Section> Sections(const EvalReport& report, Thumbnails& thumbnails) {
  std::vector<Section> sections;
  const auto add = [&](std::string_view id, std::string_view title, std::string html) {
    if (!html.empty()) sections.push_back({id, title, std::move(html)});
  };
  if (!report.models.empty()) {
    const EvaluatedModel& model = report.models.front();
    add("notions", "Notions", ScoresHtml(report, model));
    add("compare", "Models side by side", CompareHtml(report));
    add("triplets", "Error against number of triplets", TripletsHtml(TripletPoints(report)));
    add("leakage", "What leaks between notions", LeakageHtml(model));
    add("masks", "Masks", MasksHtml(report, model.header));
    add("training", "Training", TrainingHtml(report, model.header));
    add("maps", "Subspaces as maps", MapsHtml(report, thumbnails));
    add("queries", "Best and worst queries", ExamplesHtml(report, thumbnails));
    add("probes", "Off-task accuracy", ProbesHtml(report));
    add("others", "The other models", OthersHtml(report));
  }
  add("definitions", "How the figures are made", DefinitionsHtml(report));
  return sections;
}

}  // namespace

std::string EvalPage(const EvalReport& report) {
  Thumbnails thumbnails(report);
  const std::vector<Section> sections = Sections(report, thumbnails);
  std::string html =
      PageHead(report.title, std::string(kStyle) + std::string(SvgStyle()) + HeatStyle());
  html += HeaderHtml(report) + "<nav>";
  for (const Section& section : sections) {
    AddTo(html, "<a href=\"#{}\">{}</a>", section.id, section.title);
  }
  html += "</nav>\n";
  for (const Section& section : sections) {
    AddTo(html, "<section class=\"part\" id=\"{}\">\n<h2>{}</h2>\n{}</section>\n", section.id,
          section.title, section.html);
  }
  html += thumbnails.Definitions();
  AddTo(html, "<footer><p>{}{}</p></footer>\n</body>\n</html>\n", EscapeHtml(report.made_by),
        report.models.empty() ? "" : ", model " + EscapeHtml(report.models.front().header.id));
  return html;
}

}  // namespace csn
