# shellcheck shell=bash
# The one list of the distribution packages that whytls needs, and how they are installed.
# Sourced by deploy/quickstart, deploy/Dockerfile, tests/run and bench/compare.

# To build the program.
# shellcheck disable=SC2034  # used by whoever sources this file
build_packages=(
  ca-certificates
  cmake
  g++
  libcli11-dev
  libexpected-dev
  libkainjow-mustache-dev
  libpsl-dev
  libspdlog-dev
  libsqlite3-dev
  libssl-dev
  libsystemd-dev
  libtoml11-dev
  libuv1-dev
  ninja-build
  nlohmann-json3-dev
  node-llhttp
  pkg-config
  publicsuffix
)

# In addition, to build the gallery of broken servers (it is made of parts of the tests).
# shellcheck disable=SC2034
gallery_packages=(libgtest-dev libgmock-dev)

# To run the program that was built elsewhere.
# shellcheck disable=SC2034
runtime_packages=(ca-certificates libpsl5 publicsuffix libspdlog1.10 libsqlite3-0 libssl3 libsystemd0 libuv1)

# In addition, to test it.
# shellcheck disable=SC2034
test_packages=(
  chromium
  clang-14
  clang-format-14
  clang-tidy-14
  curl
  firefox-esr
  fonts-dejavu-core
  libclang-rt-14-dev
  libgmock-dev
  libgtest-dev
  libnss3-tools
  nginx
  openssl
  python3
  shellcheck
  systemd
  xz-utils
)

# In addition, to look at its pages: from the npm registry, and exactly these (see install_npm_test_tools).
# shellcheck disable=SC2034
npm_test_tools=(axe-core@4.14.1 vnu-jar@26.9.27)

# In addition, the clients whose words tests/clients compares with those of whytls.
# shellcheck disable=SC2034
client_packages=(
  chromium
  curl
  firefox-esr
  gcc
  gnutls-bin
  golang-go
  libnss3-tools
  nodejs
  openjdk-17-jdk-headless
  openssl
  python3
  wget
)

# In addition, to compare it with others.
# shellcheck disable=SC2034
bench_packages=(curl haproxy libbenchmark-dev nginx openssl python3 wrk)

# Services that come with a package above and must not run because of us.
packaged_services=(nginx haproxy)

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "need root to run: $*" >&2
    echo "run it as root, or install sudo, or install the packages yourself" >&2
    return 1
  fi
}

package_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Prints those of its arguments that are not installed, one a line.
missing_packages() {
  local package
  for package in "$@"; do
    package_installed "$package" || echo "$package"
  done
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=600 "$@" </dev/null
}

# Installs what is missing of its arguments; does nothing, and needs no root, when nothing is.
install_packages() {
  local -a missing
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  if ! command -v apt-get >/dev/null; then
    echo "this is no Debian; please install what corresponds to: ${missing[*]}" >&2
    return 1
  fi
  echo "installing: ${missing[*]}"
  apt_get update || echo "the package lists could not be refreshed; going on with those at hand" >&2
  without_starting_services apt_get install --no-install-recommends "${missing[@]}"
}

# Usage: install_npm_test_tools FOLDER
# Puts the npm_test_tools into FOLDER/node_modules, and sees to what runs them. Does nothing when they are there.
install_npm_test_tools() {
  local folder=$1 wanted=${npm_test_tools[*]}
  command -v java >/dev/null || install_packages default-jre-headless || return 1
  [ "$(cat "$folder/installed" 2>/dev/null)" != "$wanted" ] || return 0
  # A Node.js from elsewhere brings an npm of its own, which the package of that name would conflict with.
  command -v npm >/dev/null || install_packages nodejs npm || return 1
  mkdir -p "$folder"
  # Two files are used, by our own tests: nothing of the packages has to run here.
  npm install --prefix "$folder" --no-save --no-package-lock --ignore-scripts --no-audit --no-fund \
    "${npm_test_tools[@]}" </dev/null &&
    (cd "$folder/node_modules" && sha256sum --check --quiet) <<'END' &&
29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c  axe-core/axe.min.js
22f15dd39a33bed929d2a5c0cddf5946849a647eca9272bf4d5d00bc7e7a4d47  vnu-jar/build/dist/vnu.jar
END
    echo "$wanted" >"$folder/installed"
}

# Runs a command while no package may start its service, and then keeps those services from starting at
# the next boot which were not there before.
without_starting_services() {
  local guard=/usr/sbin/policy-rc.d guarded=no status=0 service
  local -a new_services=()
  for service in "${packaged_services[@]}"; do
    package_installed "$service" || new_services+=("$service")
  done
  if [ ! -e "$guard" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" >/dev/null
    as_root chmod 755 "$guard"
    guarded=yes
  fi
  "$@" || status=$?
  [ "$guarded" = no ] || as_root rm -f "$guard"
  for service in "${new_services[@]}"; do
    if package_installed "$service" && command -v systemctl >/dev/null; then
      as_root systemctl disable --quiet "$service" 2>/dev/null || true
    fi
  done
  return "$status"
}
