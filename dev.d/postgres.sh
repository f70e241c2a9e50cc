# Starts and stops a throw-away PostgreSQL.
usage() { tests/support/postgres --help | sed '1s|postgres|./dev postgres|'; }

run() { exec tests/support/postgres "$@"; }
