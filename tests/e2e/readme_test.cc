// What the documents tell a reader to type works, and every page of help is one a reader can use.
#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <string_view>

#include "base/file.h"
#include "base/text.h"
#include "tests/support/shop.h"

namespace csn::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
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

// The lines of a help page that list options: not its usage and examples, which only use them.
std::string OptionLines(const std::string& help) {
  std::string lines;
  for (const std::string& line : SplitText(help.substr(0, help.find("\nExamples:\n")), '\n')) {
    if (line.starts_with("  -")) lines += line + "\n";
  }
  return lines;
}

void ExpectFlagsExist(const std::string& text) {
  for (const Call& call : CallsIn(text)) {
    SCOPED_TRACE(call.program);
    const ProcessResult help = RunCommand(call.program + " --help");
    EXPECT_EQ(help.status, 0) << help.err;
    const std::string options = OptionLines(help.out);
    for (const std::string& flag : call.flags) {
      EXPECT_TRUE(std::regex_search(options, std::regex("(^|[\\s\\[])" + flag + "([\\s,\\]]|$)")))
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

TEST(ReadmeTest, NoPlaceholderWaitsForOutput) {
  for (const auto& entry : fs::recursive_directory_iterator(CSN_SOURCE_DIR "/docs")) {
    if (entry.path().extension() != ".md") continue;
    EXPECT_FALSE(std::regex_search(ReadTextFile(entry.path()), std::regex("@[A-Z]+@")))
        << entry.path();
  }
  EXPECT_FALSE(
      std::regex_search(ReadTextFile(CSN_SOURCE_DIR "/README.md"), std::regex("@[A-Z]+@")));
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

TEST(ScriptsTest, AreSoundShellWithFlagsThatExist) {
  for (const char* script : {"demo.sh", "setup.sh", "test.sh", "bench.sh", "reproduce.sh"}) {
    SCOPED_TRACE(script);
    const std::string path = fmt::format("{}/tools/{}", CSN_SOURCE_DIR, script);
    EXPECT_EQ(RunCommand("bash -n " + path).status, 0);
    EXPECT_THAT(RunOk(path + " --help"), testing::StartsWith("Usage: tools/"));
    const ProcessResult wrong = RunCommand(path + " --no-such-flag");
    EXPECT_EQ(wrong.status, 2);
    EXPECT_THAT(wrong.err, HasSubstr("--no-such-flag"));
  }
  const std::string demo =
      std::regex_replace(ReadTextFile(CSN_SOURCE_DIR "/tools/demo.sh"), std::regex("\\\\\n"), " ");
  std::string commands;  // that it runs
  for (const std::string& line : SplitText(demo, '\n')) {
    if (Trim(line).starts_with("run csn_")) commands += line + "\n";
  }
  EXPECT_EQ(CallsIn(commands).size(), 7);
  ExpectFlagsExist(commands);
}

// The keys of a program's JSON, at any depth.
void AddKeys(const json& value, std::set<std::string>& keys) {
  if (!value.is_structured()) return;
  for (const auto& [key, child] : value.items()) {
    if (value.is_object()) keys.insert(key);
    AddKeys(child, keys);
  }
}

TEST(OutputDocumentTest, NamesEveryKeyThatProgramsPrint) {
  const Shop& shop = Shop::Get();
  const TempDir folder;
  RunOk("cp -r " + std::filesystem::path(shop.catalogue()).parent_path().string() + " s",
        folder.path());
  RunOk(
      "echo 'twin,images/SHOE-00001.png,,,,,,' >> s/catalogue.csv && "
      "echo 'gone,none.png,,,,,,' >> s/catalogue.csv",
      folder.path());
  const std::string index = " --index " + shop.index();
  std::set<std::string> keys;
  AddKeys(shop.trained(), keys);
  AddKeys(shop.built(), keys);
  for (const std::string& command :
       {"csn_index list" + index, "csn_index verify" + index,
        "csn_query --notion closure --sku SHOE-00001" + index,
        "csn_eval --model " + shop.model() + " --catalogue " + shop.catalogue(),
        std::string("csn_catalogue check s/catalogue.csv")}) {
    std::istringstream lines(RunCommand(command, folder.path()).out);
    for (std::string line; std::getline(lines, line);) AddKeys(json::parse(line), keys);
  }
  const ProcessResult progress =
      RunCommand("csn_index build --progress json --catalogue s/catalogue.csv --index i --model " +
                     shop.model(),
                 folder.path());
  std::istringstream lines(progress.err);
  for (std::string line; std::getline(lines, line);) AddKeys(json::parse(line), keys);
  EXPECT_GT(keys.size(), 60);

  // The shop's own names.
  const std::set<std::string> ours = {"closure",   "heel-height", "category", "heel_height",
                                      "toe_shape", "colour",      "price"};
  const std::string document = ReadTextFile(CSN_SOURCE_DIR "/docs/output.md");
  for (const std::string& key : keys) {
    if (ours.contains(key)) continue;
    EXPECT_TRUE(document.find("`" + key + "`") != std::string::npos ||
                document.find("\"" + key + "\"") != std::string::npos)
        << key << " is not in docs/output.md";
  }
}

TEST(HelpTest, EveryPageHasUsageOptionsAndThreeExamplesThatNameRealFlags) {
  for (const std::string& page : ProgramPages()) {
    SCOPED_TRACE(page);
    const ProcessResult help = RunCommand(page + " --help");
    EXPECT_EQ(help.status, 0);
    EXPECT_EQ(help.err, "");
    EXPECT_THAT(help.out, testing::StartsWith("Usage: " + page));
    EXPECT_THAT(help.out, HasSubstr("Exit status"));
    const size_t at = help.out.find("\nExamples:\n");
    ASSERT_NE(at, std::string::npos);
    const std::string examples = help.out.substr(at, help.out.find("\nExit status") - at);
    const std::vector<Call> calls = CallsIn(examples);
    EXPECT_EQ(calls.size(), 3) << examples;
    for (const Call& call : calls) {
      EXPECT_TRUE(call.program == page || call.program.starts_with(page + " ")) << call.program;
    }
    EXPECT_TRUE(std::regex_search(
        examples, std::regex("^\nExamples:\n(  csn_[^\n]*(\\\\\n[^\n]*)*\n(      [^\n]*\n)+){3}$")))
        << examples;
    ExpectFlagsExist(examples);
    EXPECT_THAT(RunOk(page.substr(0, page.find(' ')) + " --version"), HasSubstr(" 0."));
  }
}

TEST(HelpTest, WrongFlagsAreNamedOnceWithWhatIsNear) {
  for (const std::string& page : ProgramPages()) {
    if (page != "csn_index" && page != "csn_catalogue") {
      ExpectError(page + " --hepl", 2, "did you mean --help?");
      // These take a file without a flag, but no second one.
      const bool takes_file = page == "csn_catalogue check" || page == "csn_catalogue gallery";
      ExpectError(page + (takes_file ? " file stray" : " stray"), 2, "'stray'");
    } else {
      ExpectError(page, 2, "a command is missing");
    }
  }
}

}  // namespace
}  // namespace csn::test
