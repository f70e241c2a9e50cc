# Starts and stops a throw-away Apache Kafka.
usage() { tests/support/kafka --help | sed '1s|kafka|./dev kafka|'; }

run() { exec tests/support/kafka "$@"; }
