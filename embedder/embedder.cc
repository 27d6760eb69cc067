#include "embedder/embedder.h"

#include "embedder/module.h"

namespace csn {

std::unique_ptr<Embedder> Embedder::Make(const Model& model, const EmbedderOptions& options) {
  std::unique_ptr<Embedder> embedder;
  ModuleError error;
  if (!TorchModule().make_embedder(model, options, &embedder, &error)) {
    throw Error(error.code, error.message);
  }
  return embedder;
}

Matrix Embedder::Embed(std::span<const uint8_t> photographs, size_t n) {
  const size_t expected = n * size_ * size_ * 3;
  Require(photographs.size() == expected, "embedding {} photographs: {} bytes expected, got {}", n,
          expected, photographs.size());
  Matrix embeddings(n, dim_);
  ModuleError error;
  if (n > 0 && !DoEmbed(photographs.data(), n, embeddings.data(), &error)) {
    throw Error(error.code, error.message);
  }
  return embeddings;
}

}  // namespace csn
