// csn_catalogue shoes.
#include "tools/cli.h"
#include "tools/csn_catalogue.h"
#include "tools/draw/shoe_catalogue.h"

namespace csn::cli {
namespace {

const Page kPage = {
    .usage = "csn_catalogue shoes --out DIR [options]",
    .summary = "draw a catalogue of shoes with exactly known labels",
    .about =
        "Draws a catalogue of shoes whose labels are exactly known: category, closure, heel\n"
        "height in cm, toe shape, colour and price, independent of each other. The same seed\n"
        "gives the same bytes.",
    .examples =
        "  csn_catalogue shoes --out shoes\n"
        "      2,000 shoes: shoes/catalogue.csv and shoes/images/\n"
        "  csn_catalogue shoes --out small --count 150\n"
        "      the first 150 of them\n"
        "  csn_catalogue shoes --out others --seed 2 --size 320\n"
        "      other shoes, 320 pixels a side\n"};

int RunShoes(const std::vector<std::string>& arguments) {
  po::options_description options, choice("What to draw"), show("Speed and output");
  po::variables_map values;
  choice.add_options()("out", po::value<std::string>()->required()->value_name("DIR"),
                       "folder to make the catalogue in")(
      "count", po::value<int64_t>()->default_value(2000)->value_name("N"), "shoes")(
      "seed", po::value<int64_t>()->default_value(1)->value_name("N"), "draws them")(
      "size", po::value<int64_t>()->default_value(160)->value_name("N"),
      "pixels a side, 64 to 1024");
  AddThreadsOption(show);
  AddProgressOption(show);
  options.add(choice).add(show);
  if (!ParseOptions(arguments, kPage, options, values)) return 0;
  const std::string folder = values["out"].as<std::string>();
  const auto count = static_cast<size_t>(IntegerOption(values, "count", 1, 10'000'000));
  {
    ProgressPrinter progress(values);
    WriteShoeCatalogue({.count = count,
                        .seed = static_cast<uint64_t>(IntegerOption(values, "seed", 0, INT64_MAX)),
                        .directory = folder,
                        .size = static_cast<int>(IntegerOption(values, "size", 64, 1024)),
                        .threads = ThreadsOption(values),
                        .progress = progress.sink(),
                        .stop = &Stop()});
  }
  ProgressPrinter(values).Line(fmt::format("{}/catalogue.csv: {} shoes", folder, Grouped(count)));
  return 0;
}

}  // namespace

Command ShoesCommand() { return {.page = kPage, .run = RunShoes}; }

}  // namespace csn::cli
