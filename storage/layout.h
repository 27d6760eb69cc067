// The name of every file in an index directory; paths are spelled nowhere else. Bytes:
// docs/format.md.
#pragma once

#include <cstdint>
#include <string>

#include "base/notion.h"

namespace csn::layout {

std::string Current(const std::string& index);      // INDEX/CURRENT
std::string Lock(const std::string& index);         // INDEX/LOCK
std::string Generations(const std::string& index);  // INDEX/generations
std::string GenerationName(uint64_t number);        // 000007
std::string GenerationFolder(const std::string& index, const std::string& name);
std::string BuildFolder(
    const std::string& index);  // INDEX/generations/building: unpublished, may be removed

// Inside a generation, relative to it.
inline constexpr char kManifest[] = "MANIFEST.json";
inline constexpr char kModel[] = "model.csn";
inline constexpr char kEmbeddings[] = "embeddings.f32";
inline constexpr char kMetadata[] = "metadata";
std::string NotionIndex(NotionId notion);  // notion-00.faiss
std::string NotionCodes(NotionId notion);  // notion-00.codes
std::string NotionTree(NotionId notion);   // notion-00.tree

}  // namespace csn::layout
