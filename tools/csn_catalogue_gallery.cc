// csn_catalogue gallery.
#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/random.h"
#include "tools/cli.h"
#include "tools/csn_catalogue.h"
#include "tools/draw/contact_sheet.h"

namespace csn::cli {
namespace {

const Page kPage = {.usage = "csn_catalogue gallery FILE --out PNG [options]",
                    .summary = "lay photographs of a catalogue on one picture",
                    .about =
                        "Lays photographs of a catalogue, picked by seed, side by side on "
                        "one picture, each padded\n"
                        "to a square. Rows without a readable photograph are passed over.",
                    .examples =
                        "  csn_catalogue gallery shoes/catalogue.csv --out shoes.png\n"
                        "      12 x 5 photographs of 120 pixels\n"
                        "  csn_catalogue gallery --catalogue photos/ --out more.png "
                        "--columns 20 --rows 20 --side 64\n"
                        "      400 smaller ones of a folder of images\n"
                        "  csn_catalogue gallery shop.jsonl --out other.png --seed 2\n"
                        "      other ones\n"};

// The photographs of up to `count` rows in an order drawn by `seed`, [side, side, 3] each.
std::vector<std::vector<uint8_t>> PickPhotographs(const Catalogue& catalogue, size_t count,
                                                  int side, uint64_t seed,
                                                  const ProgressSink& progress) {
  std::vector<std::string> paths;
  catalogue.ForEach([&](CatalogueRow&& row, uint64_t) {
    if (const Item* item = std::get_if<Item>(&row)) paths.push_back(catalogue.ImagePath(*item));
    return true;
  });
  Rng rng(seed);
  rng.Shuffle(paths);
  std::vector<std::vector<uint8_t>> photographs;
  for (const std::string& path : paths) {
    if (photographs.size() == count) break;
    ThrowIfStopped(&Stop());
    try {
      photographs.push_back(PrepareImage(ReadImageFile(path), {.size = side, .fit = Fit::kPad}));
      if (progress) progress({"reading photographs", photographs.size(), count, "photographs"});
    } catch (const Error&) {
      continue;  // csn_catalogue check says what is wrong with it
    }
  }
  return photographs;
}

// Nothing but a picture is replaced by one.
void CheckReplaceable(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return;
  Require(std::filesystem::is_regular_file(path, error), "--out {}: not a regular file", path);
  const std::vector<uint8_t> bytes = ReadFile(path);
  const std::vector<uint8_t> png = {0x89, 'P', 'N', 'G'};
  Require(bytes.empty() || (bytes.size() >= 4 && std::equal(png.begin(), png.end(), bytes.begin())),
          "--out {}: holds something else than a PNG picture; name another file or remove it",
          path);
}

int RunGallery(const std::vector<std::string>& arguments) {
  po::options_description options, input("Input"), sheet("Picture"), show("Output");
  po::variables_map values;
  input.add_options()("catalogue", po::value<std::string>()->required()->value_name("FILE"),
                      "CSV or JSONL file with sku and image columns, or a folder of images");
  AddColumnOptions(input);
  const auto number = [](int64_t fallback) {
    return po::value<int64_t>()->default_value(fallback)->value_name("N");
  };
  sheet.add_options()("out", po::value<std::string>()->required()->value_name("PNG"),
                      "file to write")("columns", number(12), "photographs side by side, 1 to 100")(
      "rows", number(5), "and one above the other, 1 to 100; fewer where there are no more")(
      "side", number(120), "pixels of a photograph, 16 to 512")("seed", number(1), "picks them");
  AddProgressOption(show);
  options.add(input).add(sheet).add(show);
  po::positional_options_description positional;
  positional.add("catalogue", 1);
  if (!ParseOptions(arguments, kPage, options, values, positional)) return 0;
  const int columns = static_cast<int>(IntegerOption(values, "columns", 1, 100));
  const auto rows = static_cast<size_t>(IntegerOption(values, "rows", 1, 100));
  const int side = static_cast<int>(IntegerOption(values, "side", 16, 512));
  const auto seed = static_cast<uint64_t>(IntegerOption(values, "seed", 0, INT64_MAX));
  const std::string out = values["out"].as<std::string>();
  CheckReplaceable(out);
  const Catalogue catalogue = OpenCatalogue(values["catalogue"].as<std::string>(), values);
  ProgressPrinter progress(values);
  const auto photographs = PickPhotographs(catalogue, columns * rows, side, seed, progress.sink());
  if (photographs.empty()) {
    Fail(ErrorCode::kFailed, "{}: no row has a readable photograph", catalogue.path());
  }
  WriteFileAtomically(out, EncodePng(ContactSheet(photographs, side, columns)));
  progress.Line(fmt::format("{}: {} photographs", out, Grouped(photographs.size())));
  return 0;
}

}  // namespace

Command GalleryCommand() { return {.page = kPage, .run = RunGallery}; }

}  // namespace csn::cli
