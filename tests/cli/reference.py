"""docs/reference/cli.md, as the help of the program says it.

python -m tests.cli.reference              prints the commands
python -m tests.cli.reference --write      writes them, the exit statuses and the variables
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

import typer.main

from tests.docs.pages import ROOT
from tools import marks

sys.path.insert(0, str(ROOT / "cli" / "src"))

from users_cli import failures, vault
from users_cli.app import INTERRUPTED, app

PAGE = ROOT / "docs" / "reference" / "cli.md"
NOT_TO_SAY = {"help", "install_completion", "show_completion"}


def commands(command: Any, path: str = "users") -> Iterator[tuple[str, Any]]:
    """Each command that does something, with how it is called."""
    for name, each in command.commands.items():
        if hasattr(each, "commands"):
            yield from commands(each, f"{path} {name}")
        else:
            yield f"{path} {name}", each


def sections() -> str:
    """A section for each command."""
    return "\n".join(section(call, command) for call, command in commands(typer.main.get_command(app)))


def section(call: str, command: Any) -> str:
    """The help of one command as Markdown."""
    parameters = [it for it in command.params if it.name not in NOT_TO_SAY]
    arguments = " ".join(argument_name(it) for it in parameters if it.param_type_name == "argument")
    lines = [
        f"### `{call}`",
        "",
        "```text",
        f"{call} [OPTIONS] {arguments}".rstrip(),
        "```",
        "",
        paragraphs(command.help),
    ]
    rows = [row(it) for it in parameters]
    return "\n".join([*lines, "", "| option | what it does |", "|---|---|", *rows, ""])


def argument_name(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def paragraphs(text: str) -> str:
    """The sentences of a help, with options and names as code."""
    lines = [" ".join(part.split()) for part in text.split("\n\n")]
    return "\n\n".join(coded(line) for line in lines)


def coded(text: str) -> str:
    return re.sub(r"(?<![\w`])(--[a-z][a-z-]+|FILE\.[\w.-]+|USERS_\w+)", r"`\1`", text.replace("|", "\\|"))


def row(parameter: Any) -> str:
    """One parameter: how it is written, and what its help says."""
    if parameter.param_type_name == "argument":
        return f"| `{argument_name(parameter)}` | {coded(parameter.help)} |"
    written = ", ".join(f"`{name}`" for name in sorted(parameter.opts, key=len, reverse=True))
    value = "" if parameter.is_flag else f" `{parameter.metavar or 'TEXT'}`"
    default = "" if parameter.default in (None, False) or parameter.required else f" Default: `{parameter.default}`."
    required = " Required." if parameter.required else ""
    return f"| {written}{value} | {coded(parameter.help)}{default}{required} |"


def statuses() -> str:
    """The exit statuses, from the classes of failures."""
    kinds = [it for it in vars(failures).values() if isinstance(it, type) and issubclass(it, failures.Failure)]
    said: dict[int, list[str]] = {0: ["Done."]}
    for kind in kinds:
        if kind is not failures.Failure:
            said.setdefault(kind.status, []).append(str(kind.__doc__))
    said[1].append("Rows of a file are refused, or somebody who was asked said no.")
    said[INTERRUPTED] = ["Interrupted by Ctrl-C."]
    rows = [f"| {status} | {' '.join(sentences)} |" for status, sentences in sorted(said.items())]
    return "\n".join(["| status | meaning |", "|---|---|", *rows, ""])


def variables() -> str:
    """The environment, from the help of the whole and the vault."""
    named = set(re.findall(r"USERS_\w+", str(typer.main.get_command(app).help)))
    assert named == {*MEANINGS, *vault.VARIABLES.values()} == set(MEANINGS), "name each variable here and in the help"
    return "\n".join(
        ["| variable | meaning |", "|---|---|", *[f"| `{it}` | {text} |" for it, text in MEANINGS.items()], ""]
    )


MEANINGS = {
    "USERS_URL": "The URL of an API. No profile counts then, and none of its secrets.",
    "USERS_PROFILE": "The profile that counts, unless `--profile` names one.",
    "USERS_API_KEY": "The API key.",
    "USERS_TOKEN": "An access token, used until it expires. It counts before the sign-in of the profile.",
    "USERS_CLIENT_SECRET": "The secret of a client for programs, for a profile that signs in with `--machine`.",
    "USERS_CONFIG_DIR": "The folder of the profiles. Without it, it is the usual folder of the system.",
}
PARTS = {"commands": sections, "statuses": statuses, "variables": variables}


def save(_: str) -> None:
    """Write all parts into the page."""
    for name, make in PARTS.items():
        marks.write(PAGE, name, make())


def main(arguments: list[str]) -> int:
    """Print the commands, or write the page; the exit status."""
    return marks.main(arguments, __doc__, sections, save)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
