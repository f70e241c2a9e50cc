# Installs and builds what is missing.
# From Debian: packages, and newer librdkafka and libpqxx where the system's are too old; with Maven: Kafka and test data.
# What is there already is not touched, so it may be run again at any time; a build that broke off is begun anew.

readonly packages=(
  # tools
  g++ cmake ninja-build ccache mold pkg-config dpkg-dev clang-format clang-tidy clang libclang-rt-14-dev git curl jq python3 procps util-linux xz-utils
  # libraries of the engine, the rules and the plugins
  libboost1.81-dev libboost-filesystem1.81-dev libboost-system1.81-dev libsimdjson-dev libre2-dev libtomlplusplus-dev
  libcli11-dev libfmt-dev libspdlog-dev libxxhash-dev libicu-dev libssl-dev zlib1g-dev libzstd-dev libpq-dev
  # libraries of librdkafka
  libsasl2-dev liblz4-dev libcurl4-openssl-dev
  # tests and measurements
  libgtest-dev libgmock-dev libbenchmark-dev wrk nginx-light zsh fish groff-base python3-yaml
  # throw-away servers
  postgresql-15 postgresql-client-15 openjdk-17-jre-headless maven
)
# Name, pkg-config module, the oldest version that will do, options of its CMake build.
readonly newer=(
  "librdkafka rdkafka 2.3 -DRDKAFKA_BUILD_TESTS=OFF -DRDKAFKA_BUILD_EXAMPLES=OFF -DWITH_SSL=ON -DWITH_SASL=ON -DWITH_ZLIB=ON -DWITH_ZSTD=ON -DENABLE_LZ4_EXT=ON"
  "libpqxx libpqxx 7.7 -DSKIP_BUILD_TEST=ON -DBUILD_DOC=OFF"
)
readonly newer_suite=trixie

usage() {
  cat <<'TEXT'
usage: ./dev setup [--check]
  Installs the Debian packages that are missing (as root, or with sudo; neither where nothing is missing) and builds
  librdkafka and libpqxx from Debian 13's source packages into .deps/prefix where pkg-config finds none that is new enough.
  Fetches Apache Kafka and the Wikipedia edits of tests and demo with Maven, and Prometheus' promtool, which checks the
  alerts, out of its Debian package into .deps/bin.
  --check   only say what is missing; exit code 1 if anything is
TEXT
}

run() {
  local check=
  case "${1:-}" in
    --check) check=yes ;;
    ?*) usage >&2; exit 2 ;;
  esac
  mkdir -p .deps
  exec 8>.deps/lock
  flock -n 8 || { say "another set-up is at work, waiting for it"; flock 8; }

  local missing=()
  mapfile -t missing < <(missing_packages)
  local old=() entry
  for entry in "${newer[@]}"; do
    is_new_enough $entry || old+=("$entry")
  done
  if [[ $check ]]; then
    local names=("${missing[@]}" "${old[@]%% *}")
    has_promtool || names+=(promtool)
    ((${#names[@]} == 0)) && { say "nothing is missing"; return; }
    die "missing: ${names[*]}"
  fi

  ((${#missing[@]} == 0)) || install_packages "${missing[@]}"
  for entry in "${old[@]}"; do
    build_newer $entry
  done
  has_promtool || fetch_promtool
  tests/support/kafka jars
  tests/support/wikipedia >/dev/null
  say "everything is there"
}

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
  done
}

# Debian starts a server as soon as its package is installed; nothing here wants those, so they are kept from starting.
install_packages() {
  local as_root=()
  if ((EUID != 0)); then
    type -P sudo >/dev/null || die "these packages are missing and installing them needs root or sudo: $*"
    as_root=(sudo)
  fi
  say "installing from Debian: $*"
  "${as_root[@]}" apt-get -q update >&2
  "${as_root[@]}" bash -s "$@" >&2 <<'SCRIPT'
set -euo pipefail
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$@" </dev/null
SCRIPT
}

# The project's prefix counts only when its build ended well: the stamp is the last file written.
is_new_enough() {
  local name=$1 module=$2 oldest=$3
  if type -P pkg-config >/dev/null && pkg-config --atleast-version="$oldest" "$module"; then
    return 0
  fi
  [[ -f .deps/prefix/share/millrace/$name ]] &&
    PKG_CONFIG_PATH=$root/.deps/prefix/lib/pkgconfig pkg-config --atleast-version="$oldest" "$module"
}

has_promtool() { type -P promtool >/dev/null || [[ -x .deps/bin/promtool ]]; }

# Installing the package would bring a server and its web pages; one program of it is wanted. A test is skipped without
# it, so that nothing else waits for it.
fetch_promtool() {
  local work=.deps/build/promtool
  rm -rf "$work"
  mkdir -p "$work" .deps/bin
  if (cd "$work" && apt-get -q -o APT::Sandbox::User="$(id -un)" download prometheus && dpkg-deb -x ./*.deb whole) \
    >"$work.log" 2>&1; then
    mv "$work/whole/usr/bin/promtool" .deps/bin/promtool
    say "promtool is in .deps/bin"
  else
    say "no promtool, so the alerts are not checked: Debian's package prometheus could not be fetched, see $work.log"
  fi
  rm -rf "$work"
}

build_newer() {
  local name=$1 module=$2 oldest=$3
  shift 3
  local work=.deps/build/$name prefix=$root/.deps/prefix
  say "the system has no $name >= $oldest: building the one of Debian $newer_suite (about a minute)"
  rm -rf "$work" "$prefix/share/millrace/$name"
  mkdir -p "$work"
  fetch_source "$name" "$work"
  (cd "$work" && dpkg-source --no-check -x ./*.dsc source) >"$work/log" 2>&1 || die "$name: cannot unpack, see $work/log"
  {
    cmake -S "$work/source" -B "$work/out" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$prefix" \
      -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_INSTALL_RPATH='$ORIGIN' -DBUILD_SHARED_LIBS=ON \
      -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "$@" &&
      cmake --build "$work/out" && cmake --install "$work/out"
  } >>"$work/log" 2>&1 || die "$name: the build failed, see $root/$work/log"
  sed -i "s|$prefix|\${pcfiledir}/../..|g" "$prefix"/lib/pkgconfig/*.pc # so that the project's folder may move
  mkdir -p "$prefix/share/millrace"
  PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --modversion "$module" >"$prefix/share/millrace/$name"
  say "built $name $(<"$prefix/share/millrace/$name") in .deps/prefix"
  rm -rf "$work"
}

# Downloads a source package the way a backport begins: with an apt list of the project's own, made from the machine's
# own entry for Debian, so that mirrors and proxies set up here are used and the system's lists stay as they are.
fetch_source() {
  local name=$1 into=$2 apt=$root/.deps/apt
  mkdir -p "$apt"/{lists/partial,cache/archives/partial,parts}
  local options=(-q -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts="$apt/parts"
    -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" -o Acquire::Languages=none
    -o APT::Sandbox::User="$(id -un)")
  if [[ ! -s $apt/updated ]]; then
    newer_source_list >"$apt/sources.list"
    apt-get "${options[@]}" update >"$apt/log" 2>&1 || die "cannot read Debian $newer_suite's list of sources, see $apt/log"
    date >"$apt/updated"
  fi
  (cd "$into" && apt-get "${options[@]}" source --download-only "$name") >>"$apt/log" 2>&1 && return
  rm -f "$apt/updated"
  die "cannot download the source of $name, see $apt/log"
}

newer_source_list() {
  local codename uri
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  uri=$(apt-get indextargets --no-release-info --format '$(CREATED_BY) $(RELEASE) $(COMPONENT) $(REPO_URI)' |
    awk -v suite="$codename" '$1 == "Packages" && $2 == suite && $3 == "main" { print $4; exit }')
  [[ $uri ]] || die "apt has no entry for Debian's suite '$codename' (/etc/apt/sources.list, /etc/apt/sources.list.d)"
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed=
  [[ -f $keyring ]] && signed="[signed-by=$keyring] "
  echo "deb-src $signed$uri $newer_suite main"
}
