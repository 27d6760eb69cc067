#include "query/photograph.h"

#include <span>

#include "base/error.h"
#include "base/image.h"
#include "query/model_check.h"

namespace csn {
namespace {

// Damage of the file asked with is the asker's to mend, not damage of the index.
std::vector<uint8_t> Prepare(const std::string& path, const Preprocessing& recipe) {
  const std::vector<uint8_t> bytes = ReadImageFile(path);
  try {
    return PrepareImage(bytes, recipe);
  } catch (const Error& error) {
    Fail(error.code() == ErrorCode::kCorruption ? ErrorCode::kInvalidArgument : error.code(),
         "image {}: {}", path, error.what());
  }
}

}  // namespace

std::vector<float> PhotographEmbedder::Embed(const Generation& generation,
                                             const std::string& path) {
  {
    std::lock_guard lock(mutex_);
    if (model_ == nullptr) model_ = std::make_unique<const Model>(LoadCheckedModel(generation));
  }
  // Before the module is loaded, which takes most of a second: the file may be no picture.
  const std::vector<uint8_t> photograph = Prepare(path, model_->preprocessing);
  std::lock_guard lock(mutex_);
  if (embedder_ == nullptr) embedder_ = make_(*model_, {});
  const Matrix embedding = embedder_->Embed(photograph, 1);
  const std::span<const float> row = embedding.Row(0);
  return {row.begin(), row.end()};
}

}  // namespace csn
