// Makes, shows and checks catalogues.
#include "tools/csn_catalogue.h"

namespace csn::cli {
namespace {

const Page kPage = {
    .usage = "csn_catalogue COMMAND [options]",
    .summary = "make, show and check catalogues",
    .about =
        "Makes, shows and checks catalogues: CSV or JSONL files with sku and image\n"
        "columns, or folders of images.",
    .examples =
        "  csn_catalogue shoes --out shoes --count 500\n"
        "      draws 500 shoes\n"
        "  csn_catalogue check shoes/catalogue.csv\n"
        "      says what is in it, and what is wrong with it\n"
        "  csn_catalogue gallery shoes/catalogue.csv --out shoes.png\n"
        "      sixty of them on one picture\n"};

int Run(const std::vector<std::string>& arguments) {
  return RunCommand(arguments, kPage,
                    {ShoesCommand(), FontsCommand(), GalleryCommand(), CheckCommand()});
}

}  // namespace
}  // namespace csn::cli

int main(int argc, char** argv) { return csn::cli::RunMain(argc, argv, csn::cli::Run); }
