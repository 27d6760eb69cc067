#include "storage/internal/graph_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "base/byte_distances.h"
#include "base/weighted_squares.h"

namespace csn::internal {
namespace {

constexpr size_t kLineBytes = 64;    // of cache
constexpr size_t kRangeRows = 4096;  // about so many say how wide dimensions are
// Rows count as far out where they are so many times as far from the middle as all but one in a
// thousand.
constexpr float kFarOut = 2;
constexpr float kMostByte = 255;
// Points may be as far beyond the rows' bytes, on either side, as these are wide.
constexpr float kLeastPoint = -255, kMostPoint = 510;

void Prefetch(const void* from, size_t bytes) {
  const auto* at = static_cast<const char*>(from);
  for (size_t line = 0; line < bytes; line += kLineBytes) __builtin_prefetch(at + line);
}

// A row found, and whether its own links were followed.
struct Found {
  float distance;
  uint32_t row;
  bool followed;
};

}  // namespace

RowBytes::RowBytes(MatrixView vectors) : width_(Width(vectors.cols)) {
  // Of rows that stand for all.
  std::vector<std::vector<float>> values(vectors.cols);
  std::vector<float> far;
  const size_t stride = 1 + vectors.rows / kRangeRows;
  for (size_t k = 0; k < vectors.cols; ++k) {
    for (size_t row = 0; row < vectors.rows; row += stride) {
      const float value = vectors.Row(row)[k];
      values[k].push_back(std::isfinite(value) ? value : 0);
    }
    std::sort(values[k].begin(), values[k].end());
  }
  const auto middle = [&](size_t k) { return values[k][values[k].size() / 2]; };
  for (size_t row = 0; row < vectors.rows; row += stride) {
    float distance = 0;
    for (size_t k = 0; k < vectors.cols; ++k) {
      distance = std::max(distance, std::abs(vectors.Row(row)[k] - middle(k)));
    }
    far.push_back(distance);
  }
  const auto most = far.begin() + static_cast<std::ptrdiff_t>((far.size() - 1) * 999 / 1000);
  std::nth_element(far.begin(), most, far.end());
  const float reach = kFarOut * *most;
  float widest = 0;
  for (size_t k = 0; k < vectors.cols; ++k) {
    origin_.push_back(std::max(values[k].front(), middle(k) - reach));
    widest = std::max(widest, std::min(values[k].back(), middle(k) + reach) - origin_[k]);
  }
  if (std::isnormal(widest / kMostByte)) step_ = widest / kMostByte;
  bytes_.assign(vectors.rows * width_ + kLineBytes, 0);
  void* begin = bytes_.data();
  size_t space = bytes_.size();
  begin_ = static_cast<uint8_t*>(std::align(kLineBytes, bytes_.size() - kLineBytes, begin, space));
  for (size_t row = 0; row < vectors.rows; ++row) {
    const std::span<const float> values = vectors.Row(row);
    uint8_t* bytes = begin_ + row * width_;
    for (size_t k = 0; k < values.size(); ++k) {
      const float at = (values[k] - origin_[k]) / step_ + 0.5f;
      bytes[k] = at >= 0 ? static_cast<uint8_t>(std::min(at, kMostByte)) : uint8_t{0};
    }
  }
}

std::vector<int16_t> RowBytes::Point(std::span<const float> query) const {
  std::vector<int16_t> point(width_);
  for (size_t k = 0; k < query.size(); ++k) {
    const float at = std::nearbyint((query[k] - origin_[k]) / step_);
    point[k] = static_cast<int16_t>(at >= kLeastPoint ? std::min(at, kMostPoint) : kLeastPoint);
  }
  return point;
}

void VisitedRows::Clear() {
  if (++mark_ != 0) return;
  std::ranges::fill(marks_, uint8_t{0});
  mark_ = 1;
}

// Rows whose links are followed together, so that more of what these lead to is on its way at once.
constexpr size_t kFollowed = 2;

// One search.
class GraphSearcher::Walk {
 public:
  Walk(const GraphSearcher& searcher, VisitedRows& visited, std::span<const float> query, size_t ef)
      : graph_(searcher.graph_),
        vectors_(searcher.vectors_),
        ones_(searcher.ones_),
        bytes_(searcher.bytes_ ? &*searcher.bytes_ : nullptr),
        visited_(visited),
        query_(query),
        ef_(ef) {
    visited_.Clear();
    found_.reserve(ef + 1);
    if (bytes_ != nullptr) point_ = bytes_->Point(query);
  }

  std::vector<Neighbor> Run() {
    auto at = static_cast<uint32_t>(graph_.entry_point);
    for (int level = graph_.max_level; level > 0; --level) at = Descend(at, level);
    visited_.Add(at);
    Take(std::span(&at, 1));
    for (size_t next = 0; next < found_.size();) next = Follow(next);
    return Answer();
  }

 private:
  std::span<const int32_t> Links(uint32_t row, int level) const {
    const auto level_begin = static_cast<size_t>(graph_.cum_nneighbor_per_level[level]);
    const auto level_end = static_cast<size_t>(graph_.cum_nneighbor_per_level[level + 1]);
    return std::span<const int32_t>(graph_.neighbors)
        .subspan(graph_.offsets[row] + level_begin, level_end - level_begin);
  }

  // By floats, or by bytes where there are any: in distances_.
  void Measure(std::span<const uint32_t> rows) {
    if (bytes_ == nullptr) {
      MeasureFloats(rows);
      return;
    }
    byte_rows_.resize(rows.size());
    squares_.resize(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) byte_rows_[i] = bytes_->Row(rows[i]);
    ByteDistances(point_.data(), bytes_->width(), byte_rows_, squares_.data());
    distances_.assign(squares_.begin(), squares_.end());
  }

  void MeasureFloats(std::span<const uint32_t> rows) {
    float_rows_.resize(rows.size());
    distances_.resize(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) float_rows_[i] = vectors_.Row(rows[i]).data();
    const DimRun all{0, vectors_.cols};
    WeightedSquares(ones_.data(), query_.data(), {&all, 1}, float_rows_, distances_.data());
  }

  // All of them are on their way before the first is measured.
  void Fetch(uint32_t row) const {
    if (bytes_ == nullptr) {
      Prefetch(vectors_.Row(row).data(), vectors_.cols * sizeof(float));
    } else {
      Prefetch(bytes_->Row(row), bytes_->width());
    }
  }

  // What was found, with its distances in float.
  std::vector<Neighbor> Answer() {
    std::vector<Neighbor> neighbors;
    neighbors.reserve(found_.size());
    if (bytes_ == nullptr) {
      for (const Found& at : found_) neighbors.push_back({at.row, at.distance});
    } else {
      fresh_.clear();
      for (const Found& at : found_) {
        Prefetch(vectors_.Row(at.row).data(), vectors_.cols * sizeof(float));
        fresh_.push_back(at.row);
      }
      MeasureFloats(fresh_);
      for (size_t i = 0; i < fresh_.size(); ++i) {
        if (!(distances_[i] <= std::numeric_limits<float>::max())) continue;
        neighbors.push_back({fresh_[i], distances_[i]});
      }
    }
    std::sort(neighbors.begin(), neighbors.end());  // ties by row
    return neighbors;
  }

  // The row nearest to the query among those that links lead to, each nearer than the one before.
  uint32_t Descend(uint32_t row, int level) {
    Measure(std::span(&row, 1));
    float nearest = distances_.front();
    while (true) {
      fresh_.clear();
      for (const int32_t to : Links(row, level)) {
        if (to < 0) break;
        fresh_.push_back(static_cast<uint32_t>(to));
        Fetch(fresh_.back());
      }
      Measure(fresh_);
      const uint32_t before = row;
      for (size_t i = 0; i < fresh_.size(); ++i) {
        if (!(distances_[i] < nearest)) continue;
        nearest = distances_[i];
        row = fresh_[i];
      }
      if (row == before) return row;
    }
  }

  // Takes what the next kFollowed rows that are to be followed lead to, from place `next` on; the
  // place from which on there may be others.
  size_t Follow(size_t next) {
    size_t count = 0;
    std::array<std::span<const int32_t>, kFollowed> links;
    size_t at = next;
    for (; at < found_.size() && count < kFollowed; ++at) {
      if (found_[at].followed) continue;
      found_[at].followed = true;
      links[count++] = Links(found_[at].row, 0);
    }
    fresh_.clear();
    for (size_t i = 0; i < count; ++i) {
      for (const int32_t to : links[i]) {
        if (to < 0) break;
        const auto other = static_cast<uint32_t>(to);
        if (!visited_.Add(other)) continue;
        Fetch(other);
        fresh_.push_back(other);
      }
    }
    for (size_t i = 0; i < kFollowed && at + i < found_.size(); ++i) {
      __builtin_prefetch(&graph_.neighbors[graph_.offsets[found_[at + i].row]]);
    }
    return std::min(at, Take(fresh_));
  }

  // Puts those that are among the ef nearest so far in their places; the first of these.
  size_t Take(std::span<const uint32_t> rows) {
    Measure(rows);
    size_t first = found_.size();
    for (size_t i = 0; i < rows.size(); ++i) {
      const float distance = distances_[i];
      if (!(distance <= std::numeric_limits<float>::max())) continue;
      if (found_.size() == ef_ && !(distance < found_.back().distance)) continue;
      const auto place =
          std::upper_bound(found_.begin(), found_.end(), distance,
                           [](float value, const Found& at) { return value < at.distance; });
      first = std::min(first, static_cast<size_t>(place - found_.begin()));
      if (found_.size() == ef_) found_.pop_back();  // not before `place`: it is farther
      found_.insert(place, {distance, rows[i], false});
    }
    return first;
  }

  const faiss::HNSW& graph_;
  const MatrixView vectors_;
  const std::vector<float>& ones_;
  const RowBytes* bytes_;
  VisitedRows& visited_;
  const std::span<const float> query_;
  const size_t ef_;
  std::vector<Found> found_;    // nearest first
  std::vector<int16_t> point_;  // the query, of bytes
  std::vector<uint32_t> fresh_;
  std::vector<const float*> float_rows_;
  std::vector<const uint8_t*> byte_rows_;
  std::vector<int32_t> squares_;
  std::vector<float> distances_;
};

GraphSearcher::GraphSearcher(const faiss::HNSW& graph, MatrixView vectors)
    : graph_(graph), vectors_(vectors), ones_(vectors.cols, 1.0f) {
  if (vectors.rows == 0) return;
  if (HasRowBytes(vectors.cols)) bytes_.emplace(vectors);
}

std::unique_ptr<VisitedRows> GraphSearcher::TakeVisited() const {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<VisitedRows>(vectors_.rows);
  std::unique_ptr<VisitedRows> visited = std::move(idle_.back());
  idle_.pop_back();
  return visited;
}

std::vector<Neighbor> GraphSearcher::Search(std::span<const float> query, size_t ef) const {
  if (vectors_.rows == 0 || ef == 0) return {};
  std::unique_ptr<VisitedRows> visited = TakeVisited();
  std::vector<Neighbor> neighbors = Walk(*this, *visited, query, ef).Run();
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(visited));
  return neighbors;
}

}  // namespace csn::internal
