// Fixed triplets in files, laid out as those that the paper's authors released for UT-Zappos50K.
//
//   DIR/filenames.json                               one image path a line (no JSON)
//   DIR/tripletlists/NOTION_tripletlist_train.txt    "anchor far close", rows of filenames.json
//   from DIR/tripletlists/NOTION_tripletlist_val.txt      0 on, a triplet a line
//   DIR/tripletlists/NOTION_tripletlist_test.txt
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "embedder/triplet_source.h"

namespace csn {

// Triplets of rows of `images`.
struct TripletLists {
  std::vector<std::string> images;
  std::vector<std::vector<Triplet>> train;       // [C]
  std::vector<std::vector<Triplet>> validation;  // [C]
};

// Reads the training and validation lists of these notions; in a list's name '-' and '_' are the
// same as in the notion's. Throws Error(kNotFound) naming a file that is not there,
// Error(kInvalidArgument) naming file and line that do not hold what they should.
TripletLists ReadTripletLists(const std::string& folder, const std::vector<Notion>& notions);

// The test list of one notion.
struct TestList {
  std::string name;  // as its file has it
  std::vector<Triplet> triplets;
};

struct TestLists {
  std::vector<std::string> images;
  std::vector<TestList> lists;  // by name
};

// Reads every test list of the folder. Errors as ReadTripletLists; Error(kNotFound) where there is
// none.
TestLists ReadTestLists(const std::string& folder);

// Finds images by a catalogue's paths, which may begin further up.
class ImageRows {
 public:
  // `images` must outlive it.
  explicit ImageRows(const std::vector<std::string>& images);
  // The row of the image whose path is `path` or its end, from a '/' on; none: images.size().
  size_t Find(std::string_view path) const;

 private:
  std::unordered_map<std::string_view, size_t> rows_;
  size_t count_;
};

// Of every row of `images` images the item that shows it: `rows` are ImageRows::Find of all items.
// kNoItem where none does.
inline constexpr uint32_t kNoItem = std::numeric_limits<uint32_t>::max();
std::vector<uint32_t> ItemsOfRows(std::span<const size_t> rows, size_t images);

// A list of rows of images -> of items, less the triplets with an image that no item shows, which
// are added to `dropped`; at most `limit` of them, drawn by `seed`, where that is above 0.
std::vector<Triplet> ItemTriplets(std::span<const Triplet> list, std::span<const uint32_t> item_of,
                                  size_t limit, uint64_t seed, uint64_t& dropped);

}  // namespace csn
