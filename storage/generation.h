// Published states of an index directory. A generation never changes once published.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/box_tree.h"
#include "storage/code_file.h"
#include "storage/embedding_file.h"
#include "storage/manifest.h"
#include "storage/metadata_store.h"
#include "storage/subspace_index.h"

namespace csn {

// One generation, read-only. Thread-safe.
class Generation {
 public:
  // Opens the live generation of an index directory: CURRENT, the manifest against its checksum,
  // the existence and size of every file, headers, and that embeddings and metadata are no other
  // generation's; both are opened, subspace indexes are loaded at first use. The model is left to
  // who can read it (query/model_check.h). Throws Error(kNotFound) where there is no index,
  // Error(kMismatch) where the model has another size, Error(kCorruption) naming file, expected and
  // found, Error(kFailed) where the system does not let a file be read.
  static Generation Open(const std::string& index);
  ~Generation();
  Generation(Generation&&) noexcept;
  Generation& operator=(Generation&&) noexcept;

  const std::string& name() const;    // "000007"
  const std::string& folder() const;  // its path
  const Manifest& manifest() const;
  const EmbeddingFile& embeddings() const;
  const MetadataStore& metadata() const;
  // Loaded and checked at first call for each notion.
  const SubspaceIndex& subspace(NotionId notion) const;
  // Whether a notion's rows are coded: not in generations of formats before 6, nor without live
  // dimensions or with more than kMostCodedDims of them.
  bool has_codes(NotionId notion) const;
  // Loaded and checked at first call for each notion, which has_codes().
  const CodesView& codes(NotionId notion) const;
  // Loaded, checked and made at first call for each notion, whose manifest has a tree.
  const BoxTree& tree(NotionId notion) const;

  // Checks every byte: all checksums, embeddings, the store's contents, codes against embeddings,
  // each index's shape against the manifest. Calls `on_file` with each relative path before it is
  // checked. Throws Error(kCorruption) at the first fault.
  void Verify(const std::function<void(const std::string&)>& on_file) const;

 private:
  struct Impl;
  explicit Generation(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Makes one new generation: a folder nobody sees until Publish. Holds the index directory's lock
// while it lives.
class GenerationWriter {
 public:
  // Creates `index` where needed, takes its lock, removes what an interrupted build left.
  // Throws Error(kLocked) where another writer holds it, Error(kInvalidArgument) where `index` is a
  // file or a folder that holds other things than an index, Error(kFailed) where it cannot be made.
  explicit GenerationWriter(const std::string& index);
  // Unpublished: removes its folder (and `index` itself where this writer made it and nothing was
  // ever published).
  ~GenerationWriter();
  GenerationWriter(const GenerationWriter&) = delete;
  GenerationWriter& operator=(const GenerationWriter&) = delete;

  const std::string& folder() const;  // where to put the files of layout.h

  // Puts a file of a published generation of this index into the new one, by a hard link where the
  // file system has them, else a copy. `file` is a name of its manifest. Publish throws
  // Error(kCorruption) where the file no longer is what that manifest says, so that damage is never
  // handed on as sound.
  void Share(const Generation& from, const std::string& file);

  // Fills manifest.files and embeddings_outline from what lies in folder(), syncs every file,
  // writes the manifest, renames the folder to its final name, replaces CURRENT. Before the last
  // step nothing is visible. The new generation and the one that was live before stand, all others
  // are removed. Returns the generation's name.
  std::string Publish(Manifest manifest);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace csn
