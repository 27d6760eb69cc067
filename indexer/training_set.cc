#include "indexer/training_set.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/hash.h"

namespace csn {
namespace {

// A photograph by position: its decoded bytes where they are kept, else where to read them again.
struct StoredPhotograph {
  std::vector<uint8_t> rgb;  // empty: not kept
  std::string path;
  uint64_t hash = 0;  // of the file's bytes
};

class CachedPhotographs : public PhotographSource {
 public:
  CachedPhotographs(const Preprocessing& recipe, const ImageLimits& limits)
      : recipe_(recipe), limits_(limits) {}

  std::vector<StoredPhotograph>& photographs() { return photographs_; }

  void Load(uint32_t item, uint8_t* rgb) const override {
    const StoredPhotograph& photograph = photographs_[item];
    if (!photograph.rgb.empty()) {
      std::memcpy(rgb, photograph.rgb.data(), photograph.rgb.size());
      return;
    }
    const std::vector<uint8_t> bytes = ReadImageFile(photograph.path, limits_);
    // It was accepted, split and noted as seen by these bytes and no others.
    if (Hash64(bytes) != photograph.hash) {
      Fail(ErrorCode::kFailed, "image {}: the file changed since the catalogue was read",
           photograph.path);
    }
    const std::vector<uint8_t> prepared = PrepareImage(bytes, recipe_, limits_);
    std::memcpy(rgb, prepared.data(), prepared.size());
  }

 private:
  const Preprocessing recipe_;
  const ImageLimits limits_;
  std::vector<StoredPhotograph> photographs_;
};

// Which columns the notions and the split read.
struct Sources {
  std::vector<Notion> notions;
  std::vector<size_t> columns;  // one a notion
  std::optional<size_t> group;  // column of the split rule
};

Sources ResolveSources(const Catalogue& catalogue, const TrainingSetOptions& options) {
  Require(!options.notions.empty(), "a training set needs at least one notion");
  Sources sources;
  for (const NotionSpec& spec : options.notions) {
    for (const Notion& other : sources.notions) {
      Require(!SameName(other.name, spec.name), "notion {} is named twice", spec.name);
    }
    const size_t at =
        catalogue.ColumnIndex(spec.column.empty() ? spec.name : spec.column, "notion " + spec.name);
    const Column& column = catalogue.columns()[at];
    CheckNotionColumn(spec.name, spec.kind, column);
    sources.notions.push_back({.name = spec.name, .column = column.name, .kind = spec.kind});
    sources.columns.push_back(at);
  }
  if (!options.split.by.empty()) {
    sources.group = catalogue.ColumnIndex(options.split.by, "--split-by");
  }
  return sources;
}

// Everything that is remembered of the accepted rows while they stream by.
struct Gathered {
  std::vector<std::vector<Value>> labels;  // [C][n]
  std::vector<std::string> groups;         // [n]
  std::vector<uint64_t> hashes;            // [n]
};

// An item without a value in the split's column is a group of its own.
std::string GroupOf(const Sources& sources, const Item& item) {
  if (!sources.group) return item.sku;
  std::string group = ValueText(item.values[*sources.group]);
  return group.empty() ? item.sku : group;
}

StreamCounts Gather(const Catalogue& catalogue, const TrainingSetOptions& options,
                    const Sources& sources, RejectFile& rejects, const ProgressSink& progress,
                    const StopFlag* stop, CachedPhotographs& cache, Gathered& gathered) {
  uint64_t cached_bytes = 0;
  const auto keep = [&](PreparedPhotograph&& row) {
    for (size_t c = 0; c < sources.columns.size(); ++c) {
      gathered.labels[c].push_back(row.item.values[sources.columns[c]]);
    }
    gathered.groups.push_back(GroupOf(sources, row.item));
    gathered.hashes.push_back(row.hash);
    StoredPhotograph& stored = cache.photographs().emplace_back();
    stored.path = catalogue.ImagePath(row.item);
    stored.hash = row.hash;
    // Test photographs are never asked for. (One that a byte-identical photograph moves to another
    // split is read again.)
    const bool wanted = SplitOf(options.split, gathered.groups.back()) != Split::kTest;
    if (wanted && cached_bytes + row.rgb.size() <= options.cache_bytes) {
      cached_bytes += row.rgb.size();
      stored.rgb = std::move(row.rgb);
    }
  };
  return StreamPhotographs(catalogue, options.stream, rejects, keep, progress, stop);
}

// Fills the thresholds of numeric notions from all labels.
void ResolveNotions(const TrainingSetOptions& options, const Gathered& gathered,
                    std::vector<Notion>& notions) {
  for (size_t c = 0; c < notions.size(); ++c) {
    if (notions[c].kind != NotionKind::kNumeric) continue;
    std::vector<double> present;
    for (const Value& value : gathered.labels[c]) {
      if (const double* number = std::get_if<double>(&value)) present.push_back(*number);
    }
    ResolveThresholds(options.notions[c], present, options.split.seed, notions[c]);
  }
}

// The same number of fixed triplets for every notion: the most that all have.
void DrawFixedTriplets(const TrainingSetOptions& options, TrainingSet& set) {
  TrainingData& data = set.data;
  size_t count = static_cast<size_t>(options.fixed_triplets);
  for (NotionId c = 0; c < data.labels.notions().size(); ++c) {
    const std::string& name = data.labels.notions()[c].name;
    const TripletSampler sampler(data.labels, c, data.train);
    Require(sampler.possible(),
            "notion {}: the {} training items hold no triplet (two alike and one unlike)", name,
            data.train.size());
    Rng rng(options.split.seed + Hash64(name));
    data.train_triplets.push_back(sampler.SampleDistinct(count, rng));
    count = std::min(count, data.train_triplets.back().size());
  }
  for (auto& triplets : data.train_triplets) triplets.resize(count);
  set.notes.push_back(fmt::format(
      "{} fixed triplets a notion{}", count,
      count < static_cast<size_t>(options.fixed_triplets) ? ", as many as the rarest allows" : ""));
}

// Items by split; frees what a test item may hold and notes what will have been seen.
void DealOut(const Gathered& gathered, CachedPhotographs& cache, TrainingSet& set) {
  for (uint32_t i = 0; i < set.splits.size(); ++i) {
    std::vector<uint8_t>& rgb = cache.photographs()[i].rgb;
    if (set.splits[i] == Split::kTest) {
      std::vector<uint8_t>().swap(rgb);
      continue;
    }
    (set.splits[i] == Split::kTrain ? set.data.train : set.data.validation).push_back(i);
    set.seen_photographs.push_back(gathered.hashes[i]);
    if (!rgb.empty()) ++set.cached;
  }
  std::vector<uint64_t>& seen = set.seen_photographs;
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
}

}  // namespace

void CheckNotionColumn(const std::string& notion, NotionKind kind, const Column& column) {
  Require(column.type != ColumnType::kList,
          "notion {}: column {} holds lists; a notion needs one value an item", notion,
          column.name);
  Require(kind != NotionKind::kNumeric || column.type == ColumnType::kNumber,
          "notion {}: numeric, but column {} holds {}; --column {}:number rejects the rows that do "
          "not parse",
          notion, column.name, ColumnTypeName(column.type), column.name);
}

uint64_t TrainingSet::Fingerprint() const {
  const auto bytes = [](const auto& values) { return std::as_bytes(std::span(values)); };
  std::string text;
  const auto add = [&](const auto& values) {
    const auto raw = bytes(values);
    text += fmt::format("{:016x}\n", Hash64(std::string_view(
                                         reinterpret_cast<const char*>(raw.data()), raw.size())));
  };
  add(data.train);
  add(data.validation);
  add(seen_photographs);
  for (const auto& triplets : data.train_triplets) add(triplets);
  text += fmt::format("{:016x}\n", data.labels.Fingerprint());
  return Hash64(text);
}

TrainingSet MakeTrainingSet(const Catalogue& catalogue, const TrainingSetOptions& options,
                            RejectFile& rejects, const ProgressSink& progress,
                            const StopFlag* stop) {
  Sources sources = ResolveSources(catalogue, options);
  auto cache =
      std::make_unique<CachedPhotographs>(options.stream.preprocessing, options.stream.limits);
  Gathered gathered;
  gathered.labels.resize(sources.notions.size());
  TrainingSet set;
  set.counts = Gather(catalogue, options, sources, rejects, progress, stop, *cache, gathered);
  if (set.counts.accepted == 0) {
    rejects.Commit();
    Fail(ErrorCode::kFailed, "catalogue {}: none of its {} rows was accepted", catalogue.path(),
         set.counts.rows);
  }
  ResolveNotions(options, gathered, sources.notions);
  set.data.labels = LabelTable(std::move(sources.notions), gathered.labels);
  set.splits = AssignSplits(options.split, gathered.groups, gathered.hashes);
  DealOut(gathered, *cache, set);
  if (options.fixed_triplets > 0) DrawFixedTriplets(options, set);
  set.data.photographs = cache.get();
  set.source = std::move(cache);
  return set;
}

}  // namespace csn
