// Makes, shows and checks catalogues.
#include "tools/csn_catalogue.h"

#include "tools/cli.h"

namespace csn::cli {
namespace {

int Run(const std::vector<std::string>& arguments) {
  return RunCommand(
      arguments,
      {.usage = "csn_catalogue COMMAND [options]",
       .about = "Makes, shows and checks catalogues: CSV or JSONL files with sku and image\n"
                "columns, or folders of images.",
       .examples = "  csn_catalogue shoes --out shoes --count 500\n"
                   "  csn_catalogue check shoes/catalogue.csv\n"
                   "  csn_catalogue fonts --out letters\n"},
      {{"shoes", "draw a catalogue of shoes with exactly known labels", RunShoes},
       {"fonts", "draw the letters and digits of the fonts that are installed", RunFonts},
       {"gallery", "lay photographs of a catalogue on one picture", RunGallery},
       {"check", "read a catalogue and say what is in it", RunCheck}});
}

}  // namespace
}  // namespace csn::cli

int main(int argc, char** argv) { return csn::cli::RunMain(argc, argv, csn::cli::Run); }
