// The subcommands of csn_catalogue, each in a file of its own.
#pragma once

#include "tools/cli.h"

namespace csn::cli {

Command CheckCommand();
Command FontsCommand();
Command GalleryCommand();
Command ShoesCommand();

}  // namespace csn::cli
