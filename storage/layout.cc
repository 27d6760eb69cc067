#include "storage/layout.h"

#include <fmt/format.h>

namespace csn::layout {

std::string Current(const std::string& index) { return index + "/CURRENT"; }

std::string Lock(const std::string& index) { return index + "/LOCK"; }

std::string Generations(const std::string& index) { return index + "/generations"; }

std::string GenerationName(uint64_t number) { return fmt::format("{:06}", number); }

std::string GenerationFolder(const std::string& index, const std::string& name) {
  return Generations(index) + "/" + name;
}

std::string BuildFolder(const std::string& index) { return Generations(index) + "/building"; }

std::string NotionIndex(NotionId notion) { return fmt::format("notion-{:02}.faiss", notion); }

std::string NotionCodes(NotionId notion) { return fmt::format("notion-{:02}.codes", notion); }

std::string NotionTree(NotionId notion) { return fmt::format("notion-{:02}.tree", notion); }

}  // namespace csn::layout
