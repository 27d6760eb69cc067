#!/usr/bin/env bash
# The whole of the project in a few minutes: draws shoes, trains on them, indexes them and asks.
set -euo pipefail
# What is shown does not depend on the options that a user has set for all programs.
export CSN_CONFIG=/dev/null

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
out=demo

usage() {
  cat <<'HELP'
Usage: tools/demo.sh [--out DIR] [--help]

Installs what is missing (tools/setup.sh), builds the programs (preset release), and then draws a
catalogue of 3,000 shoes, trains a model on it for three minutes, indexes it, and asks which shoes
are like the first one by heel height and by closure, as tables and as a page of photographs. Each
command is shown before it runs.
  --out DIR  where the catalogue, model and index go (default: demo)
  --help     this text
HELP
}

die() {
  printf 'demo.sh: error: %s\n' "$*" >&2
  exit 2
}

# heading TEXT: what comes next, with the seconds so far.
heading() { printf '\n== [%4d s] %s\n' "$SECONDS" "$*"; }

# Shows a command as a reader would type it, on stderr so that its output can go to a file; then runs it.
run() {
  {
    printf '$'
    printf ' %q' "$@"
    printf '\n'
  } >&2
  "$@"
}

# Column $2 of the first item of the CSV $1.
of_first() {
  awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) column = i }
                        NR == 2 { print $column }' "$1"
}

while (($# > 0)); do
  case "$1" in
    --out)
      out="${2:-}"
      [[ -n "$out" ]] || die "--out: expected a folder"
      shift 2
      ;;
    --out=?*)
      out="${1#--out=}"
      shift
      ;;
    -h | --help) usage && exit 0 ;;
    *) die "unknown argument '$1'; see tools/demo.sh --help" ;;
  esac
done

export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1
heading "setup"
"$root/tools/setup.sh"
heading "build"
programs=(csn_catalogue csn_train csn_index csn_query csn_eval csn_torch)
(cd "$root" && cmake --preset release >/dev/null &&
  cmake --build --preset release --target "${programs[@]}")
PATH="$root/build/release/bin:$PATH"

shoes="$out/shoes"
model="$out/shoes.csn"
index="$out/shoes.idx"
mkdir -p "$out"

heading "draw a catalogue of 3,000 shoes"
if [[ -e "$shoes/catalogue.csv" ]]; then
  printf '%s is there already and is used again\n' "$shoes/catalogue.csv"
else
  run csn_catalogue shoes --count 3000 --seed 7 --out "$shoes"
fi
run csn_catalogue check --catalogue "$shoes/catalogue.csv"

heading "train for three minutes"
# Small steps, so that there are many of them in three minutes.
run csn_train --catalogue "$shoes/catalogue.csv" --notion closure \
  --notion heel-height=heel_height:numeric --notion category --batch 40 --minutes 3 --model "$model"

heading "index"
run csn_index build --catalogue "$shoes/catalogue.csv" --model "$model" --index "$index"

sku="$(of_first "$shoes/catalogue.csv" sku)"
heading "which shoes have heels as high as $sku ($(of_first "$shoes/catalogue.csv" heel_height) cm)?"
run csn_query --index "$index" --notion heel-height --sku "$sku" -k 5 --format table
heading "and which close like it ($(of_first "$shoes/catalogue.csv" closure))?"
run csn_query --index "$index" --notion closure --sku "$sku" -k 5 --format table

heading "a page with photographs, a row for each notion"
page="$out/$sku.html"
run csn_query --index "$index" --sku "$sku" --notion heel-height,closure --format html >"$page"

heading "done"
cat <<DONE
catalogue  $shoes/catalogue.csv (photographs beside it)
model      $model
index      $index
page       $page

Try next:
  export PATH="$root/build/release/bin:\$PATH" CSN_INDEX="$index"
  csn_query --image PHOTOGRAPH --notion closure --open
  csn_eval --model "$model" --catalogue "$shoes/catalogue.csv"
  csn_query --help
DONE
