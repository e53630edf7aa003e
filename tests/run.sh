#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every test of adsplice, from a fresh clone: sets the machine up, builds, runs.
#
#   sh tests/run.sh [OPTION...]
#
#   (none)          build with gcc and run everything but the long tests
#   --clang         the same, built with clang, warnings are errors
#   --sanitize      under ASan and UBSan, then the unit tests under valgrind
#   --tsan          the tests of elements, of the network and of several threads under TSan
#   --fuzz SECONDS  each fuzz target under libFuzzer for so long
#   --bench         CPU against identity, tsparse, ffmpeg -c copy and hlssink2; the origin
#                   against nginx; the control server under load (tests/bench)
#   --long          the long tests too: players, half a day of HLS
#   --filter REGEX  only tests whose name matches
#
# Several of --clang, --sanitize, --tsan, --fuzz and --bench run one after the other,
# each in a build folder of its own. The last line is `N passed, N failed, N skipped`
# over all of them; the exit status is 0 only when nothing failed and something passed.

# $werror, $groups, $chosen and $logs are lists of words without spaces:
# shellcheck disable=SC2086

set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
support=$top/tests/support
modes=
filter=
fuzz_seconds=0
long=no
logs=
jobs=$(nproc 2> /dev/null || echo 2)
werror=
if [ "${CI:-}" = true ]; then
  jobs=2
  werror=-Dwerror=true
fi

die ()
{
  printf 'run.sh: %s\n' "$*" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  case $1 in
    --clang | --sanitize | --tsan | --bench) modes="$modes ${1#--}" ;;
    --fuzz)
      case ${2:-} in
        '' | *[!0-9]*) die "--fuzz needs a number of seconds" ;;
      esac
      fuzz_seconds=$2
      modes="$modes fuzz"
      shift
      ;;
    --long) long=yes ;;
    --filter)
      [ $# -ge 2 ] || die "--filter needs a regular expression"
      filter=$2
      shift
      ;;
    -h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) die "unknown option $1 (--help shows them)" ;;
  esac
  shift
done
[ -n "$modes" ] || modes=plain

# Results that are not a Meson test (a build, a fuzz target, a figure) in Meson's form.
own_log=$(mktemp)
test_tmp=$(mktemp -d)
# for an nginx that gives up the rights of root
chmod 711 "$test_tmp"
trap 'rm -rf "$own_log" "$test_tmp"' EXIT
trap 'exit 130' INT TERM
record ()
{
  printf '{"name": "%s", "result": "%s", "stdout": "", "returncode": 0}\n' "$1" "$2" >> "$own_log"
}

# prepare BUILD-DIR GROUPS MESON-OPTION...: packages and a finished build, or a failure on record.
prepare ()
{
  dir=$1
  groups=$2
  shift 2
  if sh build-aux/setup.sh --build-dir "$top/$dir" build run test $groups -- "$@"; then
    return 0
  fi
  record "build of $dir" FAIL
  return 1
}

# names BUILD-DIR MESON-TEST-OPTION...: the tests that the options and --filter leave.
names ()
{
  dir=$1
  shift
  # `suite / name`; the name is what `meson test` takes.
  meson test -C "$dir" --no-rebuild --list "$@" 2> /dev/null \
      | sed -n 's,^.* / ,,p' | { grep -E -e "${filter:-.}" || true; }
}

# run_tests BUILD-DIR LOG MESON-TEST-OPTION...: the verdict is in the log, not in the status.
# What a test that was killed leaves in its TMPDIR goes with the run.
# With a --wrapper Meson puts its name behind that of the log, so LOG says -valgrind there.
run_tests ()
{
  dir=$1
  log=$2
  shift 2
  [ "$long" = yes ] || set -- --no-suite long "$@"
  if [ -n "$filter" ]; then
    chosen=$(names "$dir" "$@")
    [ -n "$chosen" ] || { printf 'run.sh: nothing in %s matches %s\n' "$dir" "$filter"; return 0; }
    set -- "$@" $chosen
  fi
  rm -f "$dir/meson-logs/$log.json"
  TMPDIR=$test_tmp meson test -C "$dir" --no-rebuild --num-processes "$jobs" --print-errorlogs \
      --logbase "${log%-valgrind}" "$@" || true
  if [ -f "$dir/meson-logs/$log.json" ]; then
    logs="$logs $dir/meson-logs/$log.json"
  else
    record "meson test in $dir" FAIL
  fi
}

run_plain ()
{
  prepare build "web browser nginx" $werror || return 0
  run_tests build testlog
}

run_clang ()
{
  export CC=clang
  prepare build-clang "web browser nginx clang" -Dwerror=true && run_tests build-clang testlog
  unset CC
}

# warm_registry BUILD-DIR RUNTIME...: GStreamer's list of plugins, for a plugin that only a
# program with the sanitizer's runtime can load. Made here, so that no test loads every
# plugin of the machine and is blamed for what those leak.
warm_registry ()
{
  dir=$1
  shift
  preload=
  for runtime in "$@"; do
    preload="$preload $(gcc -print-file-name="$runtime")"
  done
  LD_PRELOAD=${preload# } ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=report_bugs=0 \
      GST_REGISTRY_FORK=no GST_REGISTRY="$top/$dir/test-registry.bin" \
      GST_PLUGIN_PATH_1_0="$top/$dir/plugin" gst-inspect-1.0 > /dev/null 2>&1 || true
}

# tools_with_runtime FOLDER RUNTIME...: GStreamer's tools for PATH, which can load a plugin
# that needs these runtimes. Only they get them by LD_PRELOAD: curl and pkill hang under ASan.
tools_with_runtime ()
{
  folder=$1
  shift
  preload=
  for runtime in "$@"; do
    preload="$preload $(gcc -print-file-name="$runtime")"
  done
  mkdir -p "$folder"
  for tool in gst-launch-1.0 gst-inspect-1.0; do
    printf '#!/bin/sh\nLD_PRELOAD="%s" exec "%s" "$@"\n' "${preload# }" "$(command -v "$tool")" \
        > "$folder/$tool"
    chmod +x "$folder/$tool"
  done
}

# Programs of ours have the runtime in them. The pipelines run in gst-launch-1.0, whose
# leaks, and those of the plugins it loads, are their own business.
run_sanitize ()
{
  if prepare build-asan "" $werror -Db_sanitize=address,undefined -Db_lundef=false; then
    warm_registry build-asan libasan.so libubsan.so
    export GST_REGISTRY_FORK=no G_SLICE=always-malloc
    export LSAN_OPTIONS="suppressions=$support/lsan.supp:print_suppressions=0"
    export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1
    run_tests build-asan testlog --timeout-multiplier 4 --suite unit --suite fuzz
    # Slower, but GLib has no frame pointers: without it a leak has no stack, and what
    # GStreamer keeps cannot be told from what we lose.
    export ASAN_OPTIONS="$ASAN_OPTIONS:fast_unwind_on_malloc=0"
    run_tests build-asan testlog-element --timeout-multiplier 8 --suite element --suite net --suite tools
    export ASAN_OPTIONS=detect_leaks=0
    tools_with_runtime "$test_tmp/tools" libasan.so libubsan.so
    usual_path=$PATH
    PATH=$test_tmp/tools:$PATH
    # A Chromium has a sandbox of its own, and figures mean nothing here.
    run_tests build-asan testlog-pipeline --timeout-multiplier 4 --no-suite unit --no-suite fuzz \
        --no-suite element --no-suite net --no-suite tools --no-suite browser --no-suite bench
    PATH=$usual_path
    unset GST_REGISTRY_FORK G_SLICE ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS
  fi
  if ! command -v valgrind > /dev/null; then
    record "valgrind is not installed" SKIP
  elif prepare build "" $werror; then
    export G_SLICE=always-malloc
    run_tests build testlog-valgrind --timeout-multiplier 20 --suite unit \
        --wrapper "valgrind -q --vgdb=no --error-exitcode=99 --leak-check=full \
--errors-for-leak-kinds=definite --suppressions='$support/valgrind.supp'"
    unset G_SLICE
  fi
}

run_tsan ()
{
  prepare build-tsan "" $werror -Db_sanitize=thread -Db_lundef=false || return 0
  warm_registry build-tsan libtsan.so
  export GST_REGISTRY_FORK=no G_SLICE=always-malloc
  export TSAN_OPTIONS="suppressions=$support/tsan.supp:history_size=4:second_deadlock_stack=1"
  # Only now: the runtime of TSan must not meet a compiler or Meson's own set-up.
  export LD_PRELOAD="$top/build-tsan/tests/support/libtsan-glib.so"
  run_tests build-tsan testlog --timeout-multiplier 10 --suite element --suite net --suite threads
  unset LD_PRELOAD GST_REGISTRY_FORK G_SLICE TSAN_OPTIONS
}

# Seeds are the corpus of the source tree; what libFuzzer finds stays in the build folder.
run_fuzz ()
{
  export CC=clang
  if prepare build-fuzz clang -Dfuzzers=true -Db_sanitize=address,undefined -Db_lundef=false; then
    for target in build-fuzz/tests/fuzz/fuzz-*; do
      if [ ! -f "$target" ] || [ ! -x "$target" ]; then continue; fi
      name=$(basename "$target")
      printf '%s\n' "$name" | grep -q -E -e "${filter:-.}" || continue
      found=build-fuzz/corpus/$name
      mkdir -p "$found" build-fuzz/crashes
      set -- "$found"
      [ ! -d "tests/fuzz/corpus/${name#fuzz-}" ] || set -- "$@" "tests/fuzz/corpus/${name#fuzz-}"
      [ ! -f "tests/fuzz/${name#fuzz-}.dict" ] || set -- "-dict=tests/fuzz/${name#fuzz-}.dict" "$@"
      printf 'run.sh: %s for %s s\n' "$name" "$fuzz_seconds"
      if G_SLICE=always-malloc "$target" -max_total_time="$fuzz_seconds" -timeout=10 \
          -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 \
          -artifact_prefix="build-fuzz/crashes/$name-" "$@"; then
        record "$name" OK
      else
        record "$name" FAIL
      fi
    done
  fi
  unset CC
}

run_bench ()
{
  prepare build nginx $werror || return 0
  for bench in passthrough segmenting origin control; do
    status=0
    sh "tests/bench/$bench.sh" --build-dir "$top/build" || status=$?
    case $status in
      0) record "bench $bench" OK ;;
      77) record "bench $bench" SKIP ;;
      *) record "bench $bench" FAIL ;;
    esac
  done
}

for mode in $modes; do
  "run_$mode"
done

python3 build-aux/test-summary.py "$own_log" $logs
