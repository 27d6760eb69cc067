#include "indexer/training_set.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "indexer/triplet_lists.h"

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
  std::vector<size_t> list_rows;           // [n], the rows of TripletLists::images, where there are
};

// The triplets that were given, and what they say of a row of their images.
struct GivenTriplets {
  GivenTriplets(const std::string& folder, const std::vector<Notion>& notions)
      : lists(ReadTripletLists(folder, notions)),
        rows(lists.images),
        trains(Mentioned(lists.train)),
        validates(Mentioned(lists.validation)) {}

  // [images] and one more, for those that are not among them.
  std::vector<bool> Mentioned(const std::vector<std::vector<Triplet>>& of) const {
    std::vector<bool> mentioned(lists.images.size() + 1);
    for (const auto& list : of) {
      for (const Triplet& t : list) {
        for (const uint32_t row : {t.anchor, t.positive, t.negative}) mentioned[row] = true;
      }
    }
    return mentioned;
  }

  const TripletLists lists;
  const ImageRows rows;
  const std::vector<bool> trains, validates;
};

// An item without a value in the split's column is a group of its own.
std::string GroupOf(const Sources& sources, const Item& item) {
  if (!sources.group) return item.sku;
  std::string group = ValueText(item.values[*sources.group]);
  return group.empty() ? item.sku : group;
}

StreamCounts Gather(const Catalogue& catalogue, const TrainingSetOptions& options,
                    const Sources& sources, const std::optional<GivenTriplets>& given,
                    RejectFile& rejects, const ProgressSink& progress, const StopFlag* stop,
                    CachedPhotographs& cache, Gathered& gathered) {
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
    bool wanted = SplitOf(options.split, gathered.groups.back()) != Split::kTest;
    if (given) {
      const size_t at = gathered.list_rows.emplace_back(given->rows.Find(row.item.image));
      wanted = given->trains[at] || given->validates[at];
    }
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

// Values that a single training item has: nothing is close to it.
std::vector<std::string> SingleValues(std::span<const Value> labels,
                                      std::span<const uint32_t> items) {
  std::map<std::string, uint32_t> counts;
  for (const uint32_t item : items) {
    if (const auto* list = std::get_if<std::vector<std::string>>(&labels[item])) {
      for (const std::string& value : *list) ++counts[value];
    } else if (!std::holds_alternative<std::monostate>(labels[item])) {
      ++counts[ValueText(labels[item])];
    }
  }
  std::vector<std::string> single;
  for (const auto& [value, count] : counts) {
    if (count == 1) single.push_back(value);
  }
  return single;
}

// What the training items have to offer each notion.
void DescribeNotions(const Gathered& gathered, TrainingSet& set) {
  constexpr size_t kNamed = 5;
  for (NotionId c = 0; c < set.data.labels.notions().size(); ++c) {
    const Notion& notion = set.data.labels.notions()[c];
    const auto labelled = std::ranges::count_if(
        set.data.train, [&](uint32_t item) { return set.data.labels.Known(c, item); });
    const TripletSampler sampler(set.data.labels, c, set.data.train);
    std::string note = fmt::format(
        "notion {}: {} of {} training items labelled, {} with another like them and one unlike "
        "them",
        notion.name, labelled, set.data.train.size(), sampler.anchor_count());
    if (notion.kind == NotionKind::kCategorical) {
      std::vector<std::string> single = SingleValues(gathered.labels[c], set.data.train);
      const size_t more = single.size() - std::min(single.size(), kNamed);
      single.resize(single.size() - more);
      if (!single.empty()) {
        note += fmt::format("; too rare, one item each: {}{}",
                            EscapeForTerminal(fmt::format("{}", fmt::join(single, ", "))),
                            more > 0 ? fmt::format(" and {} more", more) : "");
      }
    }
    set.notes.push_back(std::move(note));
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

void TakeTriplets(const TrainingSetOptions& options, const GivenTriplets& given,
                  const Gathered& gathered, TrainingSet& set) {
  const std::vector<uint32_t> item_of = ItemsOfRows(gathered.list_rows, given.lists.images.size());
  uint64_t dropped = 0;
  const auto limit = static_cast<size_t>(options.fixed_triplets);
  for (const std::vector<Triplet>& list : given.lists.train) {
    set.data.train_triplets.push_back(
        ItemTriplets(list, item_of, limit, options.split.seed, dropped));
  }
  for (const std::vector<Triplet>& list : given.lists.validation) {
    set.data.validation_triplets.push_back(ItemTriplets(list, item_of, 0, 0, dropped));
  }
  for (NotionId c = 0; c < set.data.labels.notions().size(); ++c) {
    set.notes.push_back(fmt::format("notion {}: {} training and {} validation triplets of {}",
                                    set.data.labels.notions()[c].name,
                                    set.data.train_triplets[c].size(),
                                    set.data.validation_triplets[c].size(), options.triplets));
  }
  if (dropped > 0) {
    set.notes.push_back(
        fmt::format("{} triplets left out: the catalogue has not all of their images", dropped));
  }
}

// Items by what they are for; frees what a test item may hold and notes what will have been seen.
void DealOut(const Gathered& gathered, const std::optional<GivenTriplets>& given,
             CachedPhotographs& cache, TrainingSet& set) {
  for (uint32_t i = 0; i < set.splits.size(); ++i) {
    bool trains = set.splits[i] == Split::kTrain, validates = set.splits[i] == Split::kValidation;
    if (given) {
      trains = given->trains[gathered.list_rows[i]];
      validates = given->validates[gathered.list_rows[i]];
      set.splits[i] = trains ? Split::kTrain : validates ? Split::kValidation : Split::kTest;
    }
    std::vector<uint8_t>& rgb = cache.photographs()[i].rgb;
    if (!trains && !validates) {
      std::vector<uint8_t>().swap(rgb);
      continue;
    }
    if (trains) set.data.train.push_back(i);
    if (validates) set.data.validation.push_back(i);
    set.seen_photographs.push_back(gathered.hashes[i]);
    if (!rgb.empty()) ++set.cached;
  }
  std::vector<uint64_t>& seen = set.seen_photographs;
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
}

}  // namespace

void CheckNotionColumn(const std::string& notion, NotionKind kind, const Column& column) {
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
  for (const auto& triplets : data.validation_triplets) add(triplets);
  text += fmt::format("{:016x}\n", data.labels.Fingerprint());
  return Hash64(text);
}

TrainingSet MakeTrainingSet(const Catalogue& catalogue, const TrainingSetOptions& options,
                            RejectFile& rejects, const ProgressSink& progress,
                            const StopFlag* stop) {
  Sources sources = ResolveSources(catalogue, options);
  std::optional<GivenTriplets> given;
  if (!options.triplets.empty()) given.emplace(options.triplets, sources.notions);
  auto cache =
      std::make_unique<CachedPhotographs>(options.stream.preprocessing, options.stream.limits);
  Gathered gathered;
  gathered.labels.resize(sources.notions.size());
  TrainingSet set;
  set.counts =
      Gather(catalogue, options, sources, given, rejects, progress, stop, *cache, gathered);
  if (set.counts.accepted == 0) {
    rejects.Commit();
    Fail(ErrorCode::kFailed, "catalogue {}: none of its {} rows was accepted", catalogue.path(),
         set.counts.rows);
  }
  ResolveNotions(options, gathered, sources.notions);
  set.data.labels = LabelTable(std::move(sources.notions), gathered.labels);
  set.splits = AssignSplits(options.split, gathered.groups, gathered.hashes);
  DealOut(gathered, given, *cache, set);
  if (given) {
    TakeTriplets(options, *given, gathered, set);
  } else {
    DescribeNotions(gathered, set);
    if (options.fixed_triplets > 0) DrawFixedTriplets(options, set);
  }
  set.data.photographs = cache.get();
  set.source = std::move(cache);
  return set;
}

}  // namespace csn
