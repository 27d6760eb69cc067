// csn_catalogue fonts.
#include "base/utf8.h"
#include "tools/cli.h"
#include "tools/csn_catalogue.h"
#include "tools/fonts/font_catalogue.h"

namespace csn::cli {
namespace {

constexpr size_t kNamedFiles = 5;  // that hold no font, in the report

const Page kPage = {
    .usage = "csn_catalogue fonts --out DIR [options]",
    .summary = "draw the letters and digits of the fonts that are installed",
    .about =
        "Draws a catalogue of letters: A to Z, a to z and 0 to 9 of every font face that is\n"
        "installed (tools/setup.sh --fonts installs some hundreds of families), each a grey\n"
        "picture labelled with its character, font family, style, weight, slant, width, serifs "
        "and\n"
        "spacing. Faces that lack a character, hold symbols or repeat another face are left out;\n"
        "DIR/left-out.tsv says which and why. The same fonts give the same bytes.",
    .examples =
        "  csn_catalogue fonts --out letters\n"
        "      letters/catalogue.csv and letters/images/\n"
        "  csn_catalogue fonts --out few --families 60 --faces-per-family 4\n"
        "      sixty families drawn by the seed, of each the four plainest faces\n"
        "  csn_catalogue fonts --out mine --fonts ~/fonts --size 96\n"
        "      of the font files below a folder, in pictures of 96 pixels a side\n"};

void AddOptions(po::options_description& options) {
  po::options_description choice("What to draw"), show("Speed and output");
  const auto number = [] { return po::value<int64_t>()->value_name("N"); };
  choice.add_options()("out", po::value<std::string>()->required()->value_name("DIR"),
                       "folder to make the catalogue in")(
      "fonts", po::value<std::string>()->value_name("DIR"),
      "the font files in this folder and below, instead of the installed fonts")(
      "families", number(), "at most so many families, drawn by the seed (default: all)")(
      "faces-per-family", number(),
      "at most so many faces of each, the plainest first: roman, then by how far weight and width "
      "are from normal (default: all)")("seed", number()->default_value(1), "draws the families")(
      "size", number()->default_value(64), "pixels a side, 16 to 512");
  AddThreadsOption(show);
  AddProgressOption(show);
  options.add(choice).add(show);
}

// 0, which is all, where it is not given.
size_t CountOption(const po::variables_map& values, const std::string& name) {
  if (values.count(name) == 0) return 0;
  return static_cast<size_t>(IntegerOption(values, name, 1, 1'000'000));
}

FontCatalogueOptions ReadOptions(const po::variables_map& values) {
  FontCatalogueOptions options;
  options.directory = values["out"].as<std::string>();
  if (values.count("fonts") != 0) {
    options.fonts = values["fonts"].as<std::string>();
    Require(!options.fonts.empty(), "--fonts: no folder was named");
  }
  options.choice = {.families = CountOption(values, "families"),
                    .faces_per_family = CountOption(values, "faces-per-family"),
                    .seed = static_cast<uint64_t>(IntegerOption(values, "seed", 0, INT64_MAX))};
  options.size = static_cast<int>(IntegerOption(values, "size", 16, 512));
  options.threads = ThreadsOption(values);
  options.stop = &Stop();
  return options;
}

std::string FileLine(const std::vector<std::string>& files) {
  std::string line = fmt::format("{} without a font that can be read:",
                                 files.size() == 1 ? "1 file" : Grouped(files.size()) + " files");
  for (size_t i = 0; i < files.size() && i < kNamedFiles; ++i) {
    line += (i == 0 ? " " : ", ") + EscapeForTerminal(files[i]);
  }
  return line + (files.size() > kNamedFiles ? ", ..." : "");
}

void Tell(const FontCatalogueReport& report, const std::string& folder, ProgressPrinter& progress) {
  if (!report.unreadable.empty()) progress.Warn(FileLine(report.unreadable));
  progress.Line(fmt::format("{}/catalogue.csv: {} families, {} faces, {} pictures", folder,
                            Grouped(report.families), Grouped(report.faces),
                            Grouped(report.pictures)));
  size_t left_out = 0;
  for (const size_t count : report.left_out) left_out += count;
  progress.Line(fmt::format("of {} faces found, {} are left out ({}/left-out.tsv), {} not chosen",
                            Grouped(report.found), Grouped(left_out), folder,
                            Grouped(report.not_chosen)));
  for (size_t i = 0; i < kLeftOutCount; ++i) {
    if (report.left_out[i] == 0) continue;
    progress.Line(fmt::format("  {:>6}  {}", Grouped(report.left_out[i]),
                              LeftOutReason(static_cast<LeftOut>(i))));
  }
  if (report.repeated > 0) {
    progress.Line(fmt::format("{} pictures left out, each the same as an earlier one",
                              Grouped(report.repeated)));
  }
}

int RunFonts(const std::vector<std::string>& arguments) {
  po::options_description options;
  po::variables_map values;
  AddOptions(options);
  if (!ParseOptions(arguments, kPage, options, values)) return 0;
  FontCatalogueOptions fonts = ReadOptions(values);
  FontCatalogueReport report;
  {
    ProgressPrinter progress(values);
    fonts.progress = progress.sink();
    report = WriteFontCatalogue(fonts);
  }
  ProgressPrinter progress(values);
  Tell(report, fonts.directory, progress);
  return 0;
}

}  // namespace

Command FontsCommand() { return {.page = kPage, .run = RunFonts}; }

}  // namespace csn::cli
