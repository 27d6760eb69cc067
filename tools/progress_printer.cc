#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/text.h"
#include "tools/cli.h"

namespace csn::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kBarWidth = 24;

enum class Mode { kNone, kBar, kPlain, kJson };

Mode ModeOf(const po::variables_map& values) {
  if (values.count("progress") == 0) {
    const char* terminal = std::getenv("TERM");
    const bool dumb = terminal != nullptr && std::string_view(terminal) == "dumb";
    return isatty(STDERR_FILENO) == 1 && !dumb ? Mode::kBar : Mode::kPlain;
  }
  const std::string& name = values["progress"].as<std::string>();
  if (name == "none") return Mode::kNone;
  if (name == "plain") return Mode::kPlain;
  Require(name == "json", "--progress: expected none, plain or json, got '{}'", name);
  return Mode::kJson;
}

Clock::duration Interval(Mode mode) {
  switch (mode) {
    case Mode::kBar:
      return std::chrono::milliseconds(100);
    case Mode::kJson:
      return std::chrono::seconds(1);
    case Mode::kPlain:
    case Mode::kNone:
      return std::chrono::seconds(5);
  }
  return {};
}

size_t TerminalWidth() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// A stage's figures at one moment.
struct Figures {
  double rate = 0;          // units a second since the stage began
  double seconds_left = 0;  // 0 where unknown
};

std::string Describe(const Progress& progress, const Figures& figures, bool bar) {
  std::string text = progress.stage + ":";
  if (bar && progress.total > 0) {
    const size_t filled = kBarWidth * std::min(progress.done, progress.total) / progress.total;
    text += fmt::format(" [{:#>{}}{:.>{}}]", "", filled, "", kBarWidth - filled);
  }
  text += fmt::format(" {}", Grouped(progress.done));
  if (progress.total > 0) text += fmt::format("/{}", Grouped(progress.total));
  text += fmt::format(" {}", progress.unit);
  if (figures.rate > 0) {
    text += figures.rate < 10 ? fmt::format("  {:.1f}/s", figures.rate)
                              : fmt::format("  {:.0f}/s", figures.rate);
  }
  if (figures.seconds_left > 0)
    text += fmt::format("  {} left", HumanSeconds(figures.seconds_left));
  return text;
}

}  // namespace

struct ProgressPrinter::Impl {
  explicit Impl(Mode chosen) : mode(chosen) {}

  void Report(const Progress& progress) {
    const Clock::time_point now = Clock::now();
    if (progress.stage != stage) {
      EndBar();
      stage = progress.stage;
      began = shown = now;
      finished = false;
      done_at_start = progress.done;
    }
    const bool last = progress.total > 0 && progress.done >= progress.total;
    // A stage's end is told once, what lies between at intervals.
    if (finished || (!last && now - shown < Interval(mode))) return;
    shown = now;
    finished = last;
    Show(progress, Measure(progress, now));
  }

  Figures Measure(const Progress& progress, Clock::time_point now) const {
    const double seconds = std::chrono::duration<double>(now - began).count();
    Figures figures;
    if (seconds > 0 && progress.done > done_at_start) {
      figures.rate = static_cast<double>(progress.done - done_at_start) / seconds;
      if (progress.total > progress.done) {
        figures.seconds_left = static_cast<double>(progress.total - progress.done) / figures.rate;
      }
    }
    return figures;
  }

  void Show(const Progress& progress, const Figures& figures) {
    if (mode == Mode::kJson) {
      const nlohmann::ordered_json json = {
          {"stage", progress.stage},    {"done", progress.done},
          {"total", progress.total},    {"unit", progress.unit},
          {"per_second", figures.rate}, {"seconds_left", figures.seconds_left}};
      Note(json.dump());
    } else if (mode == Mode::kPlain) {
      Note(Describe(progress, figures, false));
    } else {
      // \r and "erase to the end of the line": the bar draws over itself.
      std::string line = Describe(progress, figures, true);
      line.resize(std::min(line.size(), TerminalWidth() - 1));
      WriteToStderr("\r" + line + "\x1b[K");
      bar_open = true;
    }
  }

  void EndBar() {
    if (bar_open) WriteToStderr("\n");
    bar_open = false;
  }

  // `kind` names the text in JSON.
  void Line(const char* kind, const std::string& text) {
    if (mode == Mode::kJson) {
      Note(nlohmann::json{{kind, text}}.dump(-1, ' ', false,
                                             nlohmann::json::error_handler_t::replace));
      return;
    }
    // The next report draws the bar again, below.
    if (bar_open) WriteToStderr("\r\x1b[K");
    bar_open = false;
    Note(text);
  }

  const Mode mode;
  std::mutex mutex;
  std::string stage;
  Clock::time_point began, shown;
  uint64_t done_at_start = 0;
  bool finished = false;
  bool bar_open = false;
};

void AddProgressOption(po::options_description& options) {
  options.add_options()("progress", po::value<std::string>()->value_name("none|plain|json"),
                        "how stderr tells what goes on (default: a bar on a terminal, else plain)");
}

ProgressPrinter::ProgressPrinter(const po::variables_map& values)
    : impl_(std::make_unique<Impl>(ModeOf(values))) {}

ProgressPrinter::~ProgressPrinter() { impl_->EndBar(); }

ProgressSink ProgressPrinter::sink() {
  if (impl_->mode == Mode::kNone) return {};
  return [impl = impl_.get()](const Progress& progress) {
    std::lock_guard lock(impl->mutex);
    impl->Report(progress);
  };
}

void ProgressPrinter::Line(const std::string& text) {
  if (impl_->mode == Mode::kNone) return;
  std::lock_guard lock(impl_->mutex);
  impl_->Line("note", text);
}

void ProgressPrinter::Warn(const std::string& text) {
  std::lock_guard lock(impl_->mutex);
  impl_->Line("warning", text);
}

}  // namespace csn::cli
