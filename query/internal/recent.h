// What was made lately, kept for whoever asks for the same next.
#pragma once

#include <algorithm>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace csn::internal {

// Thread-safe. Two that ask for the same at once may both make it.
template <typename T>
class Recent {
 public:
  explicit Recent(size_t most) : most_(most) {}

  // What make() gave for this key, now or before. Its exceptions are the caller's.
  template <typename Make>
  std::shared_ptr<const T> Get(const std::string& key, const Make& make) {
    if (std::shared_ptr<const T> kept = Find(key)) return kept;
    auto made = std::make_shared<const T>(make());
    std::lock_guard lock(mutex_);
    entries_.emplace_front(key, made);
    if (entries_.size() > most_) entries_.pop_back();
    return made;
  }

 private:
  std::shared_ptr<const T> Find(const std::string& key) {
    std::lock_guard lock(mutex_);
    const auto at = std::find_if(entries_.begin(), entries_.end(),
                                 [&](const auto& entry) { return entry.first == key; });
    if (at == entries_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, at);
    return entries_.front().second;
  }

  const size_t most_;
  std::mutex mutex_;
  std::list<std::pair<std::string, std::shared_ptr<const T>>> entries_;  // the latest first
};

}  // namespace csn::internal
