# Measures a release build; one line of figures for each measurement.
usage() {
  cat <<'TEXT'
usage: ./dev bench [--list] [NAME…]
  Builds the release preset and runs the measurements NAME…, or all of them, one after the other. Each prints
    bench NAME value=… unit=… reference=… ratio=…
  where the reference was measured in the same run. Nothing else should be running.
  A measurement is a program bench_NAME of the build or a script tests/bench/NAME.sh or tests/bench/NAME.py; it finds
  the build in MILLRACE_BUILD and real events in MILLRACE_DATA.
TEXT
}

run() {
  local list=
  if [[ ${1:-} == --list ]]; then
    list=yes
    shift
  fi
  "$root/dev" setup
  "$root/dev" build release >&2
  export MILLRACE_BUILD=$root/build/release MILLRACE_DATA=$root/.deps/data
  local names=("$@")
  (($# > 0)) || mapfile -t names < <(measurements)
  if [[ $list ]]; then
    printf '%s\n' "${names[@]}"
    return
  fi
  local name failed=()
  for name in "${names[@]}"; do
    say "$name"
    measure "$name" || failed+=("$name")
  done
  ((${#failed[@]} == 0)) || die "failed: ${failed[*]}"
}

measurements() {
  {
    find "$MILLRACE_BUILD/bin" -name 'bench_*' -type f -printf '%f\n' | sed 's/^bench_//'
    find tests/bench \( -name '*.sh' -o -name '*.py' \) -perm -u+x -printf '%f\n' 2>/dev/null | sed 's/\.[a-z]*$//'
  } | sort -u
}

measure() {
  local candidate
  for candidate in "tests/bench/$1.sh" "tests/bench/$1.py" "$MILLRACE_BUILD/bin/bench_$1"; do
    if [[ -x $candidate ]]; then
      "$candidate"
      return
    fi
  done
  say "there is no measurement '$1'; there are: $(measurements | paste -sd' ')"
  return 1
}
