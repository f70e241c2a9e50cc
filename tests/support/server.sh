# What the throw-away servers have in common, sourced by `kafka` and `postgres`: arguments, ports, and a process that is
# known by the id in a file. Knowledge of one server is in its own script.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
server=$(basename "$0")

say() { printf '%s: %s\n' "$server" "$*" >&2; }
die() { say "$*"; exit 1; }

# COMMAND [--dir DIR] [ARGUMENT…] into `command`, `dir` (absolute) and `arguments`.
read_arguments() {
  dir=$root/.run/$server
  command=
  arguments=()
  while (($# > 0)); do
    case "$1" in
      --dir)
        dir=${2:?"--dir needs a folder"}
        shift
        ;;
      --dir=*) dir=${1#--dir=} ;;
      -h | --help) command=help ;;
      *)
        if [[ $command ]]; then arguments+=("$1"); else command=$1; fi
        ;;
    esac
    shift
  done
  dir=$(realpath -m "$dir")
}

# Free at the moment of asking: whoever uses it asks again when somebody else was faster.
free_ports() {
  python3 - "$1" <<'PYTHON'
import socket, sys
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(s.getsockname()[1] for s in sockets))
PYTHON
}

# True while process $1 runs and its command line still names $2 (an id may have been given to another process since).
is_process_of() {
  [[ ${1:-} ]] && kill -0 "$1" 2>/dev/null || return 1
  local state
  state=$(sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null) || return 1
  [[ $state != Z* ]] && tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -qF -- "$2"
}

# Waits until "$@" is true, at most $1 seconds, asking ten times a second.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}
