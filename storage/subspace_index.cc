#include "storage/subspace_index.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
#include <faiss/IndexIVFFlat.h>
#include <faiss/IndexIVFPQ.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/VectorTransform.h>
#include <faiss/impl/FaissException.h>
#include <faiss/impl/io.h>
#include <faiss/index_io.h>
#include <fmt/ranges.h>
#include <omp.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <filesystem>
#include <limits>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "storage/gpu_module.h"
#include "storage/internal/file_mapping.h"
#include "storage/internal/graph_search.h"
#include "storage/internal/index_check.h"
#include "storage/internal/list_search.h"
#include "storage/internal/training_stop.h"

namespace csn {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

// FAISS cannot hold vectors without dimensions: such an index is its row count, in a file of our
// own.
constexpr uint64_t kNoDimensionMagic = 0x306d69642d6e7363;  // "csn-dim0"
constexpr uint64_t kNoDimensionVersion = 1;
struct NoDimensionFile {
  uint64_t magic = kNoDimensionMagic;
  uint64_t version = kNoDimensionVersion;
  uint64_t rows = 0;
  uint64_t checksum = 0;  // XXH3-64 of what stands before it
};
static_assert(sizeof(NoDimensionFile) == 32);

// Graphs take seconds for so many.
constexpr size_t kRowsBetweenStops = 10'000;

// How FAISS begins the files of the kinds we write.
struct FaissHeader {
  std::array<char, 4> magic;
  int32_t dim;
  int64_t rows;
};
static_assert(sizeof(FaissHeader) == 16);
constexpr std::array<char, 4> kFlatMagic = {'I', 'x', 'F', '2'};
constexpr std::array<char, 4> kHnswMagic = {'I', 'H', 'N', 'f'};
constexpr std::array<char, 4> kListsMagic = {'I', 'w', 'F', 'l'};
constexpr std::array<char, 4> kPqListsMagic = {'I', 'w', 'P', 'Q'};
constexpr std::array<char, 4> kTransformMagic = {'I', 'x', 'P', 'T'};

constexpr int kBitsOfCode = 8;
constexpr size_t kPartCentroids = 1 << kBitsOfCode;

// FAISS asks OpenMP for threads, whose number is the calling thread's own setting.
class OneOpenMpThread {
 public:
  OneOpenMpThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneOpenMpThread() { omp_set_num_threads(before_); }
  OneOpenMpThread(const OneOpenMpThread&) = delete;
  OneOpenMpThread& operator=(const OneOpenMpThread&) = delete;

 private:
  int before_;
};

// What vectors of so many dimensions are filled up to by zeros: a product quantizer's parts are
// equally wide.
size_t FilledDim(const IndexKey& key, size_t dim) {
  if (key.kind != IndexKind::kPqLists) return dim;
  const auto parts = static_cast<size_t>(key.code_bytes);
  return (dim + parts - 1) / parts * parts;
}

std::array<char, 4> MagicOf(const IndexKey& key, size_t dim) {
  switch (key.kind) {
    case IndexKind::kFlat:
      return kFlatMagic;
    case IndexKind::kGraph:
      return kHnswMagic;
    case IndexKind::kLists:
      return kListsMagic;
    case IndexKind::kPqLists:
      return FilledDim(key, dim) == dim ? kPqListsMagic : kTransformMagic;
  }
  return kFlatMagic;
}

// An index of vectors of `dim` dimensions that holds them as wider ones.
std::unique_ptr<faiss::Index> BehindZeros(std::unique_ptr<faiss::Index> index, int dim) {
  auto transform = std::make_unique<faiss::RemapDimensionsTransform>(dim, index->d, false);
  auto whole = std::make_unique<faiss::IndexPreTransform>(transform.get(), index.get());
  whole->own_fields = true;
  static_cast<void>(transform.release());
  static_cast<void>(index.release());
  return whole;
}

std::unique_ptr<faiss::Index> EmptyLists(const IndexKey& key, int dim) {
  const int filled = static_cast<int>(FilledDim(key, static_cast<size_t>(dim)));
  const auto lists = static_cast<size_t>(key.lists);
  auto centroids = std::make_unique<faiss::IndexFlatL2>(filled);
  std::unique_ptr<faiss::IndexIVF> index;
  if (key.kind == IndexKind::kLists) {
    index = std::make_unique<faiss::IndexIVFFlat>(centroids.get(), filled, lists);
  } else {
    auto pq = std::make_unique<faiss::IndexIVFPQ>(centroids.get(), filled, lists,
                                                  static_cast<size_t>(key.code_bytes), kBitsOfCode);
    pq->pq.cp.min_points_per_centroid = 1;
    index = std::move(pq);
  }
  static_cast<void>(centroids.release());
  index->own_fields = true;
  index->cp.min_points_per_centroid = 1;  // else it warns on stderr
  if (filled == dim) return index;
  return BehindZeros(std::move(index), dim);
}

std::unique_ptr<faiss::Index> EmptyIndex(const IndexOptions& options, const IndexKey& key,
                                         int dim) {
  if (key.has_lists()) return EmptyLists(key, dim);
  if (key.kind == IndexKind::kFlat) return std::make_unique<faiss::IndexFlatL2>(dim);
  Require(options.ef_construction >= 1, "ef_construction {}: expected at least 1",
          options.ef_construction);
  auto hnsw = std::make_unique<faiss::IndexHNSWFlat>(dim, key.links, faiss::METRIC_L2);
  hnsw->hnsw.efConstruction = options.ef_construction;
  return hnsw;
}

uint64_t ChecksumOf(const NoDimensionFile& file) {
  return Hash64(
      std::span(reinterpret_cast<const uint8_t*>(&file), sizeof file - sizeof file.checksum));
}

// The row count where `bytes` are a file without dimensions, nothing where they are FAISS's.
std::optional<uint64_t> ParseNoDimension(std::span<const uint8_t> bytes, const std::string& path) {
  NoDimensionFile file;
  if (bytes.size() < sizeof file.magic) return std::nullopt;
  std::memcpy(&file.magic, bytes.data(), sizeof file.magic);
  if (file.magic != kNoDimensionMagic) return std::nullopt;
  if (bytes.size() >= 2 * sizeof(uint64_t)) {
    std::memcpy(&file.version, bytes.data() + sizeof file.magic, sizeof file.version);
  }
  if (file.version != kNoDimensionVersion) {
    Fail(ErrorCode::kCorruption, "{}: format version {}, this build reads up to {}", path,
         file.version, kNoDimensionVersion);
  }
  if (bytes.size() != sizeof file) {
    Fail(ErrorCode::kCorruption, "{}: {} bytes, expected {}", path, bytes.size(), sizeof file);
  }
  std::memcpy(&file, bytes.data(), sizeof file);
  if (file.checksum != ChecksumOf(file)) {
    Fail(ErrorCode::kCorruption, "{}: checksum {:016x}, expected {:016x}", path, ChecksumOf(file),
         file.checksum);
  }
  return file.rows;
}

// Bytes in memory as FAISS reads files.
class SpanReader : public faiss::IOReader {
 public:
  explicit SpanReader(std::span<const uint8_t> bytes) : rest_(bytes) {}

  size_t operator()(void* to, size_t size, size_t count) override {
    if (size == 0) return 0;
    const size_t read = std::min(count, rest_.size() / size);
    if (read > 0) std::memcpy(to, rest_.data(), read * size);
    rest_ = rest_.subspan(read * size);
    return read;
  }
  size_t left() const { return rest_.size(); }

 private:
  std::span<const uint8_t> rest_;
};

void PrecomputeTable(faiss::Index* index) {
  if (auto* lists = dynamic_cast<faiss::IndexIVFPQ*>(index)) lists->precompute_table();
}

std::unique_ptr<faiss::Index> ReadFaiss(std::span<const uint8_t> bytes, const std::string& path) {
  try {
    SpanReader reader(bytes);
    // Tables of quantizers are made of what has been looked at.
    std::unique_ptr<faiss::Index> index(
        faiss::read_index(&reader, faiss::IO_FLAG_SKIP_PRECOMPUTE_TABLE));
    const std::string fault = internal::IndexFault(*index);
    if (!fault.empty()) Fail(ErrorCode::kCorruption, "{}: holds {}", path, fault);
    if (reader.left() != 0) {
      Fail(ErrorCode::kCorruption, "{}: {} bytes after the end of the index", path, reader.left());
    }
    if (auto* behind = dynamic_cast<faiss::IndexPreTransform*>(index.get())) {
      PrecomputeTable(behind->index);
    } else {
      PrecomputeTable(index.get());
    }
    return index;
  } catch (const faiss::FaissException& error) {
    Fail(ErrorCode::kCorruption, "{}: not a readable FAISS index: {}", path, error.what());
  } catch (const std::bad_alloc&) {
    Fail(ErrorCode::kFailed, "{}: the index does not fit in memory", path);
  } catch (const std::length_error&) {
    Fail(ErrorCode::kCorruption, "{}: announces more than any memory holds", path);
  }
}

// Nothing where the device cannot, which is told: it is out of memory, or has no such lists.
std::unique_ptr<faiss::Index> BuildOnDevice(const IndexOptions& options, const IndexKey& key,
                                            MatrixView vectors, const StopFlag* stop) {
  const size_t filled = FilledDim(key, vectors.cols);
  Matrix wider;
  MatrixView rows = vectors;
  if (filled > vectors.cols) {
    wider = Matrix(vectors.rows, filled);
    for (size_t row = 0; row < vectors.rows; ++row) {
      std::ranges::copy(vectors.Row(row), wider.Row(row).begin());
    }
    rows = wider.View();
  }
  std::vector<uint8_t> file;
  ModuleError error;
  if (!GpuModule().build_lists(*options.cuda, key, rows, stop, &file, &error)) {
    ThrowIfStopped(stop);
    if (options.note) {
      options.note(fmt::format("index {}: trained on cpu (cuda:{}: {})", options.key, *options.cuda,
                               error.message));
    }
    return nullptr;
  }
  std::unique_ptr<faiss::Index> index = ReadFaiss(file, "what a CUDA device built");
  return filled == vectors.cols ? std::move(index)
                                : BehindZeros(std::move(index), static_cast<int>(vectors.cols));
}

}  // namespace

struct SubspaceIndex::Impl {
  // Of an index that is built or read whole.
  void Hold(std::unique_ptr<faiss::Index> whole) {
    index = std::move(whole);
    lists = internal::ListsOf(*index);
    const auto* hnsw = dynamic_cast<const faiss::IndexHNSWFlat*>(index.get());
    if (hnsw == nullptr) return;
    const auto& flat = dynamic_cast<const faiss::IndexFlat&>(*hnsw->storage);
    graph.emplace(hnsw->hnsw, MatrixView{flat.get_xb(), static_cast<size_t>(flat.ntotal),
                                         static_cast<size_t>(flat.d)});
  }

  std::unique_ptr<faiss::Index> index;  // none where there is no dimension
  std::optional<internal::GraphSearcher> graph;
  const faiss::IndexIVF* lists = nullptr;
  size_t rows = 0;
};

SubspaceIndex::SubspaceIndex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SubspaceIndex::~SubspaceIndex() = default;
SubspaceIndex::SubspaceIndex(SubspaceIndex&&) noexcept = default;
SubspaceIndex& SubspaceIndex::operator=(SubspaceIndex&&) noexcept = default;

SubspaceIndex SubspaceIndex::Build(const IndexOptions& options, MatrixView vectors,
                                   const StopFlag* stop) {
  const IndexKey key = ParseIndexKey(options.key);
  Require(vectors.rows <= size_t(std::numeric_limits<int32_t>::max()),
          "an index over {} rows: FAISS's graphs hold up to {}", vectors.rows,
          std::numeric_limits<int32_t>::max());
  auto impl = std::make_unique<Impl>();
  impl->rows = vectors.rows;
  if (vectors.cols == 0) return SubspaceIndex(std::move(impl));

  CheckIndexRows(options.key, vectors.rows);
  if (options.cuda && key.has_lists()) {
    if (std::unique_ptr<faiss::Index> index = BuildOnDevice(options, key, vectors, stop)) {
      impl->Hold(std::move(index));
      return SubspaceIndex(std::move(impl));
    }
  }
  std::unique_ptr<faiss::Index> index = EmptyIndex(options, key, static_cast<int>(vectors.cols));
  const OneOpenMpThread one_thread;
  const internal::TrainingStop training_stop(stop);
  try {
    if (key.has_lists()) index->train(static_cast<int64_t>(vectors.rows), vectors.data);
    for (size_t row = 0; row < vectors.rows; row += kRowsBetweenStops) {
      ThrowIfStopped(stop);
      index->add(static_cast<int64_t>(std::min(kRowsBetweenStops, vectors.rows - row)),
                 vectors.Row(row).data());
    }
  } catch (const faiss::FaissException& error) {
    ThrowIfStopped(stop);  // which is why, where it is set
    Fail(ErrorCode::kFailed, "building a {} index over {} rows: {}", options.key, vectors.rows,
         error.what());
  } catch (const std::bad_alloc&) {
    Fail(ErrorCode::kFailed, "building a {} index over {} rows: out of memory", options.key,
         vectors.rows);
  }
  impl->Hold(std::move(index));
  return SubspaceIndex(std::move(impl));
}

SubspaceIndex SubspaceIndex::Load(const std::string& path, const std::string& checksum) {
  std::error_code unknown;  // is told by opening it
  if (!std::filesystem::exists(path, unknown)) {
    Fail(ErrorCode::kCorruption, "{}: the file is missing", path);
  }
  // Not read into a buffer first: FAISS makes the one copy that is needed.
  const internal::FileMapping file(path, internal::Fetch::kAtOnce);
  const std::span<const uint8_t> bytes = file.span();
  if (!checksum.empty()) {
    const std::string found = Checksum(bytes);
    if (found != checksum) {
      Fail(ErrorCode::kCorruption, "{}: checksum {}, expected {}", path, found, checksum);
    }
  }
  auto impl = std::make_unique<Impl>();
  if (const std::optional<uint64_t> rows = ParseNoDimension(bytes, path)) {
    impl->rows = *rows;
  } else {
    impl->Hold(ReadFaiss(bytes, path));
    impl->rows = static_cast<size_t>(impl->index->ntotal);
  }
  return SubspaceIndex(std::move(impl));
}

uint64_t SubspaceIndex::MemoryBytes(const std::string& key, uint64_t rows, size_t dim) {
  const uint64_t file = FileBytes(key, rows, dim);
  const IndexKey parsed = ParseIndexKey(key);
  if (dim == 0) return file;
  if (parsed.kind == IndexKind::kGraph && internal::HasRowBytes(dim)) {
    return file + rows * internal::RowBytes::Width(dim);
  }
  if (parsed.kind != IndexKind::kPqLists) return file;
  const uint64_t table = static_cast<uint64_t>(parsed.lists) *
                         static_cast<uint64_t>(parsed.code_bytes) * kPartCentroids * sizeof(float);
  return file + (table <= faiss::precomputed_table_max_bytes ? table : 0);
}

uint64_t SubspaceIndex::FileBytes(const std::string& key, uint64_t rows, size_t dim) {
  const IndexKey parsed = ParseIndexKey(key);
  if (dim == 0) return sizeof(NoDimensionFile);
  const uint64_t vectors = rows * dim * sizeof(float);
  switch (parsed.kind) {
    case IndexKind::kFlat:
      return vectors;
    case IndexKind::kGraph: {
      // A row has 2 M links on the lowest level and M on each further one, which M times fewer rows
      // reach than the one below: M / (M - 1) of them in the mean. Its level and where its links
      // are take 12 bytes.
      const double links = parsed.links * (2 + 1.0 / (parsed.links - 1));
      return vectors + rows * 12 + static_cast<uint64_t>(static_cast<double>(rows) * links * 4);
    }
    case IndexKind::kLists:
    case IndexKind::kPqLists:
      break;
  }
  // A row's vector or code and its number; a centroid and a size for each list.
  const bool quantized = parsed.kind == IndexKind::kPqLists;
  const size_t filled = FilledDim(parsed, dim);
  const uint64_t lists =
      static_cast<uint64_t>(parsed.lists) * (filled * sizeof(float) + sizeof(uint64_t));
  const uint64_t codes = quantized ? rows * static_cast<uint64_t>(parsed.code_bytes) : vectors;
  const uint64_t parts = quantized ? filled * kPartCentroids * sizeof(float) : 0;
  return codes + rows * sizeof(faiss::Index::idx_t) + lists + parts;
}

void SubspaceIndex::CheckHeader(const std::string& path, const std::string& key, size_t rows,
                                size_t dim) {
  const std::vector<uint8_t> bytes = ReadFilePart(path, 0, sizeof(NoDimensionFile));
  FaissHeader header{.magic = MagicOf(ParseIndexKey(key), dim), .dim = 0, .rows = 0};
  if (const std::optional<uint64_t> found = ParseNoDimension(bytes, path)) {
    header.rows = static_cast<int64_t>(*found);
  } else {
    const std::array<char, 4> expected = header.magic;
    std::memcpy(&header, bytes.data(), std::min(bytes.size(), sizeof header));
    if (bytes.size() < sizeof header || header.magic != expected) {
      Fail(ErrorCode::kCorruption, "{}: expected an index of kind {}, it begins with {:02x}", path,
           key, fmt::join(std::span(bytes).first(std::min<size_t>(bytes.size(), 4)), " "));
    }
  }
  if (header.rows != static_cast<int64_t>(rows) || header.dim != static_cast<int64_t>(dim)) {
    Fail(ErrorCode::kCorruption, "{}: {} rows of {} dimensions, expected {} of {}", path,
         header.rows, header.dim, rows, dim);
  }
}

void SubspaceIndex::Save(const std::string& path) const {
  if (impl_->index == nullptr) {
    NoDimensionFile file;
    file.rows = impl_->rows;
    file.checksum = ChecksumOf(file);
    WriteFileAtomically(path, std::span(reinterpret_cast<const uint8_t*>(&file), sizeof file));
    return;
  }
  faiss::VectorIOWriter writer;
  try {
    faiss::write_index(impl_->index.get(), &writer);
  } catch (const faiss::FaissException& error) {
    Fail(ErrorCode::kFailed, "{}: writing the index: {}", path, error.what());
  }
  WriteFileAtomically(path, std::span<const uint8_t>(writer.data));
}

size_t SubspaceIndex::size() const { return impl_->rows; }

size_t SubspaceIndex::dim() const {
  return impl_->index == nullptr ? 0 : static_cast<size_t>(impl_->index->d);
}

std::vector<std::vector<Neighbor>> SubspaceIndex::Search(const SearchOptions& options,
                                                         MatrixView queries) const {
  Require(queries.cols == dim(), "queries of {} floats, the index has {}", queries.cols, dim());
  Require(options.k >= 1, "k 0: expected at least 1");
  const size_t k = std::min(options.k, size());
  std::vector<std::vector<Neighbor>> answers(queries.rows);
  if (k == 0) return answers;
  if (impl_->index == nullptr) {
    for (std::vector<Neighbor>& answer : answers) {
      for (size_t row = 0; row < k; ++row) answer.push_back({static_cast<uint32_t>(row), 0.0});
    }
    return answers;
  }

  if (impl_->graph) {
    const size_t ef = std::max(k, static_cast<size_t>(std::max(options.ef_search, 1)));
    for (size_t i = 0; i < queries.rows; ++i) {
      answers[i] = impl_->graph->Search(queries.Row(i), ef);
      if (answers[i].size() > k) answers[i].resize(k);
    }
    return answers;
  }
  std::vector<float> distances(k);
  std::vector<faiss::Index::idx_t> labels(k);
  const OneOpenMpThread one_thread;
  try {
    if (impl_->lists != nullptr) {
      const auto nprobe = static_cast<size_t>(std::max(options.nprobe, 1));
      for (size_t i = 0; i < queries.rows; ++i) {
        answers[i] = internal::SearchLists(*impl_->lists, queries.Row(i), k, nprobe);
      }
      return answers;
    }
    // One at a time, because from 20 on FAISS computes distances by BLAS, which cancels and
    // misorders close neighbours.
    for (size_t i = 0; i < queries.rows; ++i) {
      impl_->index->search(1, queries.Row(i).data(), static_cast<int64_t>(k), distances.data(),
                           labels.data());
      answers[i] = internal::ToNeighbors(distances.data(), labels.data(), k);
    }
  } catch (const faiss::FaissException& error) {
    Fail(ErrorCode::kFailed, "searching an index of {} rows: {}", size(), error.what());
  }
  return answers;
}

}  // namespace csn
