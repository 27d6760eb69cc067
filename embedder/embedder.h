// Embeddings of photographs by a trained model, through the loadable module.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/error.h"
#include "base/matrix.h"
#include "embedder/model_file.h"

namespace csn {

// How an error leaves the module: as code and text. `code` holds an ErrorCode.
struct ModuleError {
  ErrorCode code = ErrorCode::kFailed;
  std::string message;
};

// A network ready to embed. One Embed() at a time; it uses the threads it was made with.
class Embedder {
 public:
  virtual ~Embedder() = default;

  // Loads the module at first call and makes the model's network. `model` is not kept. threads 0:
  // all processors. Throws Error(kFailed) where the module is missing, Error(kCorruption) where the
  // weights do not fit the trunk.
  static std::unique_ptr<Embedder> Make(const Model& model, int threads = 0);

  // Photographs as base/image.h PrepareImage makes them: [n, size, size, 3] bytes -> embeddings [n,
  // d], unmasked. Throws Error(kInvalidArgument) where the byte count does not fit n.
  Matrix Embed(std::span<const uint8_t> photographs, size_t n);

 protected:
  Embedder(int size, size_t dim) : size_(size), dim_(dim) {}
  // Fills out [n, d]; false with *error set where it fails. Throws nothing.
  virtual bool DoEmbed(const uint8_t* photographs, size_t n, float* out, ModuleError* error) = 0;

  int size_;
  size_t dim_;
};

}  // namespace csn
