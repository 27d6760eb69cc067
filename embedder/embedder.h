// Embeddings of photographs by a trained model, through the loadable module.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/device.h"
#include "base/error.h"
#include "base/loadable_module.h"
#include "base/matrix.h"
#include "embedder/model_file.h"

namespace csn {

struct EmbedderOptions {
  int threads = 0;  // 0: all processors
  Device device = {};
};

// A network ready to embed. One Embed() at a time; it uses the threads it was made with.
class Embedder {
 public:
  virtual ~Embedder() = default;

  // Loads the module at first call and makes the model's network. `model` is not kept. Throws
  // Error(kFailed) where the module is missing or the device cannot be used, Error(kCorruption)
  // where the weights do not fit the trunk.
  static std::unique_ptr<Embedder> Make(const Model& model, const EmbedderOptions& options = {});

  // The device that it uses, for a person: "cuda:0", or "cpu" with the reason why it is no other.
  const std::string& device() const { return device_; }

  // Photographs as base/image.h PrepareImage makes them: [n, size, size, 3] bytes -> embeddings [n,
  // d], unmasked. Throws Error(kInvalidArgument) where the byte count does not fit n.
  Matrix Embed(std::span<const uint8_t> photographs, size_t n);

 protected:
  Embedder(int size, size_t dim, std::string device = "cpu")
      : size_(size), dim_(dim), device_(std::move(device)) {}
  // Fills out [n, d]; false with *error set where it fails. Throws nothing.
  virtual bool DoEmbed(const uint8_t* photographs, size_t n, float* out, ModuleError* error) = 0;

  int size_;
  size_t dim_;
  std::string device_;
};

}  // namespace csn
