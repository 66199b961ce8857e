#!/usr/bin/env bash
# tools/programs.sh - have the programs that the tests call and no Python package brings; install those that are missing.
#
# Uses apt-get, as root or by sudo. Where there is no apt-get it says what to install and fails.
set -euo pipefail

missing() { # the Debian packages of the programs that are not there
  python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
  command -v curl >/dev/null || echo curl
  command -v openssl >/dev/null || echo openssl
  command -v ab >/dev/null || echo apache2-utils
  command -v spin >/dev/null || echo spin
  command -v cc >/dev/null || echo gcc libc6-dev
  command -v valgrind >/dev/null || echo valgrind
}

main() {
  local packages as_root=()
  packages=$(missing | tr '\n' ' ')
  [ -n "$packages" ] || return 0
  if ! command -v apt-get >/dev/null; then
    echo "programs: the tests need what Debian packages as: $packages; install it and run this again" >&2
    return 1
  fi
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  echo "programs: installing $packages"
  "${as_root[@]}" apt-get update -q
  # shellcheck disable=SC2086 # a list of packages
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages
}

main "$@"
