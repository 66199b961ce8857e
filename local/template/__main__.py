"""`python -m local.template [--resolved] [--template FILE] [Name=value ...]`: the template as AWS sees it."""

from __future__ import annotations

import argparse
import json
import sys

from local.template.source import TemplateError
from local.template.transform import ROOT, load, transformed


def main(arguments: list[str] | None = None) -> int:
    """Print the transformed template as JSON; 0 done, 1 with one sentence when it cannot be loaded."""
    parser = argparse.ArgumentParser(prog="python -m local.template", description=main.__doc__)
    parser.add_argument("--template", default=str(ROOT / "template.yaml"))
    parser.add_argument("--resolved", action="store_true", help="resolve references and conditions too")
    parser.add_argument("--quiet", action="store_true", help="print nothing, only fill the cache")
    parser.add_argument("parameters", nargs="*", metavar="Name=value")
    options = parser.parse_args(arguments)
    try:
        given = dict(word.partition("=")[::2] for word in options.parameters)
        found = load(options.template, given) if options.resolved else transformed(options.template, given)
    except TemplateError as error:
        print(error, file=sys.stderr)
        return 1
    if not options.quiet:
        print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
