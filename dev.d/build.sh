# Configures and builds one preset (dev, release, asan, tsan).
usage() {
  cat <<'TEXT'
usage: ./dev build [PRESET] [TARGET…]
  PRESET is one of CMakePresets.json: dev (the default), release, asan, tsan. Without TARGET everything is built.
  The result is in build/PRESET.
TEXT
}

run() {
  umask 022 # the engine refuses plugins that others may write
  # Paths below the project count as relative, so that clones and work trees share what is compiled.
  export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
  local preset=${1:-dev}
  (($# == 0)) || shift
  local targets=()
  (($# == 0)) || targets=(--target "$@")
  # Afterwards ninja itself configures again where a CMake file changed.
  [[ build/$preset/build.ninja -nt CMakePresets.json ]] || cmake --preset "$preset" >&2
  cmake --build --preset "$preset" "${targets[@]}"
}
