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
    if (embedder_ == nullptr) {
      const Model model = LoadCheckedModel(generation);
      recipe_ = model.preprocessing;
      embedder_ = make_(model, 0);
    }
  }
  const std::vector<uint8_t> photograph = Prepare(path, recipe_);
  std::lock_guard lock(mutex_);
  const Matrix embedding = embedder_->Embed(photograph, 1);
  const std::span<const float> row = embedding.Row(0);
  return {row.begin(), row.end()};
}

}  // namespace csn
