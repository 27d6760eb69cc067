#include "tools/draw/shoe_catalogue.h"

#include <mutex>
#include <vector>

#include "base/error.h"
#include "base/image.h"
#include "base/thread_pool.h"
#include "tools/catalogue_folder.h"

namespace csn {
namespace {

// SplitMix64's finisher: neighbouring numbers come out unrelated.
uint64_t Scramble(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
  return value ^ (value >> 31);
}

std::string Sku(size_t index) { return fmt::format("SHOE-{:05}", index + 1); }
std::string ImagePath(size_t index) { return fmt::format("images/{}.png", Sku(index)); }

std::string CsvLine(const Shoe& shoe, size_t index) {
  return fmt::format("{},{},{},{},{:.1f},{},{},{:.2f}\n", Sku(index), ImagePath(index),
                     ShoeCategoryName(shoe.category), ShoeClosureName(shoe.closure),
                     shoe.heel_height_cm, ToeShapeName(shoe.toe_shape), ShoeColourName(shoe.colour),
                     shoe.price);
}

}  // namespace

Shoe CatalogueShoe(uint64_t seed, size_t index) {
  Rng rng(Scramble(Scramble(seed) + 0x9e3779b97f4a7c15ull * (index + 1)));
  return SampleShoe(rng);
}

void WriteShoeCatalogue(const ShoeCatalogueOptions& options) {
  Require(options.count >= 1, "drawing shoes: count {}, expected at least 1", options.count);
  Require(options.threads >= 0, "drawing shoes: threads {}, expected 0 or more", options.threads);
  const CatalogueFolder folder(options.directory, "drawing shoes");
  folder.MakeFolder("images");

  std::vector<std::string> lines(options.count);
  std::mutex mutex;
  uint64_t done = 0;
  const int threads = options.threads == 0 ? DefaultThreads() : options.threads;
  ParallelFor(options.count, threads, [&](size_t i) {
    ThrowIfStopped(options.stop);
    const Shoe shoe = CatalogueShoe(options.seed, i);
    folder.Write(ImagePath(i), EncodePng(DrawShoe(shoe, options.size)));
    lines[i] = CsvLine(shoe, i);
    std::lock_guard lock(mutex);
    ++done;
    if (options.progress) options.progress({"drawing shoes", done, options.count, "photographs"});
  });

  std::string csv = "sku,image,category,closure,heel_height,toe_shape,colour,price\n";
  for (const std::string& line : lines) csv += line;
  folder.Publish(csv);
}

}  // namespace csn
