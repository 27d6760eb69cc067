#include "tools/report/query_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/report/html.h"

namespace csn {
namespace {

// A bar of distance is full here; 1.0 is the root mean square distance of two random items.
constexpr double kFullBar = 1.5;

class PageWriter {
 public:
  explicit PageWriter(const QueryPage& page) : page_(page) {
    for (const Notion& notion : page.notions) {
      const auto column = std::ranges::find(page.columns, notion.column, &Column::name);
      columns_.push_back(column == page.columns.end()
                             ? std::nullopt
                             : std::optional<size_t>(column - page.columns.begin()));
    }
  }

  std::string Write() {
    html_ = PageHead("Like " + page_.title);
    WriteSubject();
    for (const QueryPage::Row& row : page_.rows) WriteRow(row);
    Add("<footer><p><code>{}</code></p><p>{}, model {}</p></footer>\n</body>\n</html>\n",
        EscapeHtml(page_.command), EscapeHtml(page_.made_by), EscapeHtml(page_.model_id));
    return std::move(html_);
  }

 private:
  template <typename... Args>
  void Add(fmt::format_string<Args...> format, Args&&... args) {
    AddTo(html_, format, std::forward<Args>(args)...);
  }

  void AddPhotograph(const std::string& photograph, std::string_view name, std::string_view hint) {
    if (photograph.empty()) {
      Add("<div class=\"photo none\" title=\"{}\">no photograph of {}</div>", hint, name);
      return;
    }
    Add("<div class=\"photo\" title=\"{}\"><img src=\"{}\" alt=\"{}\"></div>", hint, photograph,
        name);
  }

  void WriteSubject() {
    Add("<header class=\"subject\">\n");
    if (page_.kind == "item" || page_.kind == "photograph")
      AddPhotograph(page_.photograph, EscapeHtml(page_.title), "");
    Add("<div><p class=\"kind\">Items like{}</p><h1>{}</h1>\n",
        page_.item ? "" : " the " + page_.kind, EscapeHtml(page_.title));
    if (page_.item) {
      Add("<ul class=\"facts\">");
      for (size_t i = 0; i < page_.columns.size(); ++i) {
        const std::string value = ValueText(page_.item->values[i]);
        if (value.empty()) continue;
        Add("<li><span>{}</span> {}</li>", EscapeHtml(page_.columns[i].name), EscapeHtml(value));
      }
      Add("</ul>\n");
    }
    Add("<p class=\"legend\">Each row holds the nearest items in one notion of similarity. The "
        "band "
        "under a photograph shows what each notion adds to the hit&#39;s score{}. Below it stand, "
        "for "
        "every notion, the item&#39;s label{} and its distance: 0 is alike, 1 is as far as two "
        "random "
        "items.</p>\n</div>\n</header>\n",
        AnyUnlike() ? " (hatched: what it takes off)" : "",
        page_.item ? " (<b>bold</b>: like the query&#39;s)" : "");
  }

  bool AnyUnlike() const {
    return std::ranges::any_of(page_.rows, [](const QueryPage::Row& row) {
      return std::ranges::any_of(row.weights, [](double weight) { return weight < 0; });
    });
  }

  void WriteRow(const QueryPage::Row& row) {
    Add("<section class=\"row\">\n<div>");
    WriteHeading(row);
    Add("</div>\n<ol class=\"hits\">\n");
    for (size_t i = 0; i < row.answer.hits.size(); ++i) {
      WriteHit(row, row.answer.hits[i], row.photographs[i]);
    }
    Add("</ol>\n</section>\n");
  }

  void WriteHeading(const QueryPage::Row& row) {
    const auto counting = std::ranges::count_if(row.weights, [](double w) { return w != 0; });
    const size_t first = static_cast<size_t>(
        std::ranges::find_if(row.weights, [](double w) { return w != 0; }) - row.weights.begin());
    if (counting == 1) {
      Add("<h2>{}{}</h2>", NotionDot(first), EscapeHtml(page_.notions[first].name));
    } else {
      Add("<h2>mixture</h2><ul class=\"weights\">");
      for (size_t c = 0; c < row.weights.size(); ++c) {
        if (row.weights[c] == 0) continue;
        Add("<li>{}{} &times; {:g}</li>", NotionDot(c), EscapeHtml(page_.notions[c].name),
            row.weights[c]);
      }
      Add("</ul>");
    }
    const std::string shortfall =
        row.answer.shortfall == 0 ? ""
                                  : fmt::format(", {} fewer than asked for", row.answer.shortfall);
    Add("<p class=\"asked\">{}, {}{}</p>", row.asked ? "<b>asked for</b>" : "to compare",
        row.answer.exact ? "exact" : "approximate", shortfall);
  }

  void WriteHit(const QueryPage::Row& row, const Hit& hit, const std::string& photograph) {
    Add("<li class=\"hit\">");
    const std::string sku = EscapeHtml(hit.item.sku);
    AddPhotograph(photograph, sku, Hint(hit));
    Add("<div class=\"name\"><b>{}</b><span title=\"{}\">{}</span></div>", hit.rank, sku, sku);
    WriteShares(hit);
    Add("<ul class=\"parts\">");
    for (size_t c = 0; c < page_.notions.size(); ++c) WritePart(row, hit, c);
    Add("</ul></li>\n");
  }

  // What a pointer over the photograph is told.
  std::string Hint(const Hit& hit) const {
    std::string hint = fmt::format("score {:.4f}", hit.score);
    for (size_t i = 0; i < page_.columns.size(); ++i) {
      const std::string value = ValueText(hit.item.values[i]);
      if (value.empty()) continue;
      hint += fmt::format("&#10;{}: {}", EscapeHtml(page_.columns[i].name), EscapeHtml(value));
    }
    return hint;
  }

  void WriteShares(const Hit& hit) {
    double total = 0;
    for (const NotionPart& part : hit.parts) total += std::abs(part.share);
    Add("<div class=\"shares\">");
    for (size_t c = 0; c < hit.parts.size(); ++c) {
      const double share = hit.parts[c].share;
      if (share == 0 || !(total > 0)) continue;
      Add("<i{} style=\"--c:{};width:{:.2f}%\" title=\"{}: {:.4f} of the score\"></i>",
          share < 0 ? " class=\"unlike\"" : "", NotionColour(c), 100 * std::abs(share) / total,
          EscapeHtml(page_.notions[c].name), share);
    }
    Add("</div>");
  }

  void WritePart(const QueryPage::Row& row, const Hit& hit, size_t c) {
    const double distance = hit.parts[c].distance;
    const std::string label =
        columns_[c] ? ValueText(hit.item.values[*columns_[c]]) : page_.notions[c].name;
    const std::string value = label.empty() ? "&ndash;" : EscapeHtml(label);
    Add("<li{} title=\"{}: {}, distance {:.3f}\"><div><span class=\"value{}\">{}</span>"
        "<span class=\"number\">{:.2f}</span></div>"
        "<span class=\"bar\" style=\"--c:{}\"><i style=\"width:{:.1f}%\"></i></span></li>",
        row.weights[c] != 0 ? " class=\"counts\"" : "", EscapeHtml(page_.notions[c].name), value,
        distance, IsLikeQuery(hit, c) ? " same" : "", value, distance, NotionColour(c),
        100 * std::min(distance / kFullBar, 1.0));
  }

  // By its label: the same, or for a number within the notion's `near`.
  bool IsLikeQuery(const Hit& hit, size_t c) const {
    if (!page_.item || !columns_[c]) return false;
    const Value& mine = page_.item->values[*columns_[c]];
    const Value& other = hit.item.values[*columns_[c]];
    const double *a = std::get_if<double>(&mine), *b = std::get_if<double>(&other);
    if (page_.notions[c].kind == NotionKind::kNumeric) {
      return a != nullptr && b != nullptr && std::abs(*a - *b) <= page_.notions[c].near;
    }
    return !std::holds_alternative<std::monostate>(mine) && mine == other;
  }

  const QueryPage& page_;
  std::vector<std::optional<size_t>> columns_;  // [C], where labels stand
  std::string html_;
};

}  // namespace

std::string FormatQueryPage(const QueryPage& page) { return PageWriter(page).Write(); }

}  // namespace csn
