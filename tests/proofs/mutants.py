"""python -m tests.proofs.mutants - judge what mutmut found: at least 90 % noticed, every survivor explained.

A survivor is known by the line it changed and what it became; `survivors.toml` has the reason for each. One that is not
explained there, or an explanation that nothing needs any more, is a failure.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from tests.proofs.figures import figures

MUTMUT = Path(sys.executable).with_name("mutmut")
LEAST = 0.9
# A mutant that never ends, or that breaks the interpreter, was noticed too.
NOTICED = {"killed", "timeout", "suspicious", "segfault", "caught by type check"}


def main() -> int:
    """Print the figures and what is unexplained; 0 if the bounds hold."""
    results = statuses(mutmut("results", "--all", "true"))
    survivors = {change(mutmut("show", name)): name for name, status in results.items() if status not in NOTICED}
    known = {entry["change"]: entry["reason"] for entry in explained()}
    noticed = sum(status in NOTICED for status in results.values())
    figures("mutants", len(results), noticed=noticed, survived=len(results) - noticed)
    for text in sorted(set(survivors) - set(known)):
        print(f"unexplained survivor {survivors[text]}:\n{text}")
    for text in sorted(set(known) - set(survivors)):
        print(f"no mutant survives by this any more:\n{text}")
    complete = bool(results) and noticed >= LEAST * len(results)
    return 0 if complete and set(survivors) == set(known) else 1


def mutmut(*arguments: str) -> str:
    """What mutmut prints."""
    return subprocess.run([str(MUTMUT), *arguments], capture_output=True, text=True, check=True).stdout


def statuses(text: str) -> dict[str, str]:
    """Status by mutant from the lines `name: status`."""
    pairs = (line.strip().rpartition(": ") for line in text.splitlines() if ": " in line)
    return {name: status for name, _, status in pairs}


def change(diff: str) -> str:
    """The lines a mutant changed, as `- old` and `+ new`."""
    lines = [line for line in diff.splitlines() if line[:1] in "-+" and line[:3] not in ("---", "+++")]
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in lines)


def explained() -> list[dict[str, str]]:
    """The survivors that are known, each with its reason."""
    entries: list[dict[str, str]] = tomllib.loads(Path(__file__).with_name("survivors.toml").read_text())["survivor"]
    return entries


if __name__ == "__main__":
    sys.exit(main())
