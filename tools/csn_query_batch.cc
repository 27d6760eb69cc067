// csn_query --batch: a query a line, an answer a line.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/text.h"
#include "base/thread_pool.h"
#include "query/protocol.h"
#include "query/query_json.h"
#include "tools/csn_query.h"

namespace csn::cli {
namespace {

constexpr size_t kReadBytes = 1 << 18;
constexpr size_t kLotLines = 64;   // answered together, at most
constexpr size_t kWindow = 4;      // lots held back for a slow one before them, a thread
constexpr int kStopCheckMs = 100;  // how often who waits for a line looks whether to go on
constexpr uint64_t kProgressEvery = 100;

// The lines of a file, or of stdin as they come. Not thread-safe.
class LineSource {
 public:
  explicit LineSource(const std::string& path) : path_(path == "-" ? "stdin" : path) {
    if (path == "-") return;
    file_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file_ < 0) {
      Fail(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kFailed, "opening {}: {}", path,
           std::strerror(errno));
    }
  }
  ~LineSource() {
    if (file_ != STDIN_FILENO) close(file_);
  }
  LineSource(const LineSource&) = delete;
  LineSource& operator=(const LineSource&) = delete;

  // Of the lines that Next gives without waiting.
  bool has_line() const { return buffer_.find('\n', at_) != std::string::npos; }
  size_t count_lines() const {
    const std::string_view left = std::string_view(buffer_).substr(at_);
    return static_cast<size_t>(std::ranges::count(left, '\n'));
  }

  // The next line without its end; nothing at the end, or once `stopped` or a signal asks to stop.
  // A line beyond kMaxQueryBytes is cut there, which is enough to refuse it.
  std::optional<std::string> Next(const std::atomic<bool>& stopped) {
    std::string line;
    while (!ToStop(stopped)) {
      const size_t end = buffer_.find('\n', at_);
      const size_t stop = end == std::string::npos ? buffer_.size() : end;
      const size_t room = kMaxQueryBytes + 1 - std::min(line.size(), kMaxQueryBytes + 1);
      line.append(buffer_, at_, std::min(stop - at_, room));
      at_ = stop;
      if (end != std::string::npos) {
        ++at_;
        if (line.ends_with('\r')) line.pop_back();
        return line;
      }
      if (Fill(stopped)) continue;
      if (line.empty() || ToStop(stopped)) break;
      return line;
    }
    return std::nullopt;
  }

 private:
  static bool ToStop(const std::atomic<bool>& stopped) { return stopped || Stop().requested(); }

  // False at the end, or where a stop is asked for.
  bool Fill(const std::atomic<bool>& stopped) {
    buffer_.resize(kReadBytes);
    at_ = 0;
    ssize_t count = -1;
    while (!ToStop(stopped)) {
      pollfd waiting{.fd = file_, .events = POLLIN, .revents = 0};
      const int ready = poll(&waiting, 1, kStopCheckMs);
      if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
      count = read(file_, buffer_.data(), buffer_.size());
      if (count >= 0 || errno != EINTR) break;
    }
    if (count < 0 && !ToStop(stopped)) {
      Fail(ErrorCode::kFailed, "reading {}: {}", path_, std::strerror(errno));
    }
    buffer_.resize(static_cast<size_t>(std::max<ssize_t>(count, 0)));
    return count > 0;
  }

  const std::string path_;
  int file_ = STDIN_FILENO;
  std::string buffer_;
  size_t at_ = 0;
};

enum class LineKind { kSku, kImage };

LineKind LineKindOption(const po::variables_map& values) {
  const std::string& name = values["lines"].as<std::string>();
  Require(name == "sku" || name == "image", "--lines: expected sku or image, got '{}'", name);
  return name == "sku" ? LineKind::kSku : LineKind::kImage;
}

// An object is a query; all else what --lines says.
Query ReadLine(const std::string& line, LineKind kind, const Query& defaults) {
  Require(line.size() <= kMaxQueryBytes, "expected at most {} bytes a line", kMaxQueryBytes);
  const std::string_view text = Trim(line);
  if (text.starts_with('{')) return ParseQuery(text, defaults);
  Query query = defaults;
  if (kind == LineKind::kSku) {
    query.liked = {std::string(text)};
  } else {
    query.liked = {Query::Photograph{std::string(text)}};
  }
  return query;
}

struct Line {
  uint64_t number = 0;
  std::string text;
};
using Lot = std::vector<Line>;

// What a lot was answered, line by line.
struct LotAnswers {
  std::string text;
  uint64_t all = 0, failed = 0;
};

// The next lines but empty ones: waits for the first of them, not for more. Where there are few,
// each of `threads` is to have some.
std::optional<Lot> NextLot(LineSource& source, int threads, uint64_t& lines,
                           const std::atomic<bool>& stopped) {
  Lot lot;
  size_t most = 1;
  while (lot.empty() || (lot.size() < most && source.has_line())) {
    std::optional<std::string> text = source.Next(stopped);
    if (!text) break;
    ++lines;
    if (Trim(*text).empty()) continue;
    if (lot.empty()) {
      most += std::min(source.count_lines() / static_cast<size_t>(threads), kLotLines - 1);
    }
    lot.push_back({lines, *std::move(text)});
  }
  if (lot.empty()) return std::nullopt;
  return lot;
}

LotAnswers AnswerLot(const QueryEngine& engine, const Lot& lot, LineKind kind,
                     const Query& defaults) {
  std::vector<Query> queries;
  std::vector<std::optional<Error>> unread(lot.size());
  for (size_t i = 0; i < lot.size(); ++i) {
    try {
      queries.push_back(ReadLine(lot[i].text, kind, defaults));
    } catch (const Error& error) {
      unread[i] = error;
    }
  }
  LotAnswers answers{.text = {}, .all = lot.size()};
  const auto add_error = [&](uint64_t line, const Error& error) {
    answers.text += FormatBatchError(line, ExitStatus(error.code()), error.what());
    ++answers.failed;
  };
  const std::vector<std::variant<Answer, Error>> found = engine.SearchMany(queries);
  for (size_t i = 0, at = 0; i < lot.size(); ++i) {
    if (unread[i]) {
      add_error(lot[i].number, *unread[i]);
    } else if (const auto* error = std::get_if<Error>(&found[at++])) {
      add_error(lot[i].number, *error);
    } else {
      answers.text += FormatBatchAnswer(lot[i].number, std::get<Answer>(found[at - 1]));
    }
  }
  return answers;
}

}  // namespace

void AddBatchOptions(po::options_description& options) {
  po::options_description batch("Many queries");
  batch.add_options()("batch", po::value<std::string>()->value_name("FILE"),
                      "a query a line (-: stdin), a line of JSON an answer, in the same order; a "
                      "line is a sku, or a query as JSON, for which the flags are what it leaves "
                      "out; empty lines are passed over")(
      "lines", po::value<std::string>()->default_value("sku")->value_name("sku|image"),
      "of --batch: what lines are that are no JSON");
  AddThreadsOption(batch);
  AddProgressOption(batch);
  options.add(batch);
}

int RunBatch(const po::variables_map& values, const QueryEngine& engine, const Query& defaults) {
  const LineKind kind = LineKindOption(values);
  const int threads = ThreadsOption(values) == 0 ? DefaultThreads() : ThreadsOption(values);
  LineSource source(values["batch"].as<std::string>());
  ProgressPrinter progress(values);
  const ProgressSink sink = progress.sink();
  Stop();  // from here on a signal ends the batch, not the program

  uint64_t lines = 0, answers = 0, failed = 0;
  const std::function<std::optional<Lot>(const std::atomic<bool>&)> next =
      [&](const auto& stopped) { return NextLot(source, threads, lines, stopped); };
  const std::function<LotAnswers(size_t, Lot)> work = [&](size_t, const Lot& lot) {
    return AnswerLot(engine, lot, kind, defaults);
  };
  const std::function<bool(LotAnswers)> emit = [&](const LotAnswers& lot) {
    if (!Print(lot.text)) return false;  // nobody reads on
    failed += lot.failed;
    const uint64_t before = answers;
    answers += lot.all;
    if (answers / kProgressEvery > before / kProgressEvery) {
      sink({.stage = "answering", .done = answers, .total = 0, .unit = "queries"});
    }
    return true;
  };
  const auto begin = std::chrono::steady_clock::now();
  MapInOrder(threads, kWindow * static_cast<size_t>(threads), next, work, emit);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  progress.Line(fmt::format("{} queries in {:.1f} s, {:.0f} a second; {} failed", Grouped(answers),
                            seconds, seconds > 0 ? static_cast<double>(answers) / seconds : 0,
                            Grouped(failed)));
  if (Stop().requested()) return InterruptedStatus();
  return failed > 0 ? 4 : 0;
}

}  // namespace csn::cli
