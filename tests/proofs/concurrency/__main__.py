"""python -m tests.proofs.concurrency NUMBER - run a schedule again and tell it turn by turn, made small if it fails."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "src"))

from tests.proofs.concurrency.schedules import numbered, report, run, shrunk
from tests.proofs.concurrency.world import quiet
from tests.proofs.system import System


def main(number: int) -> int:
    """Print the schedule; 1 if something is wrong with it."""
    case, system = numbered(number), System()
    with quiet():
        wrong = run(case, system)[1]
        print(report(shrunk(case, system) if wrong else case, system))
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(int(sys.argv[1])))
