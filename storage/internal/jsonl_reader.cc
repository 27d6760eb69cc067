#include "storage/internal/jsonl_reader.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "storage/internal/text_check.h"

namespace csn {
namespace {

using Json = nlohmann::json;

using Member = JsonMember;
using Kind = JsonMember::Kind;

// Collects one flat object as its text is read, without building a tree of what would be refused
// anyway.
class MemberCollector : public nlohmann::json_sax<Json> {
 public:
  std::vector<Member>& members() { return members_; }
  // Empty where nothing was wrong.
  const std::string& problem() const { return problem_; }

  bool null() override { return Put(Kind::kNull, {}); }
  bool boolean(bool value) override { return Put(Kind::kBool, value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override {
    return Put(Kind::kWholeNumber, std::to_string(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return Put(Kind::kWholeNumber, std::to_string(value));
  }
  bool number_float(number_float_t, const string_t& text) override {
    // A whole number beyond 64 bits comes this way too.
    const bool whole = text.find_first_not_of("-0123456789") == std::string::npos;
    return Put(whole ? Kind::kWholeNumber : Kind::kNumber, text);
  }
  bool string(string_t& text) override {
    if (text.find('\0') != std::string::npos) return Refuse("a NUL character");
    return Put(Kind::kText, std::move(text));
  }
  bool binary(binary_t&) override { return Refuse("binary data"); }

  bool start_object(std::size_t) override {
    if (depth_ > 0) return Refuse("a nested object");
    ++depth_;
    return true;
  }
  bool key(string_t& name) override {
    members_.push_back({.key = std::move(name), .kind = Kind::kNull, .value = {}});
    const std::string& key = members_.back().key;
    if (key.empty()) problem_ = "a key without a name";
    if (key.find('\0') != std::string::npos) problem_ = "a key with a NUL character";
    return problem_.empty();
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override {
    if (depth_ == 0) return NotAnObject();
    if (depth_ == 2) return Refuse("an array within an array");
    ++depth_;
    members_.back().kind = Kind::kArray;
    members_.back().value = std::vector<std::string>();
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    // The library's text begins with its own code and a position in the line; the rest says what
    // was expected.
    std::string_view text = error.what();
    const size_t cut = text.find(": ");
    if (cut != std::string_view::npos) text.remove_prefix(cut + 2);
    problem_ = fmt::format("malformed JSON at byte {}: {}", position, Printable(text));
    return false;
  }

 private:
  bool Put(Kind kind, std::string text) {
    if (depth_ == 0) return NotAnObject();
    Member& member = members_.back();
    if (depth_ == 2) {
      if (kind == Kind::kNull || kind == Kind::kBool) {
        return Refuse("an array of other things than texts and numbers");
      }
      std::get<std::vector<std::string>>(member.value).push_back(std::move(text));
      return true;
    }
    member.kind = kind;
    if (kind != Kind::kNull) member.value = std::move(text);
    return true;
  }
  bool NotAnObject() {
    problem_ = "the line is not a JSON object";
    return false;
  }
  bool Refuse(std::string_view what) {
    problem_ = depth_ == 0 ? "the line is not a JSON object"
                           : fmt::format("key {} holds {}", Quoted(members_.back().key), what);
    return false;
  }

  int depth_ = 0;  // 0 outside, 1 in the object, 2 in an array of it
  std::vector<Member> members_;
  std::string problem_;
};

bool IsOwnKey(const std::string& key) { return key == "sku" || key == "image"; }

// "" where sku and image are of kinds that can stand for them.
std::string OwnKeysProblem(const std::vector<Member>& members) {
  for (const auto& [key, kind, value] : members) {
    if (!IsOwnKey(key) || kind == Kind::kNull || kind == Kind::kText) continue;
    if (key == "image") return "image is not a text";
    if (kind != Kind::kWholeNumber) return "sku is neither a text nor a whole number";
  }
  return {};
}

}  // namespace

JsonlReader::JsonlReader(const std::string& path) : lines_(path) {}

std::optional<std::variant<RawRow, Reject>> JsonlReader::Next() {
  Line line;
  do {
    if (!lines_.Next(line)) return std::nullopt;
  } while (!line.too_long && Trim(line.text).empty());
  const auto reject = [&](std::string reason) {
    return Reject{.line = line.number, .sku = {}, .reason = std::move(reason)};
  };
  if (line.too_long) return reject(fmt::format("the row is longer than {} bytes", kMaxRowBytes));
  std::string problem = TextProblem(line.text);
  if (!problem.empty()) return reject(std::move(problem));
  MemberCollector collector;
  Json::sax_parse(line.text, &collector);
  if (!collector.problem().empty()) return reject(collector.problem());
  std::vector<Member>& members = collector.members();
  problem = OwnKeysProblem(members);
  if (!problem.empty()) return reject(std::move(problem));
  if (!AddColumns(members)) {
    return reject(fmt::format("its keys are more than {} with those before it", kMaxColumns));
  }
  RawRow row;
  row.line = line.number;
  row.values.resize(columns_.size());
  for (auto& [key, kind, value] : members) {
    if (IsOwnKey(key)) {
      auto* text = std::get_if<std::string>(&value);
      (key == "sku" ? row.sku : row.image) = text ? std::move(*text) : "";
    } else {
      row.values[column_of_.at(key)] = std::move(value);
    }
  }
  return row;
}

bool JsonlReader::AddColumns(const std::vector<Member>& members) {
  const size_t before = columns_.size();
  for (const Member& member : members) {
    if (IsOwnKey(member.key)) continue;
    if (column_of_.try_emplace(member.key, columns_.size()).second) columns_.push_back(member.key);
  }
  if (columns_.size() <= kMaxColumns) return true;
  for (; columns_.size() > before; columns_.pop_back()) column_of_.erase(columns_.back());
  return false;
}

}  // namespace csn
