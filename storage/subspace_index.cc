#include "storage/subspace_index.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
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
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "storage/internal/file_mapping.h"
#include "storage/internal/graph_search.h"

namespace csn {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

constexpr int kMinM = 2;
constexpr int kMaxM = 128;
constexpr char kFlatKey[] = "Flat";
constexpr std::string_view kHnswPrefix = "HNSW";

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

// How FAISS begins the files of the two kinds we write.
struct FaissHeader {
  std::array<char, 4> magic;
  int32_t dim;
  int64_t rows;
};
static_assert(sizeof(FaissHeader) == 16);
constexpr std::array<char, 4> kFlatMagic = {'I', 'x', 'F', '2'};
constexpr std::array<char, 4> kHnswMagic = {'I', 'H', 'N', 'f'};

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

// M of "HNSW<M>", else nothing.
std::optional<int> ParseHnswM(std::string_view key) {
  if (!key.starts_with(kHnswPrefix)) return std::nullopt;
  key.remove_prefix(kHnswPrefix.size());
  if (key.empty() || key.size() > 3 || key[0] == '0') return std::nullopt;
  int m = 0;
  for (const char digit : key) {
    if (digit < '0' || digit > '9') return std::nullopt;
    m = m * 10 + (digit - '0');
  }
  if (m < kMinM || m > kMaxM) return std::nullopt;
  return m;
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

// Whether every link of a row's list on `level` ends (-1) or leads to a row that has the level. On
// level 0 all have it: a row without levels is refused for itself.
bool LinksAreSound(const faiss::HNSW& graph, std::span<const int> links, int level) {
  const auto rows = static_cast<unsigned>(graph.levels.size());
  // No early way out, so that it is done by vectors: an index holds millions of links.
  bool sound = true;
  for (const int to : links) sound &= static_cast<unsigned>(to) + 1 <= rows;
  if (!sound || level == 0) return sound;
  return std::all_of(links.begin(), links.end(), [&](int to) {
    return to < 0 || graph.levels[static_cast<size_t>(to)] > level;
  });
}

// What is wrong with a graph over `rows` vectors: FAISS's search follows it without looking. ""
// where nothing is.
std::string GraphFault(const faiss::HNSW& graph, size_t rows) {
  const std::vector<int>& begins = graph.cum_nneighbor_per_level;  // of each level in a row's list
  if (begins.size() < 2 || begins[0] != 0 || !std::is_sorted(begins.begin(), begins.end())) {
    return "a graph whose levels are out of order";
  }
  if (graph.levels.size() != rows || graph.offsets.size() != rows + 1 || graph.offsets[0] != 0 ||
      graph.offsets.back() != graph.neighbors.size()) {
    return fmt::format("a graph of {} rows and {} links, expected {} rows", graph.levels.size(),
                       graph.neighbors.size(), rows);
  }
  const std::span<const int> links(graph.neighbors);
  for (size_t row = 0; row < rows; ++row) {
    const int levels = graph.levels[row];
    if (levels < 1 || static_cast<size_t>(levels) >= begins.size() ||
        graph.offsets[row + 1] - graph.offsets[row] != static_cast<size_t>(begins[levels])) {
      return fmt::format("a graph whose row {} has a list that does not fit its {} levels", row,
                         levels);
    }
    for (int level = 0; level < levels; ++level) {
      const auto list = links.subspan(graph.offsets[row] + static_cast<size_t>(begins[level]),
                                      static_cast<size_t>(begins[level + 1] - begins[level]));
      if (LinksAreSound(graph, list, level)) continue;
      return fmt::format("a graph whose row {} leads, on level {}, to a row which is not there",
                         row, level);
    }
  }
  const int64_t entry = graph.entry_point;
  const bool sound = rows == 0 ? entry == -1
                               : entry >= 0 && entry < static_cast<int64_t>(rows) &&
                                     graph.max_level == graph.levels[entry] - 1;
  return sound ? "" : fmt::format("a graph that is entered at row {} of {}", entry, rows);
}

// What is wrong with an index that FAISS read: we only ever write two kinds. "" where nothing is.
std::string ShapeFault(const faiss::Index& index) {
  const auto* hnsw = dynamic_cast<const faiss::IndexHNSWFlat*>(&index);
  const auto* flat = dynamic_cast<const faiss::IndexFlat*>(hnsw ? hnsw->storage : &index);
  if (flat == nullptr) return "an index that is neither Flat nor HNSW";
  if (index.metric_type != faiss::METRIC_L2 || flat->metric_type != faiss::METRIC_L2) {
    return "an index whose metric is not L2";
  }
  if (index.d < 1 || index.ntotal < 0 || flat->d != index.d || flat->ntotal != index.ntotal ||
      flat->codes.size() != size_t(index.ntotal) * size_t(index.d) * sizeof(float)) {
    return "an index whose vectors do not fit its counts";
  }
  return hnsw == nullptr ? "" : GraphFault(hnsw->hnsw, static_cast<size_t>(index.ntotal));
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

std::unique_ptr<faiss::Index> ReadFaiss(std::span<const uint8_t> bytes, const std::string& path) {
  try {
    SpanReader reader(bytes);
    std::unique_ptr<faiss::Index> index(faiss::read_index(&reader));
    const std::string fault = ShapeFault(*index);
    if (!fault.empty()) Fail(ErrorCode::kCorruption, "{}: holds {}", path, fault);
    if (reader.left() != 0) {
      Fail(ErrorCode::kCorruption, "{}: {} bytes after the end of the index", path, reader.left());
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

// FAISS's answer to one query as ours: no padding; ties by row.
std::vector<Neighbor> ToNeighbors(const float* distances, const faiss::Index::idx_t* labels,
                                  size_t k) {
  std::vector<Neighbor> neighbors;
  neighbors.reserve(k);
  for (size_t i = 0; i < k; ++i) {
    if (labels[i] < 0) continue;
    neighbors.push_back({static_cast<uint32_t>(labels[i]), distances[i]});
  }
  std::sort(neighbors.begin(), neighbors.end());
  return neighbors;
}

}  // namespace

void CheckIndexKey(const std::string& key) {
  Require(key == kFlatKey || ParseHnswM(key),
          "index key '{}': expected Flat or HNSW<M>, M in {}..{}", key, kMinM, kMaxM);
}

bool IsExactKey(const std::string& key) { return key == kFlatKey; }

int GraphLinks(const std::string& key) { return ParseHnswM(key).value_or(0); }

struct SubspaceIndex::Impl {
  // Of an index that is built or read whole.
  void Hold(std::unique_ptr<faiss::Index> whole) {
    index = std::move(whole);
    const auto* hnsw = dynamic_cast<const faiss::IndexHNSWFlat*>(index.get());
    if (hnsw == nullptr) return;
    const auto& flat = dynamic_cast<const faiss::IndexFlat&>(*hnsw->storage);
    graph.emplace(hnsw->hnsw, MatrixView{flat.get_xb(), static_cast<size_t>(flat.ntotal),
                                         static_cast<size_t>(flat.d)});
  }

  std::unique_ptr<faiss::Index> index;  // none where there is no dimension
  std::optional<internal::GraphSearcher> graph;
  size_t rows = 0;
};

SubspaceIndex::SubspaceIndex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SubspaceIndex::~SubspaceIndex() = default;
SubspaceIndex::SubspaceIndex(SubspaceIndex&&) noexcept = default;
SubspaceIndex& SubspaceIndex::operator=(SubspaceIndex&&) noexcept = default;

SubspaceIndex SubspaceIndex::Build(const IndexOptions& options, MatrixView vectors,
                                   const StopFlag* stop) {
  CheckIndexKey(options.key);
  Require(vectors.rows <= size_t(std::numeric_limits<int32_t>::max()),
          "an index over {} rows: FAISS's graphs hold up to {}", vectors.rows,
          std::numeric_limits<int32_t>::max());
  auto impl = std::make_unique<Impl>();
  impl->rows = vectors.rows;
  if (vectors.cols == 0) return SubspaceIndex(std::move(impl));

  const int dim = static_cast<int>(vectors.cols);
  std::unique_ptr<faiss::Index> index;
  if (const std::optional<int> m = ParseHnswM(options.key)) {
    Require(options.ef_construction >= 1, "ef_construction {}: expected at least 1",
            options.ef_construction);
    auto hnsw = std::make_unique<faiss::IndexHNSWFlat>(dim, *m, faiss::METRIC_L2);
    hnsw->hnsw.efConstruction = options.ef_construction;
    index = std::move(hnsw);
  } else {
    index = std::make_unique<faiss::IndexFlatL2>(dim);
  }
  const OneOpenMpThread one_thread;
  try {
    for (size_t row = 0; row < vectors.rows; row += kRowsBetweenStops) {
      ThrowIfStopped(stop);
      index->add(static_cast<int64_t>(std::min(kRowsBetweenStops, vectors.rows - row)),
                 vectors.Row(row).data());
    }
  } catch (const faiss::FaissException& error) {
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
  return IsExactKey(key) || !internal::HasRowBytes(dim)
             ? file
             : file + rows * internal::RowBytes::Width(dim);
}

uint64_t SubspaceIndex::FileBytes(const std::string& key, uint64_t rows, size_t dim) {
  CheckIndexKey(key);
  if (dim == 0) return sizeof(NoDimensionFile);
  const uint64_t vectors = rows * dim * sizeof(float);
  const std::optional<int> m = ParseHnswM(key);
  if (!m) return vectors;
  // A row has 2 M links on the lowest level and M on each further one, which M times fewer rows
  // reach than the one below: M / (M - 1) of them in the mean. Its level and where its links are
  // take 12 bytes.
  const double links = *m * (2 + 1.0 / (*m - 1));
  return vectors + rows * 12 + static_cast<uint64_t>(static_cast<double>(rows) * links * 4);
}

void SubspaceIndex::CheckHeader(const std::string& path, const std::string& key, size_t rows,
                                size_t dim) {
  const std::vector<uint8_t> bytes = ReadFilePart(path, 0, sizeof(NoDimensionFile));
  FaissHeader header{.magic = IsExactKey(key) ? kFlatMagic : kHnswMagic, .dim = 0, .rows = 0};
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
    // One at a time, because from 20 on FAISS computes distances by BLAS, which cancels and
    // misorders close neighbours.
    for (size_t i = 0; i < queries.rows; ++i) {
      impl_->index->search(1, queries.Row(i).data(), static_cast<int64_t>(k), distances.data(),
                           labels.data());
      answers[i] = ToNeighbors(distances.data(), labels.data(), k);
    }
  } catch (const faiss::FaissException& error) {
    Fail(ErrorCode::kFailed, "searching an index of {} rows: {}", size(), error.what());
  }
  return answers;
}

}  // namespace csn
