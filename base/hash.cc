#include "base/hash.h"

#include <fmt/format.h>
#include <nettle/sha2.h>
#include <xxhash.h>

#include <array>
#include <memory>
#include <new>
#include <vector>

#include "base/internal/unique_fd.h"

namespace csn {
namespace {

std::string Hex(std::span<const uint8_t> bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const uint8_t byte : bytes) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

// Big-endian digits, as xxhsum prints them.
std::string Hex(XXH128_hash_t hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  return Hex(std::span<const uint8_t>(canonical.digest));
}

struct FreeState {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

}  // namespace

uint64_t Hash64(std::span<const uint8_t> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

uint64_t Hash64(std::string_view text) { return Hash64(AsBytes(text)); }

std::string Checksum(std::span<const uint8_t> bytes) {
  return Hex(XXH3_128bits(bytes.data(), bytes.size()));
}

std::string FileChecksum(const std::string& path) {
  const internal::UniqueFd fd = internal::OpenForReading(path);
  const std::unique_ptr<XXH3_state_t, FreeState> state(XXH3_createState());
  if (state == nullptr) throw std::bad_alloc();
  XXH3_128bits_reset(state.get());
  std::vector<uint8_t> piece(1 << 20);
  while (const size_t got = internal::ReadUpTo(fd, path, piece)) {
    XXH3_128bits_update(state.get(), piece.data(), got);
  }
  return Hex(XXH3_128bits_digest(state.get()));
}

std::string Sha256(std::span<const uint8_t> bytes) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, bytes.size(), bytes.data());
  std::array<uint8_t, SHA256_DIGEST_SIZE> digest;
  sha256_digest(&context, digest.size(), digest.data());
  return Hex(digest);
}

}  // namespace csn
