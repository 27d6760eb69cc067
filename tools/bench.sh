#!/usr/bin/env bash
# Builds the benchmarks, makes their data, and prints a table of pairs: ours beside a bare peer.
set -euo pipefail
# What is shown does not depend on the options that a user has set for all programs.
export CSN_CONFIG=/dev/null

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
bin=build/release/bin
# What another clone of the project has compiled need not be compiled again.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1
# As the programs set it for themselves (docs/training.md); the bare loops get the same.
export GOMP_SPINCOUNT="${GOMP_SPINCOUNT:-1000}"

engine_pairs=(query metadata start batch)
torch_pairs=(build memory train)

usage() {
  cat <<'HELP'
Usage: tools/bench.sh [--quick] [--help] [NAME...]

Installs what is missing (tools/setup.sh), builds the benchmarks (the release preset with
CSN_BENCH=ON, in build/release), makes data in a temporary folder and measures pairs: ours and a
bare peer, in turn, in one run. Prints a line a pair: the medians of both sides, the median of the
ratios ours / peer with its quartiles, and the bar where there is one (docs/benchmarks.md).
All of it takes about 20 minutes on 2 idle cores and 2 GB in $TMPDIR; it wants an idle machine.
  NAME     only pairs whose name begins so:
             query     a flat query beside FAISS's own
             metadata  items of ten hits beside RocksDB's own MultiGet
             start     csn_query by sku from process start to end
             batch     csn_query --batch beside the engine in one process
             build     csn_index build beside the forward pass alone
             memory    peak memory of csn_index build, at two sizes
             train     training steps beside a bare loop of the same network
             regret    the ways that queries take beside the best ones, 200 workloads
           or one pair, such as query/flat-items
  --quick  small data and few repetitions: shows that all runs, the figures mean little
  --help   this text
HELP
}

# pairs BINARY NAME...: the pairs of a binary whose names begin with one of these.
pairs() {
  local binary="$1" names
  shift
  names="$(printf '|%s' "$@")"
  "$bin/$binary" "${quick[@]}" --benchmark_filter="^(${names:1})(/|-|\$)"
}

# wanted FAMILY...: those of the names asked for that are of these families, one a line.
wanted() {
  local name family
  for name in "${names[@]}"; do
    for family in "$@"; do
      if [[ "$name" == "$family" || "$name" == "$family"/* ]]; then printf '%s\n' "$name"; fi
    done
  done
}

main() {
  quick=()
  names=()
  local argument
  for argument in "$@"; do
    case "$argument" in
      --quick) quick=(--quick) ;;
      -h | --help) usage && exit 0 ;;
      query* | metadata* | start* | batch* | build* | memory* | train* | regret) names+=("$argument") ;;
      *)
        printf "bench.sh: error: unknown argument '%s'; see tools/bench.sh --help\n" "$argument" >&2
        exit 2
        ;;
    esac
  done
  if ((${#names[@]} == 0)); then names=("${engine_pairs[@]}" "${torch_pairs[@]}" regret); fi

  local engine torch targets=()
  mapfile -t engine < <(wanted "${engine_pairs[@]}")
  mapfile -t torch < <(wanted "${torch_pairs[@]}")
  if ((${#engine[@]} > 0)); then targets+=(csn_pairs_engine); fi
  if ((${#torch[@]} > 0)); then targets+=(csn_pairs_torch); fi
  local regret=no
  if [[ " ${names[*]} " == *" regret "* ]]; then regret=yes targets+=(csn_regret); fi
  if ((${#targets[@]} == 0)); then
    printf "bench.sh: error: no pair is named %s; see tools/bench.sh --help\n" "${names[*]}" >&2
    exit 2
  fi
  tools/setup.sh >&2
  { cmake --preset release -DCSN_BENCH=ON && cmake --build --preset release --target "${targets[@]}"; } >&2
  printf '== %s processors, load %s\n' "$(nproc)" "$(cut -d ' ' -f 1-3 /proc/loadavg)" >&2
  if ((${#engine[@]} > 0)); then pairs csn_pairs_engine "${engine[@]}"; fi
  if ((${#torch[@]} > 0)); then pairs csn_pairs_torch "${torch[@]}"; fi
  if [[ "$regret" == yes ]]; then "$bin/csn_regret" $((${#quick[@]} > 0 ? 20 : 200)); fi
}

main "$@"
