// A small drawn shop with a model and an index of it, made by the built programs as a user would
// make them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/test_support.h"

namespace csn::test {

// Made at first use, once a process; tests that change files work on copies.
class Shop {
 public:
  static constexpr int kItems = 150;
  // Training flags that take seconds; two notions, one of each kind.
  static constexpr char kTraining[] =
      "--notion closure --notion heel-height=heel_height:numeric --batch 32 --size 32 --dim 16";

  static const Shop& Get();
  // The command that trains m.csn on the shop's catalogue, with kTraining and `more`.
  static std::string TrainCommand(const std::string& more);

  const std::string& folder() const { return folder_.path(); }
  std::string catalogue() const { return folder_ / "shoes/catalogue.csv"; }
  std::string model() const { return folder_ / "m.csn"; }
  std::string index() const { return folder_ / "idx"; }
  // What csn_train and csn_index build printed.
  const nlohmann::json& trained() const { return trained_; }
  const nlohmann::json& built() const { return built_; }

 private:
  Shop();
  TempDir folder_;
  nlohmann::json trained_;
  nlohmann::json built_;
};

// Runs a command that is to succeed; its stdout. Throws std::runtime_error with stderr where it
// does not.
std::string RunOk(const std::string& command, const std::string& folder = "");

// Every program and every command of one: "csn_query", "csn_index", "csn_index build".
std::vector<std::string> ProgramPages();

// csn_query on the shop's index.
std::string QueryCommand(const std::string& arguments);

// Every line as JSON.
std::vector<nlohmann::json> JsonLines(const std::string& text);

// Runs a program that is to be wrong or to fail: expects the status, an empty stdout, and exactly
// one message "PROGRAM: error: " on stderr that contains `part`.
void ExpectError(const std::string& command, int status, const std::string& part,
                 const std::string& folder = "");

}  // namespace csn::test
