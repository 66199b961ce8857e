"""`python -m tools.packages REQUIREMENTS FOLDER`: install the packages of a function, as `sam build` does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import isolation, lock

ORNAMENTS = "×╰├─▶│ "  # uv draws these before the lines of an error


def main(arguments: list[str]) -> int:
    """Install; 0 done, 1 with one sentence if that fails."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    requirements, folder = map(Path, arguments)
    with lock.alone(folder.parent / "install.lock"):
        reason = "" if folder.is_dir() else install(requirements, folder)
    if reason:
        print(reason, file=sys.stderr)
    return 1 if reason else 0


def install(requirements: Path, folder: Path) -> str:
    """Install into a new folder, which is there whole or not at all; the reason if that fails."""
    unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix="new-"))
    environment = isolation.for_uv(os.environ, isolation.pip_settings(sys.executable))
    target = ["--python", sys.executable, "--target", str(unfinished), "-r", requirements.name]
    command = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--no-config", *target]
    done = subprocess.run(
        command, cwd=requirements.parent, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        unfinished.chmod(0o755)
        unfinished.rename(folder)
        return ""
    shutil.rmtree(unfinished)
    return one_line(done.stderr)


def one_line(text: str) -> str:
    """A message of uv on one line."""
    return " ".join(line.strip(ORNAMENTS) for line in text.splitlines() if line.strip(ORNAMENTS)) or "no reason given"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
