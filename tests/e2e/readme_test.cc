// What the documents tell a reader to type works, and every page of help is one a reader can use.
#include <algorithm>
#include <filesystem>
#include <regex>
#include <string_view>

#include "base/file.h"
#include "base/text.h"
#include "tests/support/shop.h"

namespace csn::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::string_view kRun = "<!-- run -->";
constexpr std::string_view kNeedsData = "<!-- needs data -->";

// One ```sh block and the mark in front of it: kRun, kNeedsData or none.
struct Block {
  std::string where;
  std::string mark;
  std::string text;
};

void AddBlocks(const std::string& path, std::vector<Block>& blocks) {
  std::string mark;
  bool inside = false;
  int number = 0;
  for (const std::string& line : SplitText(ReadTextFile(path), '\n')) {
    ++number;
    if (inside) {
      inside = line != "```";
      if (inside) blocks.back().text += line + "\n";
    } else if (line == kRun || line == kNeedsData) {
      mark = line;
    } else if (line == "```sh") {
      blocks.push_back({fmt::format("{}:{}", path, number), mark, ""});
      inside = true;
    }
    if (!line.empty() && line != mark) mark.clear();  // a mark counts for what follows at once
  }
  EXPECT_FALSE(inside) << path << ": a block without end";
}

std::vector<Block> AllBlocks() {
  std::vector<std::string> documents;
  for (const auto& entry : fs::directory_iterator(CSN_SOURCE_DIR "/docs")) {
    if (entry.path().extension() == ".md") documents.push_back(entry.path());
  }
  std::sort(documents.begin(), documents.end());
  documents.insert(documents.begin(), CSN_SOURCE_DIR "/README.md");
  std::vector<Block> blocks;
  for (const std::string& document : documents) AddBlocks(document, blocks);
  return blocks;
}

// One call of a program in a shell text: "csn_index build" and the flags behind it.
struct Call {
  std::string program;
  std::vector<std::string> flags;
};

std::vector<Call> CallsIn(std::string text) {
  text = std::regex_replace(text, std::regex("\\\\\n"), " ");
  text = std::regex_replace(text, std::regex("#[^\n]*"), "");
  std::vector<Call> calls;
  const std::regex command(R"((csn_[a-z]+)((?:[ \t]+[^\s|;&<>]+)*))");
  const std::regex flag(R"((?:^|\s)(--?[a-z][a-z-]*))");
  for (std::sregex_iterator at(text.begin(), text.end(), command), end; at != end; ++at) {
    Call call{.program = (*at)[1], .flags = {}};
    const std::string rest = (*at)[2];
    std::smatch word;
    if ((call.program == "csn_index" || call.program == "csn_catalogue") &&
        std::regex_search(rest, word, std::regex(R"(^\s+([a-z][a-z-]*))"))) {
      call.program.append(" ").append(word[1].str());
    }
    for (std::sregex_iterator f(rest.begin(), rest.end(), flag); f != end; ++f) {
      call.flags.push_back((*f)[1]);
    }
    calls.push_back(std::move(call));
  }
  return calls;
}

void ExpectFlagsExist(const std::string& text) {
  for (const Call& call : CallsIn(text)) {
    SCOPED_TRACE(call.program);
    const ProcessResult help = RunCommand(call.program + " --help");
    EXPECT_EQ(help.status, 0) << help.err;
    for (const std::string& flag : call.flags) {
      EXPECT_TRUE(std::regex_search(help.out, std::regex("(^|[\\s\\[])" + flag + "([\\s,\\]]|$)")))
          << flag << " is not in the help of " << call.program;
    }
  }
}

TEST(ReadmeTest, MarkedBlocksRunInOrder) {
  const TempDir folder;
  int ran = 0;
  for (const Block& block : AllBlocks()) {
    if (block.mark != kRun) continue;
    SCOPED_TRACE(block.where);
    WriteText(folder / ".block.sh", block.text);
    const ProcessResult result = RunCommand("sh -eu .block.sh", folder.path());
    ASSERT_EQ(result.status, 0) << block.text << result.out << result.err;
    ++ran;
  }
  EXPECT_GT(ran, 0);
}

TEST(ReadmeTest, AllBlocksAreSoundShellWithFlagsThatExist) {
  const TempDir folder;
  for (const Block& block : AllBlocks()) {
    SCOPED_TRACE(block.where);
    WriteText(folder / "block.sh", block.text);
    EXPECT_EQ(RunCommand("sh -n block.sh", folder.path()).status, 0) << block.text;
    ExpectFlagsExist(block.text);
  }
}

const std::vector<std::string>& Pages() {
  static const std::vector<std::string> pages = {
      "csn_catalogue",   "csn_catalogue shoes", "csn_catalogue check", "csn_train", "csn_index",
      "csn_index build", "csn_index list",      "csn_index verify",    "csn_query", "csn_eval"};
  return pages;
}

TEST(HelpTest, EveryPageHasUsageOptionsAndThreeExamplesThatNameRealFlags) {
  for (const std::string& page : Pages()) {
    SCOPED_TRACE(page);
    const ProcessResult help = RunCommand(page + " --help");
    EXPECT_EQ(help.status, 0);
    EXPECT_EQ(help.err, "");
    EXPECT_THAT(help.out, testing::StartsWith("Usage: " + page));
    EXPECT_THAT(help.out, HasSubstr("Exit status"));
    const size_t at = help.out.find("\nExamples:\n");
    ASSERT_NE(at, std::string::npos);
    const std::string examples = help.out.substr(at, help.out.find("\nExit status") - at);
    EXPECT_EQ(CallsIn(examples).size(), 3) << examples;
    ExpectFlagsExist(examples);
    EXPECT_THAT(RunOk(page.substr(0, page.find(' ')) + " --version"), HasSubstr(" 0."));
  }
}

TEST(HelpTest, WrongFlagsAreNamedOnceWithWhatIsNear) {
  for (const std::string& page : Pages()) {
    if (page != "csn_index" && page != "csn_catalogue") {
      ExpectError(page + " --hepl", 2, "did you mean --help?");
      // check takes a file without a flag, but no second one.
      ExpectError(page + (page == "csn_catalogue check" ? " file stray" : " stray"), 2, "'stray'");
    } else {
      ExpectError(page, 2, "a command is missing");
    }
  }
}

}  // namespace
}  // namespace csn::test
