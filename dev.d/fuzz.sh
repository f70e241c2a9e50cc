# Feeds the language with arbitrary bytes (libFuzzer).
usage() {
  cat <<'TEXT'
usage: ./dev fuzz [TARGET…] [--seconds N]
  Builds the preset fuzz (clang, AddressSanitizer, UndefinedBehaviorSanitizer) and runs each TARGET, or all of them one
  after the other, for N seconds (60): splitter, parser, compiler, evaluator, csv.
  It begins with tests/fuzz/corpus/TARGET and keeps what it finds in build/fuzz/corpus/TARGET. An input that breaks
  something is build/fuzz/crash-…; run build/fuzz/bin/fuzz_TARGET with it.
  Needs Debian's packages clang and libclang-rt-14-dev, which `./dev setup` installs.
TEXT
}

run() {
  local seconds=60 targets=()
  while (($# > 0)); do
    case "$1" in
      --seconds)
        seconds=${2:?--seconds needs a number}
        shift
        ;;
      splitter | parser | compiler | evaluator | csv) targets+=("$1") ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
  ((${#targets[@]} > 0)) || targets=(splitter parser compiler evaluator csv)
  type -P clang++ >/dev/null || die "there is no clang++: ./dev setup installs it"
  cmake --preset fuzz >/dev/null
  cmake --build --preset fuzz --target fuzz_all
  local target
  for target in "${targets[@]}"; do
    say "$target for $seconds seconds"
    mkdir -p "build/fuzz/corpus/$target"
    "build/fuzz/bin/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      -artifact_prefix="build/fuzz/" "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target"
  done
}
