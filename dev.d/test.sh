# Builds and runs the tests: release with real servers, then AddressSanitizer and ThreadSanitizer.
usage() {
  cat <<'TEXT'
usage: ./dev test [--quick] [--filter REGEX] [PRESET…]
  Sets up if needed, then builds and runs, ending with totals and a line `N passed, N failed, N skipped`:
    release   unit, flow and system tests (these start a real Kafka and a real PostgreSQL of their own)
    asan      unit and flow tests under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer
    tsan      unit and flow tests under ThreadSanitizer
  PRESET          only these of them; dev can be named too
  --quick         the dev build and its unit tests alone, no set-up
  --filter REGEX  only the test programs (as ctest names them) that match
  Reports of the runs are in build/PRESET/report.
TEXT
}

run() {
  local quick= filter= presets=()
  while (($# > 0)); do
    case "$1" in
      --quick) quick=yes ;;
      --filter)
        filter=${2:?--filter needs a regular expression}
        shift
        ;;
      -*) usage >&2; exit 2 ;;
      *) presets+=("$1") ;;
    esac
    shift
  done
  if [[ $quick ]]; then
    presets=(dev)
  else
    "$root/dev" setup
    ((${#presets[@]} > 0)) || presets=(release asan tsan)
  fi
  export MILLRACE_DATA=${MILLRACE_DATA:-$root/.deps/data}

  local preset failed= reports=()
  for preset in "${presets[@]}"; do
    say "$preset: building"
    "$root/dev" build "$preset" || die "$preset: the build failed"
    rm -rf "build/$preset/report"
    mkdir -p "build/$preset/report"
    local labels='unit|flow'
    [[ ! $quick ]] || labels=unit
    run_labelled "$preset" "$labels" 3 || failed=yes # many wait for servers
    if [[ $preset == release || $preset == dev && ! $quick ]]; then
      run_labelled "$preset" system 1 || failed=yes # they measure time-outs of real servers: one at a time
    fi
    reports+=("build/$preset/report")
  done
  python3 dev.d/test_totals.py "${reports[@]}" || failed=yes
  [[ ! $failed ]] || die "there are failures"
}

run_labelled() {
  local preset=$1 labels=$2 jobs=$3
  local only=()
  [[ ! $filter ]] || only=(-R "$filter")
  say "$preset: running the tests labelled $labels"
  # Not --preset: its output settings would hide what skipped tests say.
  ctest --test-dir "build/$preset" --no-tests=ignore -L "^($labels)\$" "${only[@]}" -j "$jobs" --output-on-failure \
    --test-output-size-passed 4000000 --test-output-size-failed 4000000 \
    --output-junit "report/${labels//|/-}.xml"
}
