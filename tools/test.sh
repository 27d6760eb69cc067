#!/usr/bin/env bash
# Builds the project and runs its tests; with --all everything that continuous integration runs.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
folders=(base storage embedder query indexer tools tests)
jobs="$(nproc)"
# What another clone of the project has compiled need not be compiled again.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1

usage() {
  cat <<'HELP'
Usage: tools/test.sh [--all] [--help]

Installs what is missing (tools/setup.sh), builds the release preset in build/release and runs
every test.
  --all   also: format check, warnings as errors, lint (clang-tidy), and the builds and tests of
          the presets asan (AddressSanitizer, UndefinedBehaviorSanitizer) and tsan (ThreadSanitizer),
          and 20 seconds of each fuzz target (libFuzzer)
  --help  this text
HELP
}

# phase NAME COMMAND...: a heading with the seconds so far, then the command. Ends the run if that fails.
phase() {
  local name="$1"
  shift
  printf '\n== [%5d s] %s\n' "$SECONDS" "$name"
  if ! "$@"; then
    printf 'test.sh: FAILED in phase: %s\n' "$name" >&2
    exit 1
  fi
}

sources() {
  local expression=(-name '*.cc')
  [[ "$1" == with_headers ]] && expression+=(-o -name '*.h')
  find "${folders[@]}" -type f \( "${expression[@]}" \) -print0 | sort -z
}

check_format() { sources with_headers | xargs -0 clang-format --dry-run -Werror; }

configure_and_build() {
  local preset="$1"
  shift
  cmake --preset "$preset" "$@" && cmake --build --preset "$preset" --parallel "$jobs"
}

run_tests() { ctest --preset "$1"; }

# One file a process. What includes LibTorch is left to the compiler's warnings: clang 14 cannot parse
# LibTorch 1.13's headers as C++20. The compile database has g++'s warning options, some of them unknown
# to clang.
lint() {
  # Not what includes LibTorch, nor a library that is not installed for this.
  sources no_headers |
    grep -zvE '^((embedder|tests|tests/bench)/torch|tests/learning|storage/gpu)/|^tests/bench/peers/hnswlib' |
    xargs -0 -n 1 -P "$jobs" clang-tidy --quiet -p build/release \
      --extra-arg=-Wno-unknown-warning-option 2>&1 |
    { grep -vE '^[0-9]+ warnings? (generated|treated as error)' || true; }
}

# Every fuzz target for a while, from the inputs kept in tests/fuzz/corpus. What it makes up goes to a
# folder of its own; an input that fails is kept as build/fuzz/findings/TARGET-*. Another seed each time, so
# that one run after the other looks further.
run_fuzzers() {
  local found=build/fuzz/findings seconds=20 seed target made log
  seed="$(date +%s)"
  mkdir -p "$found"
  for target in tests/fuzz/corpus/*/; do
    target="$(basename "$target")"
    log="$found/$target.log"
    made="$(mktemp -d)"
    if ! "build/fuzz/bin/csn_fuzz_$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 \
      -seed="$seed" -print_final_stats=1 -dict="tests/fuzz/dictionary/$target.dict" \
      -artifact_prefix="$found/$target-" "$made" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
      rm -rf "$made"
      tail -n 60 "$log" >&2
      printf 'test.sh: fuzz target %s failed with seed %s: %s\n' "$target" "$seed" \
        "$(grep -oE "$found/$target-[a-z]+-[0-9a-f]+" "$log" || echo "no input was kept")" >&2
      return 1
    fi
    rm -rf "$made"
    printf '%-10s seed %s, %s inputs tried\n' "$target" "$seed" \
      "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
  done
}

main() {
  local all=no argument
  for argument in "$@"; do
    case "$argument" in
      --all) all=yes ;;
      -h | --help) usage && exit 0 ;;
      *)
        printf "test.sh: error: unknown argument '%s'; see tools/test.sh --help\n" "$argument" >&2
        exit 2
        ;;
    esac
  done

  # Said either way: the build folder remembers what it was configured with.
  local strict=(-DCSN_WERROR=OFF)
  [[ "$all" == no ]] || strict=(-DCSN_WERROR=ON)
  # Nothing runs them here, but they are to compile.
  local bench=()
  [[ "$all" == no ]] || bench=(-DCSN_BENCH=ON)

  phase "setup" tools/setup.sh
  [[ "$all" == no ]] || phase "format" check_format
  phase "build release" configure_and_build release "${strict[@]}" "${bench[@]}"
  phase "test release" run_tests release
  if [[ "$all" == yes ]]; then
    phase "lint" lint
    local preset
    for preset in asan tsan; do
      phase "build $preset" configure_and_build "$preset" "${strict[@]}"
      phase "test $preset" run_tests "$preset"
    done
    phase "build fuzz" configure_and_build fuzz "${strict[@]}"
    phase "fuzz" run_fuzzers
  fi
  printf '\n== [%5d s] all passed\n' "$SECONDS"
}

main "$@"
