#include "query/query_json.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"

namespace csn {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kQueryVersion = 1;
constexpr size_t kMaxKeys = 4096;   // of an object
constexpr size_t kShownValue = 40;  // characters of a value in a message

// "line 2, column 7" of a byte position from 1 on.
std::string LineAndColumn(std::string_view text, size_t position) {
  const std::string_view before = text.substr(0, position == 0 ? 0 : position - 1);
  const size_t line = static_cast<size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const size_t begin = before.rfind('\n') + 1;  // 0 where there is none
  return fmt::format("line {}, column {}", line, before.size() - begin + 1);
}

// From a value to one in it: a key, or a position.
using Step = std::variant<std::string, size_t>;

// A step of a JSON pointer (RFC 6901).
std::string StepText(const Step& step) {
  if (const auto* index = std::get_if<size_t>(&step)) return fmt::format("/{}", *index);
  std::string text = "/";
  for (const char c : std::get<std::string>(step)) {
    text += c == '~' ? "~0" : (c == '/' ? "~1" : std::string(1, c));
  }
  return EscapeForTerminal(text);
}

// Refuses what is nested too deep and keys that an object has twice, which the library lets pass;
// knows where the parser is.
class Watcher {
 public:
  void operator()(Json::parse_event_t event, const Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
        Open({.step = std::string()});
        break;
      case Json::parse_event_t::array_start:
        Open({.step = size_t{0}});
        break;
      case Json::parse_event_t::key:
        AddKey(parsed.get_ref<const std::string&>());
        break;
      case Json::parse_event_t::object_end:
      case Json::parse_event_t::array_end:
        levels_.pop_back();
        FinishValue();
        break;
      case Json::parse_event_t::value:
        FinishValue();
        break;
    }
  }

  // Where the value stands that is being read.
  std::string Place() const { return PlaceOf(levels_.size()); }

 private:
  // An object or array that has not ended, and where in it the parser is.
  struct Level {
    Step step;
    std::set<std::string> keys = {};
  };

  void Open(Level level) {
    if (levels_.size() >= kMaxQueryDepth) {
      Fail(ErrorCode::kInvalidArgument, "query, {}: more than {} levels within each other", Place(),
           kMaxQueryDepth);
    }
    levels_.push_back(std::move(level));
  }

  void AddKey(const std::string& key) {
    Level& level = levels_.back();
    const auto place = [&] { return PlaceOf(levels_.size() - 1); };
    if (!level.keys.insert(key).second) {
      Fail(ErrorCode::kInvalidArgument, "query, {}: key '{}' is there twice", place(),
           EscapeForTerminal(key));
    }
    if (level.keys.size() > kMaxKeys) {
      Fail(ErrorCode::kInvalidArgument, "query, {}: an object of more than {} keys", place(),
           kMaxKeys);
    }
    level.step = key;
  }

  void FinishValue() {
    if (levels_.empty()) return;
    if (auto* index = std::get_if<size_t>(&levels_.back().step)) ++*index;
  }

  // The steps of the first `count` levels.
  std::string PlaceOf(size_t count) const {
    std::string place;
    for (size_t i = 0; i < count; ++i) place += StepText(levels_[i].step);
    return place.empty() ? "/" : place;
  }

  std::vector<Level> levels_;
};

Json ParseJson(std::string_view text) {
  Require(text.size() <= kMaxQueryBytes, "query: expected at most {} bytes, got {}", kMaxQueryBytes,
          text.size());
  Watcher watcher;
  const auto watch = [&](int, Json::parse_event_t event, const Json& parsed) {
    watcher(event, parsed);
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), watch);
  } catch (const Json::parse_error& error) {
    const std::string what = error.what();
    const size_t colon = what.find(": ");  // behind the place, which we have already
    Fail(ErrorCode::kInvalidArgument, "query, {}: {}", LineAndColumn(text, error.byte),
         EscapeForTerminal(colon == std::string::npos ? what : what.substr(colon + 2)));
  } catch (const Json::out_of_range& error) {
    Fail(ErrorCode::kInvalidArgument, "query, {}: a number is beyond what a double holds: {}",
         watcher.Place(), EscapeForTerminal(error.what()));
  }
}

// A value and where it stands: a key or position in its parent, which must outlive it.
class Node {
 public:
  explicit Node(const Json& root) : json_(root) {}
  Node(const Json& json, const Node& parent, std::string key)
      : json_(json), parent_(&parent), step_(std::move(key)) {}
  Node(const Json& json, const Node& parent, size_t index)
      : json_(json), parent_(&parent), step_(index) {}
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const Json& json() const { return json_; }

  [[noreturn]] void FailAs(std::string_view expected) const {
    const std::string shown = json_.dump(-1, ' ', false, Json::error_handler_t::replace);
    Fail(ErrorCode::kInvalidArgument, "query, {}: expected {}, got {}", Place(), expected,
         CutForDisplay(EscapeForTerminal(shown), kShownValue));
  }

  std::string Text() const {
    if (!json_.is_string()) FailAs("a text");
    return json_.get<std::string>();
  }
  bool Bool() const {
    if (!json_.is_boolean()) FailAs("true or false");
    return json_.get<bool>();
  }
  double Number() const {
    if (!json_.is_number()) FailAs("a number");
    return json_.get<double>();
  }
  size_t Count(size_t most) const {
    const auto expected = [&] { return fmt::format("a whole number from 1 to {}", most); };
    if (!json_.is_number_unsigned()) FailAs(expected());
    const auto count = json_.get<uint64_t>();
    if (count < 1 || count > most) FailAs(expected());
    return static_cast<size_t>(count);
  }
  // Of an array, visits the elements; anything else itself.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    if (!json_.is_array()) {
      visit(*this);
      return;
    }
    for (size_t i = 0; i < json_.size(); ++i) visit(Node(json_[i], *this, i));
  }
  // Visits the values of an object with their keys.
  template <typename Visit>
  void ForEachKey(const Visit& visit) const {
    for (const auto& [key, value] : json_.items()) visit(key, Node(value, *this, key));
  }

  // Reads an object: each of its keys by the reader of that name.
  using Readers = std::map<std::string, std::function<void(const Node&)>>;
  void ReadObject(const Readers& readers) const {
    if (!json_.is_object()) FailAs("an object");
    ForEachKey([&](const std::string& key, const Node& value) {
      const auto reader = readers.find(key);
      if (reader == readers.end()) FailUnknown(key, readers);
      reader->second(value);
    });
  }

 private:
  // A JSON pointer (RFC 6901); "/" for the whole.
  std::string Place() const { return parent_ == nullptr ? "/" : Pointer(); }
  std::string Pointer() const {
    return parent_ == nullptr ? "" : parent_->Pointer() + StepText(step_);
  }

  [[noreturn]] void FailUnknown(const std::string& key, const Readers& readers) const {
    std::vector<std::string> names;
    for (const auto& [name, reader] : readers) names.push_back(name);
    Fail(ErrorCode::kInvalidArgument, "query, {}: unknown key '{}'{}", Place(),
         EscapeForTerminal(key), DidYouMean(NearestNames(key, names)));
  }

  const Json& json_;
  const Node* const parent_ = nullptr;
  const Step step_ = {};
};

std::vector<float> ReadVector(const Node& node) {
  if (!node.json().is_array()) node.FailAs("an array of numbers");
  std::vector<float> vector;
  node.ForEach([&](const Node& value) {
    vector.push_back(static_cast<float>(value.Number()));
    if (!std::isfinite(vector.back())) value.FailAs("a number that a float holds");
  });
  return vector;
}

Query::Example ReadExample(const Node& node) {
  if (node.json().is_string()) return node.Text();
  std::optional<Query::Example> example;
  const auto once = [&](const Node& at) {
    if (example) at.FailAs("one of sku, image and vector alone");
  };
  node.ReadObject({{"sku",
                    [&](const Node& at) {
                      once(at);
                      example = at.Text();
                    }},
                   {"image",
                    [&](const Node& at) {
                      once(at);
                      example = Query::Photograph{at.Text()};
                    }},
                   {"vector", [&](const Node& at) {
                      once(at);
                      example = ReadVector(at);
                    }}});
  if (!example) node.FailAs("one of sku, image and vector");
  return *std::move(example);
}

std::vector<Query::Example> ReadExamples(const Node& node) {
  std::vector<Query::Example> examples;
  node.ForEach([&](const Node& example) { examples.push_back(ReadExample(example)); });
  return examples;
}

std::vector<Query::WeightedNotion> ReadNotions(const Node& node) {
  if (node.json().is_string()) return ParseNotionWeights(node.Text());
  if (!node.json().is_object()) node.FailAs("an object of weights, or a text NAME[=W][,...]");
  std::vector<Query::WeightedNotion> notions;
  node.ForEachKey([&](const std::string& name, const Node& weight) {
    notions.push_back({name, weight.Number()});
  });
  return notions;
}

Query::Limit ReadLimit(const Node& node) {
  if (node.json().is_string()) return ParseLimit(node.Text());
  Query::Limit limit;
  int distances = 0;
  const auto distance = [&](Query::Limit::Kind kind) {
    return [&limit, &distances, kind](const Node& at) {
      limit.kind = kind;
      limit.distance = at.Number();
      ++distances;
    };
  };
  node.ReadObject({{"notion", [&](const Node& at) { limit.notion = at.Text(); }},
                   {"below", distance(Query::Limit::Kind::kBelow)},
                   {"at_most", distance(Query::Limit::Kind::kAtMost)},
                   {"above", distance(Query::Limit::Kind::kAbove)},
                   {"at_least", distance(Query::Limit::Kind::kAtLeast)}});
  if (limit.notion.empty() || distances != 1) {
    node.FailAs("notion and one of below, at_most, above and at_least");
  }
  return limit;
}

Query::Diversity ReadDiversity(const Node& node) {
  Query::Diversity diversity;
  if (node.json().is_number()) {
    diversity.lambda = node.Number();
    return diversity;
  }
  node.ReadObject({{"lambda", [&](const Node& at) { diversity.lambda = at.Number(); }},
                   {"pool", [&](const Node& at) { diversity.pool = at.Count(kMaxPool); }}});
  return diversity;
}

const char* LimitKey(Query::Limit::Kind kind) {
  switch (kind) {
    case Query::Limit::Kind::kBelow:
      return "below";
    case Query::Limit::Kind::kAtMost:
      return "at_most";
    case Query::Limit::Kind::kAbove:
      return "above";
    case Query::Limit::Kind::kAtLeast:
      return "at_least";
  }
  Fail(ErrorCode::kInvalidArgument, "limit: unknown kind {}", static_cast<int>(kind));
}

Json ExamplesToJson(const std::vector<Query::Example>& examples) {
  Json array = Json::array();
  for (const Query::Example& example : examples) {
    if (const auto* sku = std::get_if<std::string>(&example)) array.push_back({{"sku", *sku}});
    if (const auto* image = std::get_if<Query::Photograph>(&example)) {
      array.push_back({{"image", image->path}});
    }
    if (const auto* vector = std::get_if<std::vector<float>>(&example)) {
      array.push_back({{"vector", *vector}});
    }
  }
  return array;
}

}  // namespace

Query ParseQuery(std::string_view text, const Query& defaults) {
  const Json json = ParseJson(text);
  Query query = defaults;
  Node(json).ReadObject(
      {{"version",
        [](const Node& at) {
          if (at.Count(kQueryVersion) != kQueryVersion) at.FailAs("1");
        }},
       {"like", [&](const Node& at) { query.liked = ReadExamples(at); }},
       {"unlike", [&](const Node& at) { query.unliked = ReadExamples(at); }},
       {"beta", [&](const Node& at) { query.beta = at.Number(); }},
       {"notions", [&](const Node& at) { query.notions = ReadNotions(at); }},
       {"raw", [&](const Node& at) { query.raw = at.Bool(); }},
       {"require",
        [&](const Node& at) {
          query.require.clear();
          at.ForEach([&](const Node& limit) { query.require.push_back(ReadLimit(limit)); });
        }},
       {"where", [&](const Node& at) { query.where = at.Text(); }},
       {"max_distance", [&](const Node& at) { query.max_distance = at.Number(); }},
       {"group_by", [&](const Node& at) { query.group_by = at.Text(); }},
       {"diversity", [&](const Node& at) { query.diversity = ReadDiversity(at); }},
       {"k", [&](const Node& at) { query.k = at.Count(kMaxHits); }},
       {"exact", [&](const Node& at) { query.exact = at.Bool(); }},
       {"ef", [&](const Node& at) { query.ef = static_cast<int>(at.Count(kMaxEf)); }},
       {"nprobe", [&](const Node& at) { query.nprobe = static_cast<int>(at.Count(kMaxNprobe)); }},
       {"pages", [&](const Node& at) { query.pages = at.Bool(); }},
       {"cursor", [&](const Node& at) { query.cursor = at.Text(); }},
       {"items", [&](const Node& at) { query.items = at.Bool(); }},
       {"fields",
        [&](const Node& at) {
          query.fields.emplace();
          at.ForEach([&](const Node& field) { query.fields->push_back(field.Text()); });
        }},
       {"vectors", [&](const Node& at) { query.vectors = at.Bool(); }},
       {"explain", [&](const Node& at) { query.explain = at.Bool(); }},
       {"explain_plan", [&](const Node& at) { query.explain_plan = at.Bool(); }}});
  return query;
}

std::string FormatQuery(const Query& query) {
  Json notions = Json::object();
  for (const Query::WeightedNotion& notion : query.notions) notions[notion.name] = notion.weight;
  Json json = {{"version", kQueryVersion},
               {"like", ExamplesToJson(query.liked)},
               {"unlike", ExamplesToJson(query.unliked)},
               {"beta", query.beta},
               {"notions", notions},
               {"raw", query.raw}};
  Json& require = json["require"] = Json::array();
  for (const Query::Limit& limit : query.require) {
    require.push_back({{"notion", limit.notion}, {LimitKey(limit.kind), limit.distance}});
  }
  json["where"] = query.where;
  if (query.max_distance) json["max_distance"] = *query.max_distance;
  json["group_by"] = query.group_by;
  if (query.diversity) {
    json["diversity"] = {{"lambda", query.diversity->lambda}, {"pool", query.diversity->pool}};
  }
  json["k"] = query.k;
  json["exact"] = query.exact;
  if (query.ef > 0) json["ef"] = query.ef;
  if (query.nprobe > 0) json["nprobe"] = query.nprobe;
  json["pages"] = query.pages;
  json["cursor"] = query.cursor;
  json["items"] = query.items;
  if (query.fields) json["fields"] = *query.fields;
  json["vectors"] = query.vectors;
  json["explain"] = query.explain;
  json["explain_plan"] = query.explain_plan;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace csn
