// The man pages that programs print and the build writes.
#include <regex>

#include "base/file.h"
#include "tests/support/shop.h"

namespace csn::test {
namespace {

using testing::HasSubstr;

TEST(ManTest, EveryPageHasItsSectionsAndAllOptions) {
  for (const std::string& page : ProgramPages()) {
    SCOPED_TRACE(page);
    const std::string name = std::regex_replace(page, std::regex(" "), "-");
    const std::string man = RunOk(page + " --man");
    const std::string escaped_name = std::regex_replace(name, std::regex("-"), "\\-");
    EXPECT_THAT(man, HasSubstr("\n.TH " + escaped_name + " 1 "));
    for (const char* section : {"NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "EXIT STATUS"}) {
      EXPECT_THAT(man, HasSubstr(fmt::format(".SH {}\n", section)));
    }
    const std::string help = RunOk(page + " --help");
    const bool has_options = help.find("\nGeneral:\n") != std::string::npos;
    for (const char* section : {"OPTIONS", "ENVIRONMENT", "FILES"}) {
      EXPECT_EQ(man.find(fmt::format(".SH {}\n", section)) != std::string::npos, has_options);
    }
    EXPECT_EQ(man.find(".SH COMMANDS\n") == std::string::npos, has_options);
    const std::regex flag(R"(\n  (?:-. \[ )?--([a-z-]+))");
    for (std::sregex_iterator at(help.begin(), help.end(), flag), end; at != end; ++at) {
      const std::string escaped = std::regex_replace((*at)[1].str(), std::regex("-"), "\\-");
      EXPECT_THAT(man, HasSubstr("\\fB\\-\\-" + escaped + "\\fR"));
    }
    EXPECT_EQ(man, ReadTextFile(fmt::format("{}/../share/man/man1/{}.1", CSN_BIN_DIR, name)));
  }
}

TEST(ManTest, GroffHasNothingToSayOfThem) {
  if (RunCommand("command -v groff").status != 0) GTEST_SKIP() << "there is no groff";
  for (const std::string& page : ProgramPages()) {
    SCOPED_TRACE(page);
    const ProcessResult shown =
        RunCommand(page + " --man > page && groff -man -Tutf8 -ww -P-cbou page", TempDir().path());
    EXPECT_EQ(shown.status, 0);
    EXPECT_EQ(shown.err, "");
    EXPECT_THAT(shown.out, HasSubstr("\n       " + page));      // its synopsis
    EXPECT_THAT(shown.out, testing::Not(HasSubstr("\u2010")));  // no flag is cut by a hyphen
  }
}

}  // namespace
}  // namespace csn::test
