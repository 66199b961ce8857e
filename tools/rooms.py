"""The rooms of the code and which imports which, as the code says it.

python -m tools.rooms             prints the picture of them, an SVG
python -m tools.rooms --write     writes the picture, and the floors as text into ARCHITECTURE.md
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools import marks
from tools.floor_plan import Panel, drawn
from tools.imports import Graph, arrows, files, floors, grouped, outermost

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = "users_cli"  # the package of cli/
TREES = ("local", "tools", "operate", "benchmarks", "tests")
PICTURE = ROOT / "docs" / "images" / "imports.svg"


def modules(root: Path = ROOT) -> dict[str, Path]:
    """Every module of the project, as it is imported: those of src/ and of cli/src/ without it."""
    return {**files(root / "src"), **files(root / "cli" / "src"), **files(root, *TREES)}


def tree(module: str) -> str:
    """The top folder of a module."""
    if outermost(module) == PROGRAM:
        return "cli"
    return outermost(module) if outermost(module) in TREES else "src"


def room_of_src(module: str) -> str:
    """The room of a module of src/; "" for others. Consumers have their own wiring."""
    if tree(module) != "src":
        return ""
    return module if module == "consumers.wiring" else outermost(module)


def room_of_local(module: str) -> str:
    """The room of a module of local/: a package of it, or a file beside the packages; "" for others."""
    parts = module.split(".")
    return parts[1] if parts[0] == "local" and len(parts) > 1 else ""


def panels() -> list[Panel]:
    """The parts of the picture: all trees, and the inside of those that have rooms."""
    graph = arrows(modules())
    return [
        Panel("The whole: a folder may import those below it", folders(grouped(graph, tree))),
        Panel("src/, all that ships", folders(grouped(graph, room_of_src), modules_of="src")),
        Panel("local/, the local runtime", folders(grouped(graph, room_of_local), modules_of="local")),
    ]


def folders(graph: Graph, modules_of: str = "") -> Graph:
    """The same, with a slash behind every room that is a folder, as people write it."""

    def name(room: str) -> str:
        return f"{room}/" if (ROOT / modules_of / room).is_dir() else room

    return {name(room): {name(it) for it in below} for room, below in graph.items()}


def in_words(drawn_panels: list[Panel]) -> str:
    """The floors of each panel as Markdown, for those who do not see the picture."""
    lines = [
        f"![The imports of the code, layer by layer; every arrow points down]({PICTURE.relative_to(ROOT).as_posix()})",
        "",
        "| folder | layers, the top one first |",
        "|---|---|",
    ]
    for panel in drawn_panels:
        rows = [", ".join(f"`{room}`" for room in floor) for floor in reversed(floors(panel.graph))]
        lines.append(f"| {panel.title.split(':')[0].split(',')[0]} | {' → '.join(rows)} |")
    return "\n".join(lines) + "\n"


def save(picture: str) -> None:
    """Put the picture and the words in their places."""
    PICTURE.write_text(picture, encoding="utf-8")
    marks.write(ROOT / "ARCHITECTURE.md", "rooms", in_words(panels()))


def main(arguments: list[str]) -> int:
    """Print or write the picture; the exit status."""
    return marks.main(
        arguments, __doc__, lambda: drawn(panels()), save, (ValueError, OSError)
    )  # a circle has no floors


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
