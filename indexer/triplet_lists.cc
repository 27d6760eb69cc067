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

// The paths of filenames.json.
std::vector<std::string> ReadImages(const std::string& folder) {
  const std::string names = folder + "/filenames.json", text = ReadTextFile(names);
  std::vector<std::string> images;
  for (const std::string_view line : Lines(text)) {
    Require(!line.empty(), "{}: line {}: expected an image's path, got an empty line", names,
            images.size() + 1);
    images.emplace_back(line);
  }
  return images;
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
  lists.images = ReadImages(folder);
  for (const Notion& notion : notions) {
    lists.train.push_back(ReadList(ListPath(folder, notion.name, "train"), lists.images.size()));
    lists.validation.push_back(ReadList(ListPath(folder, notion.name, "val"), lists.images.size()));
  }
  return lists;
}

TestLists ReadTestLists(const std::string& folder) {
  constexpr std::string_view kEnd = "_tripletlist_test.txt";
  TestLists all{.images = ReadImages(folder), .lists = {}};
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder + "/tripletlists", unreadable)) {
    const std::string name = entry.path().filename();
    if (!name.ends_with(kEnd) || name.size() == kEnd.size()) continue;
    all.lists.push_back({.name = name.substr(0, name.size() - kEnd.size()),
                         .triplets = ReadList(entry.path(), all.images.size())});
  }
  if (all.lists.empty()) {
    Fail(ErrorCode::kNotFound, "{}/tripletlists: holds no NOTION{}", folder, kEnd);
  }
  std::ranges::sort(all.lists, {}, &TestList::name);
  return all;
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

std::vector<uint32_t> ItemsOfRows(std::span<const size_t> rows, size_t images) {
  std::vector<uint32_t> items(images, kNoItem);
  for (uint32_t item = 0; item < rows.size(); ++item) {
    if (rows[item] < images) items[rows[item]] = item;
  }
  return items;
}

std::vector<Triplet> ItemTriplets(std::span<const Triplet> list, std::span<const uint32_t> item_of,
                                  size_t limit, uint64_t seed, uint64_t& dropped) {
  std::vector<Triplet> items;
  for (const Triplet& t : list) {
    const Triplet item{.anchor = item_of[t.anchor],
                       .positive = item_of[t.positive],
                       .negative = item_of[t.negative]};
    if (item.anchor == kNoItem || item.positive == kNoItem || item.negative == kNoItem) {
      ++dropped;
    } else {
      items.push_back(item);
    }
  }
  if (limit > 0 && limit < items.size()) {
    Rng rng(seed);
    rng.Shuffle(items);
    items.resize(limit);
  }
  return items;
}

}  // namespace csn
