#!/usr/bin/env bash
# Installs what the project needs to build, on a bare Debian 12 machine; with --fonts, fonts to draw.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# The versioned prefix is spelled in one place, the presets, which cannot read it from here.
faiss_dir_name="$(grep -oE 'faiss-[0-9.]+-avx2' "$root/CMakePresets.json" | head -n 1)"
faiss_version="${faiss_dir_name#faiss-}"
faiss_version="${faiss_version%-avx2}"
cache_dir="$HOME/.cache/csn"
faiss_prefix="$cache_dir/$faiss_dir_name"
scratch=""

# docs/dependencies.md says what each is for. clang-tidy reads libomp-dev's omp.h; libclang-rt-14-dev is
# clang's libFuzzer and sanitizers; libtorch-dev brings protobuf, glog and gflags. Tests draw the fonts of
# fonts-dejavu-core, which fontconfig needs anyway.
packages=(
  g++ cmake ninja-build ccache pkg-config dpkg-dev git ca-certificates clang-format clang-tidy
  clang-14 libclang-rt-14-dev libomp-dev libopenblas-openmp-dev libtorch-dev librocksdb-dev
  libfmt-dev libboost-program-options-dev nlohmann-json3-dev libjpeg62-turbo-dev libpng-dev
  libwebp-dev libexif-dev
  libeigen3-dev libcairo2-dev libfreetype-dev libfontconfig-dev fonts-dejavu-core libxxhash-dev
  nettle-dev libcsv-dev libroaring-dev libhwy-dev libgtest-dev libgmock-dev
  libbenchmark-dev
)

usage() {
  cat <<HELP
Usage: tools/setup.sh [--fonts] [--results] [--peers] [--help]

Installs, with apt, the Debian 12 packages that building and testing need, and builds FAISS
for AVX2 from Debian's own source package into
  $faiss_prefix
(on a processor without AVX2 it installs Debian's libfaiss-dev instead).
Run again, it finds everything there, says so and needs no network.
  --fonts    also the fonts of tools/fonts/packages.txt, which "csn_catalogue fonts" draws
             (about 100 MB to fetch, 270 MB on the disk)
  --results  also jq and gnuplot, with which tools/reproduce.sh writes its pages
  --peers    also hnswlib and Debian's own build of FAISS, which csn_bench compares itself with
             where the benchmarks are built (CSN_BENCH)
  --help     this text
HELP
}

say() { printf '== %s\n' "$*"; }
warn() { printf 'setup.sh: warning: %s\n' "$*" >&2; }
die() {
  printf 'setup.sh: error: %s\n' "$*" >&2
  exit 1
}

has_avx2() {
  local flag
  for flag in avx2 fma f16c popcnt; do
    grep -qw "$flag" /proc/cpuinfo || return 1
  done
}

faiss_complete() {
  [[ -f "$faiss_prefix/lib/cmake/faiss/faiss-config.cmake" && -f "$faiss_prefix/lib/libfaiss.a" ]]
}

# Prints the packages that tools/fonts/packages.txt lists, one a line.
font_packages() {
  sed 's/#.*//' "$root/tools/fonts/packages.txt" | tr -s '[:blank:]' '\n' | sed '/^$/d'
}

# Prints the packages that dpkg does not hold as installed.
missing_packages() {
  local installed
  installed="$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
    sed -n 's/ installed$//p')" || true
  comm -23 <(printf '%s\n' "$@" | sort -u) <(printf '%s\n' "$installed" | sort -u)
}

install_packages() {
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "these packages are missing and neither root nor sudo is there to install them: $*"
    as_root=(sudo)
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q
    -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update || die "apt-get update failed; still missing: $*"
  "${apt[@]}" install -y --no-install-recommends "$@" ||
    die "apt-get install failed; still missing: $*"
}

# Writes source entries for Debian's own suites, from the machine's binary entries, into folder $1.
write_source_entries() {
  local to="$1" codename suites
  # shellcheck source=/dev/null
  codename="$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:?}")"
  suites="$codename $codename-updates $codename-security stable oldstable"
  mkdir -p "$to"
  local deb822=(/etc/apt/sources.list.d/*.sources)
  local one_line=(/etc/apt/sources.list /etc/apt/sources.list.d/*.list)
  local file
  for file in "${deb822[@]}"; do
    [[ -r "$file" ]] || continue
    # One stanza a record; comments inside it are dropped.
    sed '/^#/d' "$file" | awk -v RS='' -v FS='\n' -v suites="$suites" '
      BEGIN { count = split(suites, names, " "); for (i = 1; i <= count; i++) ours[names[i]] = 1 }
      {
        binary = wanted = 0; disabled = 0; stanza = ""
        for (i = 1; i <= NF; i++) {
          key = tolower($i); sub(/:.*/, "", key)
          value = $i; sub(/^[^:]*:[ \t]*/, "", value)
          if (key == "types") { binary = (" " value " ") ~ / deb /; $i = "Types: deb-src" }
          if (key == "enabled") disabled = tolower(value) ~ /^(no|false|0|off)/
          if (key == "suites") {
            n = split(value, words, /[ \t]+/)
            for (j = 1; j <= n; j++) if (words[j] in ours) wanted = 1
          }
          stanza = stanza $i "\n"
        }
        if (binary && wanted && !disabled) print stanza
      }' >>"$to/csn.sources"
  done
  for file in "${one_line[@]}"; do
    [[ -r "$file" ]] || continue
    awk -v suites="$suites" '
      BEGIN { count = split(suites, names, " "); for (i = 1; i <= count; i++) ours[names[i]] = 1 }
      $1 == "deb" {
        entry = $0; sub(/^[ \t]*deb[ \t]+/, "", entry)
        rest = entry; sub(/^\[[^]]*\][ \t]*/, "", rest)
        split(rest, words, /[ \t]+/)
        if (words[2] in ours) print "deb-src " entry
      }' "$file" >>"$to/csn.list"
  done
  cat "$to"/csn.* 2>/dev/null | grep -q deb-src ||
    die "no apt source of $codename found to derive FAISS's source package from"
}

# Fetches and unpacks Debian's FAISS source below $1; the system's own apt lists stay untouched.
fetch_faiss_source() {
  local below="$1"
  write_source_entries "$below/apt/sources"
  mkdir -p "$below/apt/lists/partial" "$below/apt/cache/archives/partial" "$below/source"
  local apt=(apt-get -q
    -o Dir::Etc::SourceList=/dev/null
    -o Dir::Etc::SourceParts="$below/apt/sources"
    -o Dir::State::Lists="$below/apt/lists"
    -o Dir::Cache="$below/apt/cache"
    -o APT::Sandbox::User=root
    -o Acquire::Languages=none)
  "${apt[@]}" update || die "the private apt-get update for FAISS's source failed"
  (cd "$below/source" && "${apt[@]}" source faiss) || die "apt-get source faiss failed"
}

build_faiss() {
  mkdir -p "$cache_dir"
  scratch="$(mktemp -d "$cache_dir/build.XXXXXX")"
  fetch_faiss_source "$scratch"
  local source=("$scratch"/source/faiss-*/)
  local found
  found="$(dpkg-parsechangelog -l "${source[0]}debian/changelog" -S Version)"
  [[ "${found%-*}" == "$faiss_version" ]] ||
    die "Debian's FAISS is ${found%-*}, CMakePresets.json expects $faiss_version: change it there"
  # FAISS_OPT_LEVEL=avx2 compiles everything twice and installs an AVX2 target without its include
  # folder; all it adds are these four flags, so the one library "faiss" is built with them.
  cmake -S "${source[0]}" -B "$scratch/build" -G Ninja \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$scratch/prefix" -DCMAKE_INSTALL_LIBDIR=lib \
    -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DCMAKE_CXX_FLAGS="-w -mavx2 -mfma -mf16c -mpopcnt" \
    -DBLA_VENDOR=OpenBLAS -DCMAKE_DISABLE_FIND_PACKAGE_MKL=ON \
    -DFAISS_ENABLE_GPU=OFF -DFAISS_ENABLE_PYTHON=OFF -DBUILD_TESTING=OFF
  cmake --build "$scratch/build"
  cmake --install "$scratch/build" >/dev/null
  # Renamed only when complete; another clone may have been quicker.
  if ! mv -T "$scratch/prefix" "$faiss_prefix" 2>/dev/null; then
    faiss_complete || die "cannot put FAISS into $faiss_prefix: an incomplete folder is in the way"
  fi
}

# Several threads of OpenBLAS inside several of FAISS's oversubscribe unless both use OpenMP.
check_blas() {
  local library
  for library in /usr/lib/*-linux-gnu*/libopenblas.so.0 /usr/lib/*-linux-gnu*/libblas.so.3; do
    [[ -e "$library" ]] || continue
    case "$(readlink -f "$library")" in
      */openblas-openmp/*) ;;
      *) warn "$library is not openblas-openmp: batch searches may be much slower" \
        "(update-alternatives shows and changes the choice)" ;;
    esac
  done
}

main() {
  local argument want_fonts=no want_results=no want_peers=no
  for argument in "$@"; do
    case "$argument" in
      --fonts) want_fonts=yes ;;
      --results) want_results=yes ;;
      --peers) want_peers=yes ;;
      -h | --help) usage && exit 0 ;;
      *)
        printf "setup.sh: error: unknown argument '%s'; see tools/setup.sh --help\n" "$argument" >&2
        exit 2
        ;;
    esac
  done
  [[ -n "$faiss_version" ]] || die "CMakePresets.json names no faiss-VERSION-avx2 prefix"
  command -v dpkg-query >/dev/null ||
    die "this is no Debian system; install by other means: ${packages[*]} and FAISS"

  local want_source=no
  if has_avx2; then
    faiss_complete || want_source=yes
  else
    [[ ! -e "$faiss_prefix" ]] ||
      die "$faiss_prefix is built for AVX2, which this processor lacks: remove it"
    packages+=(libfaiss-dev)
  fi
  if [[ "$want_fonts" == yes ]]; then
    mapfile -t -O "${#packages[@]}" packages < <(font_packages)
  fi
  if [[ "$want_results" == yes ]]; then packages+=(jq gnuplot-nox); fi
  if [[ "$want_peers" == yes ]]; then packages+=(libhnswlib-dev libfaiss-dev); fi
  local missing
  mapfile -t missing < <(missing_packages "${packages[@]}")

  if ((${#missing[@]} > 0)); then
    say "will install with apt: ${missing[*]}"
  fi
  if [[ "$want_source" == yes ]]; then
    say "will build FAISS $faiss_version for AVX2 from Debian's source (about 3 CPU minutes) into" \
      "$faiss_prefix"
  fi
  if ((${#missing[@]} > 0)); then
    install_packages "${missing[@]}"
  fi
  if [[ "$want_source" == yes ]]; then
    build_faiss
  fi
  check_blas
  say "everything is there"
}

trap '[[ -z "$scratch" ]] || rm -rf "$scratch"' EXIT
main "$@"
