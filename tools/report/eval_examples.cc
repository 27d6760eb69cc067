// Photographs: each once in the page, and queries with what is nearest to them.
#include <utility>

#include "tools/report/eval_sections.h"
#include "tools/report/eval_text.h"
#include "tools/report/html.h"
#include "tools/report/svg_drawing.h"

namespace csn {
namespace {

void AddQuery(std::string& html, const EvalReport& report, Thumbnails& thumbnails, size_t notion,
              const ShownQuery& query) {
  const auto card = [&](size_t item, std::string_view kind, const std::string& state,
                        const std::string& distance) {
    const std::string sku = EscapeHtml(report.items[item].sku);
    const std::string label = LabelOf(report, item, notion);
    AddTo(
        html,
        "<li class=\"hit {}\">{}<div class=\"state\"><b>{}</b><span>{}</span></div>"
        "<div class=\"label\" title=\"{}\">{}</div><div class=\"sku\" title=\"{}\">{}</div></li>\n",
        kind, thumbnails.InBox(item), state, distance, EscapeHtml(label),
        label.empty() ? "–" : EscapeHtml(label), sku, sku);
  };
  AddTo(html, "<p class=\"precision\">average precision {}</p>\n<ol class=\"hits\">\n",
        PercentText(query.average_precision));
  card(query.item, "query", "query", "");
  for (const ShownHit& hit : query.hits) {
    card(hit.item, hit.relevant ? "alike" : "unlike", hit.relevant ? "✓ alike" : "✗ unlike",
         FigureText(hit.distance).substr(0, 4));
  }
  html += "</ol>\n";
}

}  // namespace

bool Thumbnails::Has(size_t item) const { return !report_.items[item].thumbnail.rgb.empty(); }

std::string Thumbnails::InDrawing(size_t item, double x, double y, double side) {
  used_.insert(item);
  return fmt::format(
      "<use href=\"#t{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:g}\" height=\"{:g}\"/>", item, x, y,
      side, side);
}

std::string Thumbnails::InBox(size_t item) {
  const std::string sku = EscapeHtml(report_.items[item].sku);
  if (!Has(item)) return fmt::format("<div class=\"photo none\">no photograph of {}</div>", sku);
  used_.insert(item);
  return fmt::format(
      "<div class=\"photo\"><svg viewBox=\"0 0 100 100\" role=\"img\" aria-label=\"{}\">"
      "<use href=\"#t{}\" width=\"100\" height=\"100\"/></svg></div>",
      sku, item);
}

std::string Thumbnails::Definitions() const {
  if (used_.empty()) return "";
  std::string html = "<svg class=\"pictures\" width=\"0\" height=\"0\" aria-hidden=\"true\">\n";
  for (const size_t item : used_) {
    const Image& image = report_.items[item].thumbnail;
    AddTo(html,
          "<symbol id=\"t{0}\" viewBox=\"0 0 {1} {2}\"><image width=\"{1}\" height=\"{2}\" "
          "href=\"{3}\"/></symbol>\n",
          item, image.width, image.height, JpegDataUri(image));
  }
  html += "</svg>\n";
  return html;
}

std::string ExamplesHtml(const EvalReport& report, Thumbnails& thumbnails) {
  std::string html;
  for (const QueryExamples& examples : report.examples) {
    if (examples.best.empty() && examples.worst.empty()) continue;
    AddTo(html, "<h3>{}</h3>\n", NotionHtml(report, MeasuredName(report, examples.notion)));
    for (const auto& [title, queries] :
         {std::pair{"Best queries", &examples.best}, std::pair{"Worst queries", &examples.worst}}) {
      if (queries->empty()) continue;
      AddTo(html, "<h4>{}</h4>\n", title);
      for (const ShownQuery& query : *queries) {
        AddQuery(html, report, thumbnails, examples.notion, query);
      }
    }
  }
  return html;
}

}  // namespace csn
