#include "tools/report/query_report.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/image.h"
#include "base/thread_pool.h"
#include "tools/report/html.h"

namespace csn {
namespace {

// Twice what they take on the page, for dense screens.
constexpr int kHitSide = 260;
constexpr int kSubjectSide = 420;

struct Photograph {
  std::string data_uri;
  std::string fault;  // why there is none
};

Photograph LoadPhotograph(const std::string& path, int side) {
  try {
    return {.data_uri = JpegDataUri(ReduceImage(ReadImageFile(path), side)), .fault = ""};
  } catch (const Error& error) {
    const std::string what = error.what();
    return {.data_uri = "",
            .fault = what.find(path) == std::string::npos ? path + ": " + what : what};
  }
}

// One row of the page: an answer under some weights.
QueryPage::Row MakeRow(const QueryEngine& engine, const Query& query, bool asked) {
  const std::vector<Notion>& notions = engine.generation().manifest().notions;
  QueryPage::Row row{.weights = std::vector<double>(notions.size(), 0.0),
                     .asked = asked,
                     .answer = engine.Search(query),
                     .photographs = {}};
  for (const Query::WeightedNotion& notion : query.notions) {
    row.weights[FindNotion(notions, notion.name)] = notion.weight;
  }
  return row;
}

// As asked; then every notion alone, those asked for first.
std::vector<QueryPage::Row> MakeRows(const QueryEngine& engine, const Query& query) {
  std::vector<QueryPage::Row> rows = {MakeRow(engine, query, true)};
  const std::vector<Notion>& notions = engine.generation().manifest().notions;
  const std::vector<double> asked = rows.front().weights;
  const auto counting = std::ranges::count_if(asked, [](double weight) { return weight != 0; });
  for (const bool wanted : {true, false}) {
    for (size_t c = 0; c < notions.size(); ++c) {
      if ((asked[c] != 0) != wanted || (wanted && counting == 1)) continue;
      Query alone = query;
      alone.notions = {{.name = notions[c].name, .weight = 1}};
      rows.push_back(MakeRow(engine, alone, false));
    }
  }
  return rows;
}

// Every hit's photograph, each file read once.
void AddPhotographs(const QueryReportOptions& options, QueryReport& report) {
  const auto path_of = [&](const Hit& hit) {
    return (std::filesystem::path(options.photographs) / hit.item.image).string();
  };
  std::map<std::string, Photograph> photographs;
  for (const QueryPage::Row& row : report.page.rows) {
    for (const Hit& hit : row.answer.hits) photographs[path_of(hit)];
  }
  std::vector<std::pair<const std::string, Photograph>*> work;
  for (auto& entry : photographs) work.push_back(&entry);
  ParallelFor(work.size(), DefaultThreads(),
              [&](size_t i) { work[i]->second = LoadPhotograph(work[i]->first, kHitSide); });
  for (QueryPage::Row& row : report.page.rows) {
    for (const Hit& hit : row.answer.hits) {
      row.photographs.push_back(photographs[path_of(hit)].data_uri);
    }
  }
  for (const auto& [path, photograph] : photographs) {
    ++(photograph.fault.empty() ? report.shown : report.missing);
    if (report.first_missing.empty()) report.first_missing = photograph.fault;
  }
}

// What was asked for, where it is an item of the index.
void AddItem(const QueryEngine& engine, const std::string& sku, const QueryReportOptions& options,
             QueryPage& page) {
  const MetadataStore& metadata = engine.generation().metadata();
  const std::array<uint32_t, 1> row = {metadata.RowOf(sku).value()};
  page.item = std::move(metadata.GetMany(row).front());
  page.photograph =
      LoadPhotograph((std::filesystem::path(options.photographs) / page.item->image).string(),
                     kSubjectSide)
          .data_uri;
}

}  // namespace

QueryReport MakeQueryReport(const QueryEngine& engine, Query query,
                            const QueryReportOptions& options) {
  const Manifest& manifest = engine.generation().manifest();
  if (query.notions.empty()) {
    for (const Notion& notion : manifest.notions) query.notions.push_back({.name = notion.name});
  }
  QueryReport report;
  QueryPage& page = report.page;
  page.rows = MakeRows(engine, query);
  page.title = options.title;
  page.command = options.command;
  page.made_by = options.made_by;
  page.model_id = manifest.model_id;
  page.notions = manifest.notions;
  page.columns = manifest.columns;
  AddPhotographs(options, report);
  const std::string* sku = std::get_if<std::string>(&query.liked.front());
  if (query.liked.size() + query.unliked.size() > 1) {
    page.kind = "examples";
  } else if (sku != nullptr) {
    page.kind = "item";
    AddItem(engine, *sku, options, page);
  } else if (!options.image.empty()) {
    page.kind = "photograph";
    page.photograph = LoadPhotograph(options.image, kSubjectSide).data_uri;
  } else {
    page.kind = "vector";
  }
  return report;
}

}  // namespace csn
