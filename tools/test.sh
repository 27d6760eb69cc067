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
          the presets asan (AddressSanitizer, UndefinedBehaviorSanitizer) and tsan (ThreadSanitizer)
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
  sources no_headers | grep -zvE '^(embedder|tests)/torch/' |
    xargs -0 -n 1 -P "$jobs" clang-tidy --quiet -p build/release \
      --extra-arg=-Wno-unknown-warning-option 2>&1 |
    { grep -vE '^[0-9]+ warnings? (generated|treated as error)' || true; }
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

  phase "setup" tools/setup.sh
  [[ "$all" == no ]] || phase "format" check_format
  phase "build release" configure_and_build release "${strict[@]}"
  phase "test release" run_tests release
  if [[ "$all" == yes ]]; then
    phase "lint" lint
    local preset
    for preset in asan tsan; do
      phase "build $preset" configure_and_build "$preset" "${strict[@]}"
      phase "test $preset" run_tests "$preset"
    done
  fi
  printf '\n== [%5d s] all passed\n' "$SECONDS"
}

main "$@"
