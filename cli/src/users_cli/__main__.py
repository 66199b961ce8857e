"""`users`, or `python -m users_cli`."""

from __future__ import annotations

import sys

from users_cli.app import main


def run() -> None:
    """Run the command of this process, and end it."""
    sys.exit(main())


if __name__ == "__main__":
    run()
