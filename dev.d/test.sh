# Builds and runs the tests.
usage() {
  cat <<'TEXT'
usage: ./dev test
TEXT
}

run() {
  "$root/dev" setup
  "$root/dev" build dev
  ctest --preset dev
}
