#include "query/protocol.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "query/internal/table.h"

namespace csn {
namespace {

using Json = nlohmann::ordered_json;

struct ValueToJson {
  Json operator()(std::monostate) const { return nullptr; }
  Json operator()(const std::string& text) const { return text; }
  Json operator()(double number) const { return number; }
  Json operator()(const std::vector<std::string>& parts) const { return parts; }
};

Json HitToJson(const Answer& answer, const Hit& hit) {
  Json notions = Json::object();
  for (size_t i = 0; i < answer.notions.size(); ++i) {
    notions[answer.notions[i]] = {{"distance", hit.parts[i].distance},
                                  {"share", hit.parts[i].share}};
  }
  Json json = {{"rank", hit.rank},
               {"sku", hit.item.sku},
               {"score", hit.score},
               {"notions", std::move(notions)}};
  if (answer.kept_out) json["why"] = hit.why;
  if (!hit.vector.empty()) json["vector"] = hit.vector;
  if (!answer.items) return json;
  Json& item = json["item"] = Json::object();
  if (answer.images) item["image"] = hit.item.image;
  for (size_t i = 0; i < answer.columns.size(); ++i) {
    item[answer.columns[i].name] = std::visit(ValueToJson(), hit.item.values[i]);
  }
  return json;
}

Json KeptOutToJson(const std::vector<KeptOut>& kept_out) {
  Json json = Json::array();
  for (const KeptOut& kept : kept_out) {
    Json& one = json.emplace_back(Json{{"step", StepName(kept.step)},
                                       {"sku", kept.sku},
                                       {"score", kept.score},
                                       {"why", kept.why}});
    if (kept.step != KeptOut::Step::kNext) one["nearer"] = kept.nearer;
  }
  return json;
}

Json PlanReportToJson(const PlanReport& report) {
  Json ways = Json::array();
  for (const PlanReport::Way& way : report.ways) {
    ways.push_back({{"way", way.name}, {"expected_ms", way.expected_ms}, {"taken", way.taken}});
  }
  return {{"ways", std::move(ways)},
          {"seen_ms", report.seen_ms},
          {"rows_by_codes", report.rows_by_codes},
          {"rows_by_floats", report.rows_by_floats},
          {"rows_measured", report.rows_measured}};
}

Json SummaryToJson(const Answer& answer) {
  Json json = {{"plan", PlanName(answer.plan)},
               {"exact", answer.exact},
               {"shortfall", answer.shortfall},
               {"generation", answer.generation}};
  if (answer.qualifying) json["qualifying"] = *answer.qualifying;
  if (!answer.cursor.empty()) json["cursor"] = answer.cursor;
  if (answer.kept_out) json["kept_out"] = KeptOutToJson(*answer.kept_out);
  if (answer.plan_report) json["plan_report"] = PlanReportToJson(*answer.plan_report);
  if (!answer.notes.empty()) json["notes"] = answer.notes;
  return json;
}

// Catalogue text need not be UTF-8; JSON must be.
std::string Dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string FormatJsonl(const Answer& answer) {
  std::string text;
  for (const Hit& hit : answer.hits) text += Dump(HitToJson(answer, hit), -1);
  return text + Dump({{"answer", SummaryToJson(answer)}}, -1);
}

Json HitsToJson(const Answer& answer) {
  Json hits = Json::array();
  for (const Hit& hit : answer.hits) hits.push_back(HitToJson(answer, hit));
  return hits;
}

std::string FormatJson(const Answer& answer) {
  return Dump({{"hits", HitsToJson(answer)}, {"answer", SummaryToJson(answer)}}, 2);
}

std::string FormatCsv(const Answer& answer) {
  std::vector<std::string> fields = {"rank", "sku", "score"};
  for (const std::string& notion : answer.notions) {
    fields.push_back(notion + "_distance");
    fields.push_back(notion + "_share");
  }
  if (answer.items && answer.images) fields.push_back("image");
  for (const Column& column : answer.columns) fields.push_back(column.name);
  const bool vectors = !answer.hits.empty() && !answer.hits.front().vector.empty();
  if (vectors) fields.push_back("vector");
  if (answer.kept_out) fields.push_back("why");
  std::string text = CsvLine(fields);
  for (const Hit& hit : answer.hits) {
    fields = {fmt::format("{}", hit.rank), hit.item.sku, fmt::format("{}", hit.score)};
    for (const NotionPart& part : hit.parts) {
      fields.push_back(fmt::format("{}", part.distance));
      fields.push_back(fmt::format("{}", part.share));
    }
    if (answer.items && answer.images) fields.push_back(hit.item.image);
    for (const Value& value : hit.item.values) fields.push_back(ValueText(value));
    if (vectors) fields.push_back(Json(hit.vector).dump());
    if (answer.kept_out) fields.push_back(hit.why);
    text += CsvLine(fields);
  }
  return text;
}

}  // namespace

Format ParseFormat(std::string_view name) {
  if (name == "table") return Format::kTable;
  if (name == "jsonl") return Format::kJsonl;
  if (name == "json") return Format::kJson;
  if (name == "csv") return Format::kCsv;
  Fail(ErrorCode::kInvalidArgument, "format '{}': expected table, jsonl, json or csv", name);
}

std::string FormatAnswer(const Answer& answer, Format format, size_t width) {
  switch (format) {
    case Format::kTable:
      return FormatTable(answer, width);
    case Format::kJsonl:
      return FormatJsonl(answer);
    case Format::kJson:
      return FormatJson(answer);
    case Format::kCsv:
      return FormatCsv(answer);
  }
  Fail(ErrorCode::kInvalidArgument, "format {}: expected table, jsonl, json or csv",
       static_cast<int>(format));
}

std::string FormatBatchAnswer(uint64_t line, const Answer& answer) {
  return Dump({{"line", line}, {"hits", HitsToJson(answer)}, {"answer", SummaryToJson(answer)}},
              -1);
}

std::string FormatBatchError(uint64_t line, int status, const std::string& message) {
  return Dump({{"line", line}, {"error", {{"status", status}, {"message", message}}}}, -1);
}

}  // namespace csn
