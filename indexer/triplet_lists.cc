#include "indexer/triplet_lists.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace csn {
namespace {

namespace fs = std::filesystem;

// The lines of a text, without their ends; an empty last one is none.
std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(Trim(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The list's path with the notion's name as it is, else with '-' and '_' exchanged.
std::string ListPath(const std::string& folder, const std::string& notion, const char* split) {
  const auto path = [&](const std::string& name) {
    return fmt::format("{}/tripletlists/{}_tripletlist_{}.txt", folder, name, split);
  };
  for (const auto& [from, to] : {std::pair{'-', '_'}, std::pair{'_', '-'}}) {
    std::string name = notion;
    std::ranges::replace(name, from, to);
    if (!fs::exists(path(notion)) && fs::exists(path(name))) return path(name);
  }
  return path(notion);
}

// Three row numbers below `rows`, between blanks; nothing for any other line.
std::optional<Triplet> ParseTriplet(std::string_view line, size_t rows) {
  uint32_t numbers[3];
  for (uint32_t& number : numbers) {
    line = Trim(line);
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc() || number >= rows) return std::nullopt;
    line.remove_prefix(static_cast<size_t>(end - line.data()));
    if (!line.empty() && line.front() != ' ' && line.front() != '\t') return std::nullopt;
  }
  if (!Trim(line).empty()) return std::nullopt;
  return Triplet{.anchor = numbers[0], .positive = numbers[2], .negative = numbers[1]};
}

std::vector<Triplet> ReadList(const std::string& path, size_t rows) {
  const std::string text = ReadTextFile(path);
  std::vector<Triplet> triplets;
  size_t number = 0;
  for (const std::string_view line : Lines(text)) {
    ++number;
    const std::optional<Triplet> triplet = ParseTriplet(line, rows);
    Require(triplet.has_value(),
            "{}: line {}: expected three row numbers below {} (anchor, far, close), got '{}'", path,
            number, rows, line.substr(0, 80));
    triplets.push_back(*triplet);
  }
  Require(!triplets.empty(), "{}: holds no triplet", path);
  return triplets;
}

}  // namespace

TripletLists ReadTripletLists(const std::string& folder, const std::vector<Notion>& notions) {
  TripletLists lists;
  const std::string names = folder + "/filenames.json", text = ReadTextFile(names);
  for (const std::string_view line : Lines(text)) {
    Require(!line.empty(), "{}: line {}: expected an image's path, got an empty line", names,
            lists.images.size() + 1);
    lists.images.emplace_back(line);
  }
  for (const Notion& notion : notions) {
    lists.train.push_back(ReadList(ListPath(folder, notion.name, "train"), lists.images.size()));
    lists.validation.push_back(ReadList(ListPath(folder, notion.name, "val"), lists.images.size()));
  }
  return lists;
}

ImageRows::ImageRows(const std::vector<std::string>& images) : count_(images.size()) {
  for (size_t row = 0; row < images.size(); ++row) rows_.emplace(images[row], row);
}

size_t ImageRows::Find(std::string_view path) const {
  while (true) {
    if (const auto found = rows_.find(path); found != rows_.end()) return found->second;
    const size_t slash = path.find('/');
    if (slash == std::string_view::npos) return count_;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace csn
