#include "tests/support/shop.h"

#include <fmt/format.h>

#include <sstream>
#include <stdexcept>

#include "base/text.h"

namespace csn::test {

const Shop& Shop::Get() {
  static const Shop shop;
  return shop;
}

std::string Shop::TrainCommand(const std::string& more) {
  return fmt::format("csn_train --catalogue {} --model m.csn {} {}", Get().catalogue(), kTraining,
                     more);
}

Shop::Shop() {
  RunOk(fmt::format("csn_catalogue shoes --count {} --seed 3 --out shoes", kItems), folder());
  trained_ = nlohmann::json::parse(
      RunOk(fmt::format("csn_train --catalogue shoes/catalogue.csv --model m.csn --steps 12 {}",
                        kTraining),
            folder()));
  built_ = nlohmann::json::parse(
      RunOk("csn_index build --catalogue shoes/catalogue.csv --model m.csn --index idx", folder()));
}

std::string RunOk(const std::string& command, const std::string& folder) {
  const ProcessResult result = RunCommand(command, folder);
  if (result.status != 0) {
    throw std::runtime_error(
        fmt::format("{}: exit status {}\n{}", command, result.status, result.err));
  }
  return result.out;
}

std::vector<std::string> ProgramPages() {
  std::vector<std::string> pages;
  for (const std::string& program : SplitText(CSN_PROGRAMS, ' ')) {
    pages.push_back(program);
    // Of programs with commands these are what the first word may be; of others flags are.
    const std::vector<std::string> words = SplitText(RunOk(program + " --complete ''"), '\n');
    for (size_t i = 1; i < words.size(); ++i) {
      if (!words[i].empty() && words[i].front() != '-') pages.push_back(program + " " + words[i]);
    }
  }
  return pages;
}

std::string QueryCommand(const std::string& arguments) {
  return "csn_query --index " + Shop::Get().index() + " " + arguments;
}

std::vector<nlohmann::json> JsonLines(const std::string& text) {
  std::vector<nlohmann::json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

void ExpectError(const std::string& command, int status, const std::string& part,
                 const std::string& folder) {
  SCOPED_TRACE(command);
  const ProcessResult result = RunCommand(command, folder);
  EXPECT_EQ(result.status, status);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, testing::HasSubstr(part));
  const std::string prefix = command.substr(0, command.find(' ')) + ": error: ";
  size_t messages = 0;
  for (size_t at = 0; (at = result.err.find(prefix, at)) != std::string::npos; ++at) ++messages;
  EXPECT_EQ(messages, 1) << result.err;
}

}  // namespace csn::test
