#include "storage/internal/zappos_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "storage/internal/text_check.h"

namespace csn {
namespace {

namespace fs = std::filesystem;

constexpr char kFileNames[] = "/filenames.json";
constexpr char kBrand[] = "Brand";

std::string ImageFolder(const std::string& folder) {
  constexpr char kImages[] = "ut-zap50k-images", kSquare[] = "ut-zap50k-images-square";
  return !fs::exists(folder + "/" + kImages) && fs::exists(folder + "/" + kSquare) ? kSquare
                                                                                   : kImages;
}

// "Shoes/Oxfords/Bostonian/100627.72.jpg" -> "100627-72"
std::string CidOf(const fs::path& image) {
  std::string cid = image.stem().string();
  std::ranges::replace(cid, '.', '-');
  return cid;
}

std::unordered_map<std::string, std::string> ImagesByCid(const std::string& folder) {
  std::unordered_map<std::string, std::string> images;
  const std::string prefix = ImageFolder(folder) + "/";
  for (const std::string& line : SplitText(ReadTextFile(folder + kFileNames), '\n')) {
    const std::string_view path = Trim(line);
    if (!path.empty()) images.emplace(CidOf(path), prefix + std::string(path));
  }
  return images;
}

// "1", "1 3/4": inches.
std::optional<double> ParseInches(std::string_view text) {
  text = Trim(text);
  if (text.ends_with("in")) text = Trim(text.substr(0, text.size() - 2));
  const size_t blank = text.find(' ');
  const std::optional<double> whole = ParseNumber(text.substr(0, blank));
  if (!whole || blank == std::string_view::npos) return whole;
  const std::string_view fraction = Trim(text.substr(blank));
  const size_t slash = fraction.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::optional<double> above = ParseNumber(fraction.substr(0, slash));
  const std::optional<double> below = ParseNumber(fraction.substr(slash + 1));
  if (!above || !below || *below == 0) return std::nullopt;
  return *whole + *above / *below;
}

std::optional<double> HeelNumber(std::string_view text) {
  constexpr std::string_view kUnder = "Under ", kOver = "& over", kTo = " - ";
  if (text == "Flat") return 0;
  if (text.starts_with(kUnder)) {
    const std::optional<double> limit = ParseInches(text.substr(kUnder.size()));
    return limit ? std::optional(*limit / 2) : std::nullopt;
  }
  if (text.ends_with(kOver)) return ParseInches(text.substr(0, text.size() - kOver.size()));
  const size_t to = text.find(kTo);
  if (to == std::string_view::npos) return std::nullopt;
  const std::optional<double> low = ParseInches(text.substr(0, to));
  const std::optional<double> high = ParseInches(text.substr(to + kTo.size()));
  return low && high ? std::optional((*low + *high) / 2) : std::nullopt;
}

}  // namespace

bool IsZapposFolder(const std::string& folder) {
  return fs::is_regular_file(folder + kFileNames) && fs::is_regular_file(ZapposMetaData(folder));
}

std::string ZapposMetaData(const std::string& folder) {
  const std::string here = folder + "/meta-data.csv";
  return fs::exists(here) ? here : folder + "/ut-zap50k-data/meta-data.csv";
}

std::string HeelInches(std::string_view text) {
  const std::optional<double> inches = HeelNumber(Trim(text));
  return inches ? fmt::format("{}", *inches) : std::string(text);
}

ZapposReader::ZapposReader(const std::string& folder)
    : rows_(ZapposMetaData(folder), {.sku = "CID", .image = ""}),
      columns_(rows_.columns()),
      image_of_(ImagesByCid(folder)) {
  const auto heel = std::ranges::find(columns_, "HeelHeight");
  if (heel != columns_.end()) heel_ = static_cast<size_t>(heel - columns_.begin());
  Require(std::ranges::find(columns_, kBrand) == columns_.end(),
          "{}: has a column called {}, which is made from the images' folders",
          ZapposMetaData(folder), kBrand);
  columns_.emplace_back(kBrand);
}

std::optional<std::variant<RawRow, Reject>> ZapposReader::Next() {
  auto next = rows_.Next();
  if (!next || std::holds_alternative<Reject>(*next)) return next;
  RawRow& row = std::get<RawRow>(*next);
  const auto image = image_of_.find(std::string(Trim(row.sku)));
  if (image == image_of_.end()) {
    return Reject{.line = row.line,
                  .sku = row.sku,
                  .reason = fmt::format("filenames.json has no image of {}", Quoted(row.sku))};
  }
  row.image = image->second;
  for (size_t i = 0; i < row.values.size(); ++i) {
    auto* text = std::get_if<std::string>(&row.values[i]);
    if (text == nullptr) continue;
    std::vector<std::string> parts = SplitText(*text, ';');
    if (heel_ == i) {
      row.values[i] = HeelInches(parts.front());
    } else if (parts.size() > 1) {
      row.values[i] = std::move(parts);
    }
  }
  row.values.resize(columns_.size());
  row.values.back() = fs::path(row.image).parent_path().filename().string();
  return next;
}

}  // namespace csn
