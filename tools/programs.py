"""python3 tools/programs.py - install the programs that tests call and no Python package brings, if they are missing.

It says what it will install. On a terminal it asks first; with YES=1, in CI or without a terminal it does not. It uses
apt-get, as root or by sudo. Where there is no apt-get it says what to install, and fails. `make test` skips the tests
whose program is missing.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable

INSTALLERS = {  # in the order in which they are looked for
    "apt-get": "apt-get install",
    "brew": "brew install",
    "dnf": "dnf install",
    "apk": "apk add",
}
VENV = "python3-venv"  # Debian's name for a part of Python
PROGRAMS: dict[str, dict[str, str]] = {  # what each is packaged as; a system that is not named has no package
    "ab": {"apt-get": "apache2-utils", "brew": "httpd", "dnf": "httpd-tools", "apk": "apache2-utils"},
    "cc": {"apt-get": "gcc libc6-dev", "brew": "gcc", "dnf": "gcc", "apk": "build-base"},
    "chromedriver": {  # it comes with the browser, but for Homebrew's
        "apt-get": "chromium-driver",
        "brew": "chromedriver",
        "dnf": "chromedriver",
        "apk": "chromium-chromedriver",
    },
    "curl": {"apt-get": "curl", "brew": "curl", "dnf": "curl", "apk": "curl"},
    "git": {"apt-get": "git", "brew": "git", "dnf": "git", "apk": "git"},
    "openssl": {"apt-get": "openssl", "brew": "openssl", "dnf": "openssl", "apk": "openssl"},
    "spin": {"apt-get": "spin", "brew": "spin"},
    "valgrind": {"apt-get": "valgrind", "dnf": "valgrind", "apk": "valgrind"},
}


def main() -> int:
    """Install what is missing; 0 when all is there, 1 when something is not."""
    names = missing([VENV, *PROGRAMS])
    if not names:
        print("programs: nothing is missing")
        return 0
    print(f"programs: missing: {', '.join(names)}", flush=True)
    if not shutil.which("apt-get"):
        print(elsewhere(names), file=sys.stderr)
        return 1
    wanted = packages(names, "apt-get")
    print(f"programs: will run: {' '.join([*as_root(), 'apt-get install', *wanted])}", flush=True)
    return install(wanted) if agreed() else 1


def missing(names: Iterable[str]) -> list[str]:
    """Those of `names` that are not there."""
    return [name for name in names if not present(name)]


def present(name: str) -> bool:
    """Whether the program, or that part of Python, is there."""
    return bool(importlib.util.find_spec("ensurepip") if name == VENV else shutil.which(name))


def packages(names: Iterable[str], installer: str) -> list[str]:
    """The names of the packages of these programs for `installer`."""
    known = {**PROGRAMS, VENV: {"apt-get": VENV}}
    return " ".join(known[name].get(installer, "") for name in names).split()


def elsewhere(names: list[str]) -> str:
    """Help for systems without apt-get: one command for each kind of system, this one's alone if it is known."""
    here = [installer for installer in INSTALLERS if shutil.which(installer)]
    lines = ["programs: there is no apt-get here; install them, then run this again:"]
    for installer in here or [other for other in INSTALLERS if other != "apt-get"]:
        without = [name for name in names if installer not in PROGRAMS.get(name, {})]
        note = f"    # has no {', '.join(without)}" if without else ""
        lines.append(f"  {' '.join([INSTALLERS[installer], *packages(names, installer)])}{note}")
    return "\n".join([*lines, "Without them `make test` skips the tests that need them."])


def as_root() -> list[str]:
    """How to become root, if need be."""
    return [] if os.geteuid() == 0 else ["sudo"]


def agreed() -> bool:
    """Whether to go on: asks only where somebody can answer."""
    if os.environ.get("YES") or os.environ.get("CI") or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return True
    return input("programs: go on? [y/N]: ").strip().lower() in ("y", "yes")


def install(wanted: list[str]) -> int:
    """Run apt-get; 0 when it has done what it should."""
    apt_get = [*as_root(), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]  # sudo would drop the variable
    try:
        subprocess.run([*apt_get, "update", "-q"], check=True)
        subprocess.run([*apt_get, "install", "-y", "-q", "--no-install-recommends", *wanted], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"programs: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
