// Measures a model on the items of a catalogue that it has not seen.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "base/thread_pool.h"
#include "embedder/embedder.h"
#include "embedder/triplet_source.h"
#include "indexer/photograph_stream.h"
#include "indexer/training_set.h"
#include "query/evaluation.h"
#include "tools/cli.h"
#include "tools/table.h"

namespace csn::cli {
namespace {

using Json = nlohmann::ordered_json;
using Arguments = std::vector<std::string>;

constexpr size_t kBatch = 128;

const Page kPage = {
    .usage = "csn_eval --model MODEL --catalogue FILE [options]",
    .about =
        "Embeds the items whose photographs the model was neither trained nor validated on, and\n"
        "measures precision@k for each notion: the share of an item's k nearest that are close to\n"
        "it in that notion (the same value, or a difference within the notion's `near`). `masked`\n"
        "ranks by the notion's own distance, `unmasked` by the whole embedding, `chance` is what "
        "a\n"
        "random order gives. (1-masked)/(1-chance), in JSON error_ratio, is how much of chance's\n"
        "error is left; masked-unmasked, in JSON gain, is what the mask is good for.",
    .examples =
        "  csn_eval --model shoes.csn --catalogue shoes/catalogue.csv\n"
        "      a table on a terminal\n"
        "  csn_eval --model shoes.csn --catalogue shoes/catalogue.csv --k 1 --format json\n"
        "      the nearest alone, as one JSON object\n"
        "  csn_eval --model shoes.csn --catalogue others/catalogue.csv\n"
        "      on another catalogue with the same columns\n"};

// A notion of the model whose column the catalogue has.
struct Measured {
  NotionId notion = 0;
  size_t column = 0;
  PrecisionReport precision{};
};

// The items the model has not seen.
struct TestSet {
  StreamCounts counts;
  size_t size = 0;
  std::vector<float> embeddings;           // [size, d]
  std::vector<std::vector<Value>> labels;  // a measured notion's values

  MatrixView View(size_t dim) const { return {embeddings.data(), size, dim}; }
};

std::vector<Measured> MeasurableNotions(const Model& model, const Catalogue& catalogue,
                                        ProgressPrinter& progress) {
  std::vector<Measured> measured;
  for (NotionId id = 0; id < model.notions.size(); ++id) {
    const Notion& notion = model.notions[id];
    const std::optional<size_t> column = catalogue.FindColumn(notion.column);
    if (!column) {
      progress.Warn(fmt::format("notion {}: left out, {} has no column {}", notion.name,
                                catalogue.path(), notion.column));
      continue;
    }
    CheckNotionColumn(notion.name, notion.kind, catalogue.columns()[*column]);
    measured.push_back({.notion = id, .column = *column});
  }
  Require(!measured.empty(), "catalogue {}: has none of the columns of the model's notions",
          catalogue.path());
  return measured;
}

// Embeds what the model has not seen, a batch at a time while others are being decoded.
class TestCollector {
 public:
  TestCollector(const Model& model, int threads, const std::vector<Measured>& measured)
      : model_(model), embedder_(Embedder::Make(model, threads)), measured_(measured) {
    set_.labels.resize(measured.size());
  }

  void Add(PreparedPhotograph&& photograph) {
    if (model_.HasSeen(photograph.hash)) return;
    for (size_t i = 0; i < measured_.size(); ++i) {
      set_.labels[i].push_back(std::move(photograph.item.values[measured_[i].column]));
    }
    rgb_.insert(rgb_.end(), photograph.rgb.begin(), photograph.rgb.end());
    if (++waiting_ == kBatch) Flush();
  }

  TestSet Finish(StreamCounts counts) {
    Flush();
    set_.counts = std::move(counts);
    return std::move(set_);
  }

 private:
  void Flush() {
    const Matrix embeddings = embedder_->Embed(rgb_, waiting_);
    set_.embeddings.insert(set_.embeddings.end(), embeddings.data(),
                           embeddings.data() + waiting_ * model_.dim());
    set_.size += waiting_;
    waiting_ = 0;
    rgb_.clear();
  }

  const Model& model_;
  const std::unique_ptr<Embedder> embedder_;
  const std::vector<Measured>& measured_;
  TestSet set_;
  std::vector<uint8_t> rgb_;
  size_t waiting_ = 0;
};

TestSet CollectTestSet(const Model& model, const Catalogue& catalogue,
                       const std::vector<Measured>& measured, int threads, RejectFile& rejects,
                       const ProgressSink& progress) {
  TestCollector collector(model, threads, measured);
  StreamCounts counts = StreamPhotographs(
      catalogue, {.preprocessing = model.preprocessing, .threads = threads}, rejects,
      [&](PreparedPhotograph&& photograph) { collector.Add(std::move(photograph)); }, progress,
      &Stop());
  rejects.Commit();
  TestSet set = collector.Finish(std::move(counts));
  if (set.size < 2) {
    Fail(ErrorCode::kFailed,
         "catalogue {}: {} of {} accepted items are new to the model, at least 2 are needed",
         catalogue.path(), set.size, set.counts.accepted);
  }
  return set;
}

void Measure(const Model& model, const TestSet& set, size_t k, int threads,
             const ProgressSink& progress, std::vector<Measured>& measured) {
  std::vector<Notion> notions;
  for (const Measured& one : measured) notions.push_back(model.notions[one.notion]);
  const LabelTable labels(notions, set.labels);
  for (NotionId i = 0; i < measured.size(); ++i) {
    ProgressSink tell;
    if (progress) {
      tell = [&](Progress report) {
        report.stage = "measuring " + notions[i].name;
        progress(report);
      };
    }
    std::vector<uint8_t> known(set.size);
    for (uint32_t row = 0; row < set.size; ++row) known[row] = labels.Known(i, row) ? 1 : 0;
    measured[i].precision = PrecisionAtK(
        model.masks, measured[i].notion, set.View(model.dim()), known,
        [&](uint32_t a, uint32_t b) { return labels.Close(i, a, b); }, k, threads, tell, &Stop());
  }
}

// Share of chance's error that is left; 1 where chance makes none.
double ErrorRatio(const PrecisionReport& precision) {
  return precision.chance < 1 ? (1 - precision.masked) / (1 - precision.chance) : 1;
}

std::string ReportTable(const Model& model, const std::vector<Measured>& measured) {
  std::vector<Arguments> rows = {{"notion", "queries", "chance", "unmasked", "masked",
                                  "(1-masked)/(1-chance)", "masked-unmasked"}};
  for (const Measured& one : measured) {
    const PrecisionReport& precision = one.precision;
    rows.push_back(
        {model.notions[one.notion].name, Grouped(precision.queries),
         fmt::format("{:.3f}", precision.chance), fmt::format("{:.3f}", precision.unmasked),
         fmt::format("{:.3f}", precision.masked), fmt::format("{:.3f}", ErrorRatio(precision)),
         fmt::format("{:+.3f}", precision.masked - precision.unmasked)});
  }
  return FormatTable(rows);
}

Json ReportJson(const Model& model, const TestSet& set, size_t k,
                const std::vector<Measured>& measured) {
  Json notions = Json::object();
  for (const Measured& one : measured) {
    const PrecisionReport& precision = one.precision;
    notions[model.notions[one.notion].name] = {
        {"queries", precision.queries},         {"chance", precision.chance},
        {"unmasked", precision.unmasked},       {"masked", precision.masked},
        {"error_ratio", ErrorRatio(precision)}, {"gain", precision.masked - precision.unmasked}};
  }
  return {{"model_id", model.id},
          {"catalogue_rows", set.counts.rows},
          {"rejected", set.counts.rejected},
          {"test_items", set.size},
          {"k", k},
          {"precision_at_k", notions}};
}

int Run(const Arguments& arguments) {
  po::options_description options, input("Input"), choice("What to measure"), show("Output"),
      speed("Speed only");
  po::variables_map values;
  AddCatalogueOptions(input, "nowhere");
  input.add_options()("model", po::value<std::string>()->required()->value_name("MODEL"),
                      "model file of csn_train");
  choice.add_options()("k", po::value<int64_t>()->default_value(10)->value_name("N"),
                       "neighbours looked at");
  AddThreadsOption(speed);
  AddFormatOption(show);
  AddProgressOption(show);
  options.add(input).add(choice).add(speed).add(show);
  if (!ParseOptions(arguments, kPage, options, values)) return 0;
  RestartWithShortSpins();
  const auto k = static_cast<size_t>(IntegerOption(values, "k", 1, 100'000));
  const bool table = WantsTable(values);
  const int threads = ThreadsOption(values) == 0 ? DefaultThreads() : ThreadsOption(values);
  const Model model = LoadModel(values["model"].as<std::string>());
  const Catalogue catalogue = OpenCatalogue(values["catalogue"].as<std::string>(), values);
  RejectFile rejects(RejectPath(values, ""));
  std::vector<Measured> measured;
  TestSet set;
  {
    ProgressPrinter progress(values);
    measured = MeasurableNotions(model, catalogue, progress);
    set = CollectTestSet(model, catalogue, measured, threads, rejects, progress.sink());
    Measure(model, set, k, threads, progress.sink(), measured);
  }
  ProgressPrinter(values).Line(fmt::format("precision@{} on {} items that model {} has not seen", k,
                                           Grouped(set.size), model.id.substr(0, 12)));
  if (table) {
    Print(ReportTable(model, measured));
  } else {
    PrintJson(ReportJson(model, set, k, measured));
  }
  return FinishRejects(values, set.counts, rejects.path());
}

}  // namespace
}  // namespace csn::cli

int main(int argc, char** argv) { return csn::cli::RunMain(argc, argv, csn::cli::Run); }
