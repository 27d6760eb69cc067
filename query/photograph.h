// Photographs as queries.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "embedder/embedder.h"
#include "storage/generation.h"

namespace csn {

// Embeds photographs by the model that made an index, read (and the module csn_torch loaded) at the
// first. Thread-safe; one at a time goes through the network.
class PhotographEmbedder {
 public:
  using Make = std::function<std::unique_ptr<Embedder>(const Model&, const EmbedderOptions&)>;
  // `make` is for tests.
  explicit PhotographEmbedder(Make make = Embedder::Make) : make_(std::move(make)) {}

  // The embedding [d], unmasked, of an image file through the same preprocessing and forward pass
  // as when the index was built: a photograph of the catalogue comes out as its item's row, bit for
  // bit where the threads are as many and the device is the same. `generation` is the same at every
  // call. Throws Error(kNotFound) where there is no such file, Error(kInvalidArgument) naming the
  // file where it is no whole picture, Error(kMismatch) and Error(kCorruption) as CheckModel.
  std::vector<float> Embed(const Generation& generation, const std::string& path);

 private:
  const Make make_;
  std::mutex mutex_;  // of what follows, which is none before the first photograph
  std::unique_ptr<const Model> model_;  // once there it stays
  std::unique_ptr<Embedder> embedder_;
};

}  // namespace csn
