#!/usr/bin/env bash
# Repeats the paper's comparison of systems on one data set, a line of results a training.
set -euo pipefail
# What is shown does not depend on the options that a user has set for all programs.
export CSN_CONFIG=/dev/null

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
bin="$root/build/release/bin"

systems=(fixed preinitialised none specialists)
seeds=(1 2 3)

usage() {
  cat <<'HELP'
Usage: tools/reproduce.sh fonts [options]
       tools/reproduce.sh catalogue FILE --notion SPEC... [options]
       tools/reproduce.sh zappos DIR [options]

Trains the paper's systems (Conditional Similarity Networks with fixed and with learned masks, the
standard triplet network, a set of specialists) on the same budget of photographs seen, measures
each on items that it has not seen, and writes tables and pictures. The work is in units of one
training each: first a sweep of learning rates, chosen on validation items; then three seeds of each
system; then errors against the number of triplets. A unit appends one line to
docs/results/NAME.jsonl and is skipped where its line exists, so the command may be stopped and
called again; at the end docs/results/NAME.md is written anew.
  fonts             glyphs of the installed fonts (installs a few hundred families with apt)
  catalogue FILE    a catalogue of your own, with --notion SPEC for each notion
  zappos DIR        UT-Zappos50K as it was released, with the authors' triplet lists
  --name NAME       of the results (default: fonts, zappos, or the name of the catalogue's folder)
  --notion SPEC     a notion as csn_train takes it; repeatable
  --split-by COLUMN as csn_train takes it
  --images N        a system's budget, all its networks together (default: 300000); the sweep and
                    the curve train on a quarter of it
  --sizes LIST      triplets a notion of the curve (default: 250,1000,4000)
  --rates LIST      learning rates of the sweep (default: 0.0005,0.001,0.002)
  --minutes M       begin no unit after so many minutes (default: no end)
  --work DIR        models and reports (default: build/reproduce/NAME)
  --out DIR         where results go (default: docs/results)
  --list            print the units and whether they are done, and do nothing
  --help            this text
HELP
}

say() { printf '== %s\n' "$*" >&2; }
die() {
  printf 'reproduce.sh: error: %s\n' "$*" >&2
  exit 2
}

# has_line UNIT FLAGS: whether the unit was done with these very flags.
has_line() {
  [[ -f "$results" ]] &&
    jq -e -n --arg unit "$1" --arg train "$2" \
      'any(inputs; .unit == $unit and .train == $train)' "$results" >/dev/null
}

# newest FILTER: what the jq filter says of the lines, of each unit the last.
newest() {
  if [[ ! -s "$results" ]]; then return; fi
  jq -r -s "[group_by(.unit)[] | .[-1]] | $1" "$results"
}

# The learning rate of a system: the one of least validation error in its sweep.
best_rate() {
  newest "map(select(.kind == \"sweep\" and .system == \"$1\")) | min_by(.validation_error) |
          .learning_rate // empty"
}

# flags_of SYSTEM: how csn_train is told.
flags_of() {
  case "$1" in
    specialists) echo "--specialists" ;;
    *) echo "--masks $1" ;;
  esac
}

# unit NAME KIND SYSTEM NOTION SEED RATE FLAGS...: trains, measures, appends the line. NOTION is
# empty, or the only one that is learnt.
unit() {
  local name="$1" kind="$2" system="$3" only="$4" seed="$5" rate="$6"
  shift 6
  local flags="$* --learning-rate $rate --seed $seed" notion_flags=() notion
  for notion in "${notions[@]}"; do
    if [[ -z "$only" || "$notion" == "$only" ]]; then notion_flags+=(--notion "$notion"); fi
  done
  # What stands in the line: no folder of this machine.
  local told="${notion_flags[*]} ${data_flags[*]:+${data_flags[*]} }$flags"
  if [[ -n "$source" ]]; then told="${told//"$source"/DIR}"; fi
  ((++count))
  if has_line "$name" "$told"; then
    if [[ -n "$list" ]]; then printf 'done  %s\n' "$name"; fi
    return
  fi
  if [[ -n "$list" ]]; then
    printf 'open  %s  %s\n' "$name" "$told"
    return
  fi
  if [[ -n "$minutes" ]] && ((SECONDS >= minutes * 60)); then
    ((++left))
    return
  fi
  say "unit $count, $name: $flags"
  local model="$work/${name//\//-}.csn" begin=$SECONDS
  local trained evaluated
  # shellcheck disable=SC2086  # flags are words
  trained="$(tolerant "$bin/csn_train" --catalogue "$catalogue" "${notion_flags[@]}" \
    "${data_flags[@]}" $flags --model "$model" --resume --format json)"
  evaluated="$(tolerant "$bin/csn_eval" --model "$model" --catalogue "$catalogue" \
    "${eval_flags[@]}" --format json)"
  jq -n -c --arg unit "$name" --arg kind "$kind" --arg system "$system" --arg train "$told" \
    --argjson seed "$seed" --argjson rate "$rate" --argjson seconds $((SECONDS - begin)) \
    --argjson trained "$trained" --argjson evaluated "$evaluated" \
    -f "$root/tools/results/line.jq" >>"$results"
  say "$name: $(tail -n 1 "$results" |
    jq -r '"pooled triplet error \(.error.pooled * 1000 | round / 10) %, \(.seconds) s"')"
}

# Runs a program; rejected rows (exit status 4) are its business alone.
tolerant() {
  local status=0
  "$@" || status=$?
  ((status == 0 || status == 4)) || exit "$status"
}

all_units() {
  local system rate seed size notion
  for system in "${systems[@]}"; do
    for rate in "${rates[@]}"; do
      unit "sweep/$system/$rate" sweep "$system" "" 1 "$rate" "$(flags_of "$system")" \
        --images $((images / 4))
    done
  done
  # What follows has its rates from the sweep.
  for system in "${systems[@]}"; do
    if [[ -z "$(best_rate "$system")" ]]; then
      say "the sweep of $system is not done yet"
      return
    fi
  done
  for seed in "${seeds[@]}"; do
    for system in "${systems[@]}"; do
      unit "claim/$system/seed-$seed" claim "$system" "" "$seed" "$(best_rate "$system")" \
        "$(flags_of "$system")" --images "$images"
    done
  done
  # Specialists with the whole budget each, one a unit.
  for notion in "${notions[@]}"; do
    unit "each/${notion%%=*}/seed-1" each specialists "$notion" 1 "$(best_rate specialists)" \
      --masks none --images "$images"
  done
  for size in "${sizes[@]}"; do
    for system in "${systems[@]}"; do
      unit "curve/$system/$size" curve "$system" "" 1 "$(best_rate "$system")" \
        "$(flags_of "$system")" --images $((images / 4)) --fixed-triplets "$size"
    done
  done
}

# Tables and pictures of all lines.
write_page() {
  if [[ ! -s "$results" ]]; then return; fi
  local plot="$out/$name.svg"
  newest 'map(select(.kind == "curve")) | .[] |
          [.system, .fixed_triplets, .error.pooled * 100] | @tsv' >"$work/curve.tsv"
  if [[ -s "$work/curve.tsv" ]]; then
    gnuplot -e "table='$work/curve.tsv'; out='$plot'" "$root/tools/results/curve.gnuplot"
  fi
  jq -r -s --arg name "$name" --arg plot "$([[ -f "$plot" ]] && basename "$plot")" \
    -f "$root/tools/results/page.jq" "$results" >"$out/$name.md.part"
  mv "$out/$name.md.part" "$out/$name.md"
  say "$out/$name.md: written"
}

main() {
  (($# > 0)) || die "fonts, catalogue or zappos is expected; see tools/reproduce.sh --help"
  local what="$1" source="" split_by=""
  name="" notions=() images=300000 minutes="" work="" out="$root/docs/results" list=""
  sizes=(250 1000 4000) rates=(0.0005 0.001 0.002) data_flags=() eval_flags=()
  shift
  case "$what" in
    fonts) ;;
    catalogue | zappos)
      if (($# == 0)) || [[ "$1" == --* ]]; then die "$what: expected a file or folder"; fi
      source="$1"
      shift
      ;;
    -h | --help) usage && exit 0 ;;
    *) die "unknown data set '$what'; see tools/reproduce.sh --help" ;;
  esac
  while (($# > 0)); do
    case "$1" in
      --list) list=yes && shift && continue ;;
      -h | --help) usage && exit 0 ;;
    esac
    (($# > 1)) || die "$1: expected a value, or it is unknown; see tools/reproduce.sh --help"
    case "$1" in
      --name) name="$2" ;;
      --notion) notions+=("$2") ;;
      --split-by) split_by="$2" ;;
      --images) images="$2" ;;
      --sizes) IFS=, read -ra sizes <<<"$2" ;;
      --rates) IFS=, read -ra rates <<<"$2" ;;
      --minutes) minutes="$2" ;;
      --work) work="$2" ;;
      --out) out="$2" ;;
      *) die "unknown argument '$1'; see tools/reproduce.sh --help" ;;
    esac
    shift 2
  done
  [[ "$images" =~ ^[0-9]+$ ]] || die "--images: expected a whole number, got '$images'"
  [[ "$minutes" =~ ^[0-9]*$ ]] || die "--minutes: expected a whole number, got '$minutes'"
  case "$what" in
    fonts)
      name="${name:-fonts}"
      ((${#notions[@]} > 0)) || notions=(character font)
      split_by="${split_by:-font}"
      data_flags=(--augment none)
      ;;
    catalogue)
      [[ -e "$source" ]] || die "catalogue $source: not there"
      ((${#notions[@]} > 0)) || die "catalogue: expected --notion SPEC at least once"
      name="${name:-$(basename "$(cd "$(dirname "$source")" && pwd)")}"
      ;;
    zappos)
      [[ -d "$source" ]] || die "zappos $source: not a folder"
      name="${name:-zappos}"
      ((${#notions[@]} > 0)) ||
        notions=(class=Category closure=Closure gender=Gender heel=HeelHeight:numeric)
      data_flags=(--triplets "$source")
      eval_flags=(--triplets "$source")
      ;;
  esac
  catalogue="$source"
  if [[ -n "$split_by" ]]; then data_flags+=(--split-by "$split_by"); fi
  work="${work:-$root/build/reproduce/$name}"
  results="$out/$name.jsonl"
  count=0 left=0
  if [[ -n "$list" ]]; then
    all_units
    return
  fi
  prepare "$what"
  all_units
  write_page
  if ((left > 0)); then say "$left units are left: call again"; fi
}

# Programs, folders, and for fonts the catalogue.
prepare() {
  local wanted=(--results)
  if [[ "$1" == fonts ]]; then wanted+=(--fonts); fi
  "$root/tools/setup.sh" "${wanted[@]}" >&2
  (cd "$root" && cmake --preset release &&
    cmake --build --preset release --target csn_train csn_torch csn_eval csn_catalogue) >&2
  mkdir -p "$work" "$out"
  if [[ "$1" == fonts ]]; then
    catalogue="$work/catalogue/catalogue.csv"
    [[ -f "$catalogue" ]] || "$bin/csn_catalogue" fonts --out "$work/catalogue"
  fi
}

main "$@"
