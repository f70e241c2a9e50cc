# Opens a shell that finds the built programs and the throw-away servers.
usage() {
  cat <<'TEXT'
usage: ./dev shell [COMMAND [ARGUMENT…]]
  Opens a shell, or runs COMMAND, with PATH, MILLRACE_PLUGINS and MILLRACE_DATA set, and, for each server that runs
  (./dev kafka start, ./dev postgres start), KAFKA_BROKERS, or POSTGRES_URL and the PG… variables of psql.
TEXT
}

run() {
  local preset
  for preset in dev release; do # release is found first where both are built
    [[ ! -d build/$preset/bin ]] || PATH=$root/build/$preset/bin:$PATH MILLRACE_PLUGINS=$root/build/$preset/plugins
  done
  export PATH MILLRACE_PLUGINS MILLRACE_DATA=$root/.deps/data
  local address
  if address=$(tests/support/kafka status 2>/dev/null); then
    export KAFKA_BROKERS=$address
    say "Kafka: $address"
  fi
  if address=$(tests/support/postgres status 2>/dev/null); then
    local port=${address##*:}
    export POSTGRES_URL=$address PGHOST=127.0.0.1 PGUSER=postgres PGDATABASE=millrace PGPORT=${port%%/*}
    say "PostgreSQL: $address"
  fi
  (($# > 0)) || set -- "${SHELL:-bash}"
  exec "$@"
}
