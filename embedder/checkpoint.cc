#include "embedder/checkpoint.h"

#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"

namespace csn {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

using Json = nlohmann::ordered_json;

constexpr std::string_view kMagic = "CSNTRAIN";
constexpr uint32_t kVersion = 2;
constexpr size_t kPreludeBytes = kMagic.size() + sizeof kVersion;

Json Binary(const auto& bytes) {
  return Json::binary(std::vector<uint8_t>(bytes.begin(), bytes.end()));
}

Model ModelFrom(const Json& json, const std::string& path) {
  return ParseModel(json.get_binary(), path);
}

// The document between prelude and checksum.
std::span<const uint8_t> CheckedContent(std::span<const uint8_t> bytes, const std::string& path) {
  uint32_t version = 0;
  uint64_t checksum = 0;
  if (bytes.size() < kPreludeBytes + sizeof checksum ||
      std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    Fail(ErrorCode::kCorruption, "checkpoint {}: no checkpoint of csn_train", path);
  }
  std::memcpy(&version, bytes.data() + kMagic.size(), sizeof version);
  if (version != kVersion) {
    Fail(ErrorCode::kCorruption, "checkpoint {}: format version {}, this build reads {}", path,
         version, kVersion);
  }
  const size_t end = bytes.size() - sizeof checksum;
  std::memcpy(&checksum, bytes.data() + end, sizeof checksum);
  if (checksum != Hash64(bytes.first(end))) {
    Fail(ErrorCode::kCorruption, "checkpoint {}: truncated or altered", path);
  }
  return bytes.subspan(kPreludeBytes, end - kPreludeBytes);
}

}  // namespace

void SaveCheckpoint(const std::string& path, const Checkpoint& checkpoint) {
  Json finished = Json::array();
  for (const Model& model : checkpoint.finished) finished.push_back(Binary(FormatModel(model)));
  const Json document = {{"run", checkpoint.run},
                         {"finished", std::move(finished)},
                         {"finished_untrained_error", checkpoint.finished_untrained_error},
                         {"step", checkpoint.step},
                         {"untrained_error", checkpoint.untrained_error},
                         {"best", Binary(FormatModel(checkpoint.best))},
                         {"learner", Binary(checkpoint.learner)}};
  std::vector<uint8_t> bytes(kMagic.begin(), kMagic.end());
  bytes.resize(kPreludeBytes);
  std::memcpy(bytes.data() + kMagic.size(), &kVersion, sizeof kVersion);
  Json::to_cbor(document, bytes);
  const uint64_t checksum = Hash64(bytes);
  bytes.resize(bytes.size() + sizeof checksum);
  std::memcpy(bytes.data() + bytes.size() - sizeof checksum, &checksum, sizeof checksum);
  WriteFileAtomically(path, bytes);
}

Checkpoint LoadCheckpoint(const std::string& path) {
  const std::vector<uint8_t> bytes = ReadFile(path);
  const std::span<const uint8_t> content = CheckedContent(bytes, path);
  try {
    const Json document = Json::from_cbor(content.begin(), content.end());
    Checkpoint checkpoint;
    checkpoint.run = document.at("run");
    for (const Json& model : document.at("finished")) {
      checkpoint.finished.push_back(ModelFrom(model, path));
    }
    checkpoint.finished_untrained_error =
        document.at("finished_untrained_error").get<std::vector<double>>();
    checkpoint.step = document.at("step");
    checkpoint.untrained_error = document.at("untrained_error").get<std::vector<double>>();
    checkpoint.best = ModelFrom(document.at("best"), path);
    const auto& learner = document.at("learner").get_binary();
    checkpoint.learner.assign(learner.begin(), learner.end());
    return checkpoint;
  } catch (const Json::exception& error) {
    Fail(ErrorCode::kCorruption, "checkpoint {}: malformed: {}", path, error.what());
  }
}

void RequireSameRun(const Checkpoint& checkpoint, const std::string& run, const std::string& path) {
  const Json then = Json::parse(checkpoint.run, nullptr, false), now = Json::parse(run);
  for (const auto& [key, value] : now.items()) {
    const Json before = then.is_object() ? then.value(key, Json()) : Json();
    if (before == value) continue;
    Fail(ErrorCode::kMismatch, "checkpoint {}: is of a run with {} {}, this one has {}", path, key,
         before.dump(), value.dump());
  }
}

}  // namespace csn
