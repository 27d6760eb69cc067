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

std::vector<float> EmbedPhotograph(
    const Generation& generation, const std::string& path,
    const std::function<std::unique_ptr<Embedder>(const Model&, int threads)>& make_embedder) {
  const Model model = LoadCheckedModel(generation);
  const std::vector<uint8_t> photograph = Prepare(path, model.preprocessing);
  const Matrix embedding = make_embedder(model, 0)->Embed(photograph, 1);
  const std::span<const float> row = embedding.Row(0);
  return {row.begin(), row.end()};
}

}  // namespace csn
