// What was measured, and how the figures are made.
#include <cmath>

#include "tools/report/eval_sections.h"
#include "tools/report/eval_text.h"
#include "tools/report/html.h"
#include "tools/report/svg_drawing.h"

namespace csn {
namespace {

constexpr size_t kShortId = 12;

void AddFact(std::string& html, std::string_view name, std::string_view value) {
  if (!value.empty()) AddTo(html, "<li><span>{}</span> {}</li>", name, EscapeHtml(value));
}

std::string BestEpochs(const TrainingRecord& training) {
  std::string text;
  for (const int64_t epoch : training.best_epochs) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", epoch);
  }
  if (text.empty() || training.history.empty()) return text;
  return fmt::format("{} of {}", text, training.history.size());
}

void AddModelFacts(std::string& html, const EvaluatedModel& model) {
  const Model& header = model.header;
  html += "<ul class=\"facts\">";
  AddFact(html, "model", model.path);
  AddFact(html, "id", header.id.substr(0, kShortId));
  AddFact(html, "system", SystemName(header));
  AddFact(html, "trunk", TrunkName(header.trunk));
  AddFact(html, "input", fmt::format("{0} x {0} px", header.preprocessing.size));
  AddFact(html, "dimensions", std::to_string(header.dim()));
  if (header.networks == 1) AddFact(html, "masks", MaskKindName(header.training.masks));
  AddFact(html, "recipe", header.training.recipe);
  if (header.training.images > 0) {
    AddFact(html, "images seen", CountText(header.training.images));
  }
  AddFact(html, header.networks > 1 ? "best epochs" : "best epoch", BestEpochs(header.training));
  if (!header.parent.empty()) {
    AddFact(html, "with a mask added to", header.parent.substr(0, kShortId));
  }
  html += "</ul>\n";
}

void AddHeadline(std::string& html, const EvaluatedModel& model) {
  const Interval& error = model.pooled_error;
  html += "<div class=\"headline\">";
  AddTo(html, "<p class=\"kind\">pooled triplet error</p><p class=\"big\">{}</p>",
        PercentText(error.value));
  if (!std::isfinite(error.value)) {
    html += "<p>No triplet could be measured.</p></div>\n";
    return;
  }
  AddTo(html, "<p>95 % interval {} to {}</p>", PercentText(error.low), PercentText(error.high));
  AddTo(
      html,
      "<p class=\"legend\">Of two items, one alike to a third in a notion and one not, the model "
      "takes the wrong one for the nearer in <b>{}</b> of cases. Chance is 50&nbsp;%.</p></div>\n",
      PercentText(error.value));
}

}  // namespace

std::string HeaderHtml(const EvalReport& report) {
  std::string html = "<header class=\"summary\">\n<div>";
  AddTo(html, "<p class=\"kind\">How good a model&#39;s notions are</p><h1>{}</h1>\n",
        EscapeHtml(report.title));
  if (!report.models.empty()) AddModelFacts(html, report.models.front());
  html += "<ul class=\"facts\">";
  AddFact(html, "catalogue", report.catalogue);
  AddFact(html, "test items", CountText(report.test_items));
  if (report.rejected > 0) AddFact(html, "rejected", CountText(report.rejected));
  AddFact(html, "triplets", report.triplets);
  AddFact(html, "seed", std::to_string(report.seed));
  AddTo(html, "</ul>\n<p><code>{}</code></p></div>\n", EscapeHtml(report.command));
  if (!report.models.empty()) AddHeadline(html, report.models.front());
  html += "</header>\n";
  return html;
}

std::string DefinitionsHtml(const EvalReport& report) {
  std::string html = "<dl class=\"definitions\">\n";
  const auto define = [&](std::string_view word, std::string_view meaning) {
    AddTo(html, "<dt>{}</dt><dd>{}</dd>\n", word, meaning);
  };
  define("test items",
         "items of the catalogue whose photographs the model was neither trained nor validated on");
  define(
      "triplet error",
      "a triplet is an item, one that is alike in a notion and one that is not; the error is the "
      "share of triplets whose unlike item stands at least as near as the alike one. Pooled: over "
      "the "
      "triplets of all notions");
  define("alike",
         "the same value; of a number, within what the notion calls near. Unlike: another "
         "value, or at least what it calls far");
  define("subspace and whole",
         "distances under the notion&#39;s mask, and plain distances of whole "
         "embeddings");
  define("intervals", "95 %: the range within which the figure stays when items are drawn anew");
  define("live dimensions", "those that the notion&#39;s mask gives a weight above zero");
  define("precision@k, recall@k",
         "the share of the nearest k that are alike, and the share of all "
         "alike items that are among them");
  define("MAP",
         "mean average precision: precision at the place of every alike item, averaged, then "
         "averaged over queries");
  define("nDCG@k",
         "numeric notions: gain falls with the difference of the values and with the place "
         "in the ranking; 1 is the best order there could be");
  define("mean difference@k",
         "mean absolute difference of the nearest k, in the unit of the column");
  define("chance", "what a random order of the items gives");
  define("shown distance", "0 is alike, 1 is as far as two random items");
  if (!ProbesHtml(report).empty()) {
    define("off-task accuracy",
           "a linear classifier of whole, frozen embeddings, measured in five "
           "folds; the baseline always says the commonest value");
  }
  if (!report.maps.empty()) {
    define("maps", "each subspace laid flat along its two directions of greatest variance");
  }
  html += "</dl>\n";
  return html;
}

}  // namespace csn
