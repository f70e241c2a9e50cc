# Shows the whole way, from HTTP through Kafka to PostgreSQL, and counts at the end what arrived.
usage() {
  cat <<'TEXT'
usage: ./dev demo [--direct] [--keep] [--events N]
       ./dev demo --stop
  Sets up, builds, starts a throw-away PostgreSQL and Apache Kafka, applies the example rules, starts the engine, posts
  39,244 real Wikipedia edits and 100 events that are broken on purpose over HTTP, and compares what was sent with what
  Kafka and PostgreSQL hold, asking them with their own tools. The last line is for machines:
    demo: sent=39344 stored=39244 dead_lettered=100 lost=0 twice=0
  --direct     without Kafka: one pipeline from HTTP to PostgreSQL
  --events N   N events of the model case (rules/model) instead: five million devices, late and duplicate events
  --keep       leaves everything running and prints how to look around; ./dev demo --stop ends it
  What it starts is in .run/demo.
TEXT
}

run() {
  if [[ " $* " != *" --stop "* ]]; then
    "$root/dev" setup
    "$root/dev" build release millrace_all >&2
  fi
  exec python3 -B dev.d/demo/demo.py "$@"
}
