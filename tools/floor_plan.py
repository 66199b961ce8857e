"""Draws rooms on floors as an SVG: each room is above everything it imports, so every arrow points down."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from tools.imports import Graph, floors, reached

WIDTH, MARGIN, GAP = 780, 16, 18
TITLE, BOX, FLOOR = 34, 28, 72  # heights: of a title, of a room, from floor to floor
LETTER, PADDING = 7.2, 20  # width of a letter, and what a room has beside its name
STYLE = """
  text { font: 13px ui-monospace, monospace; fill: #1f2328; text-anchor: middle }
  .title { font: 600 14px system-ui, sans-serif; text-anchor: start }
  .floor { fill: #f6f8fa }
  .room { fill: #ffffff; stroke: #59636e }
  .arrow { fill: none; stroke: #0969da; stroke-width: 1.2 }
  .head { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .floor { fill: #161b22 }
    .room { fill: #0d1117; stroke: #9198a1 }
    .arrow { stroke: #4493f8 }
    .head { fill: #4493f8 }
  }
"""


@dataclass(frozen=True)
class Panel:
    """One graph of rooms, with its title."""

    title: str
    graph: Graph


@dataclass(frozen=True)
class Room:
    """A box: the middle of its top, and its width."""

    name: str
    x: float
    y: float
    width: float


def drawn(panels: list[Panel]) -> str:
    """The panels below each other. Raises ValueError for a circle, which has no floors."""
    parts, top = [], 0.0
    for panel in panels:
        rooms = placed(panel.graph, top + TITLE)
        parts += [f'<text class="title" x="{MARGIN}" y="{top + 22:g}">{escape(panel.title)}</text>']
        parts += [*bands(rooms), *lines(panel.graph, rooms), *boxes(rooms)]
        top = max(room.y for room in rooms.values()) + BOX + GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top:g}" role="img">'
    title = "<title>Which room of the code imports which; every arrow points down</title>"
    return "\n".join([head, title, f"<style>{STYLE}</style>", MARKER, *parts, "</svg>"]) + "\n"


MARKER = (
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path class="head" d="M0 0 8 4 0 8z"/></marker></defs>'
)


def placed(graph: Graph, top: float) -> dict[str, Room]:
    """Every room on its floor, the highest at `top`, each near those that import it."""
    found: dict[str, Room] = {}
    for level, floor in enumerate(reversed(floors(graph))):
        widths = {name: len(name) * LETTER + PADDING for name in floor}
        space = (WIDTH - 2 * MARGIN - sum(widths.values())) / len(floor)
        x = MARGIN + space / 2
        for name in sorted(floor, key=lambda name: (middle_of_importers(name, graph, found), name)):
            found[name] = Room(name, round(x + widths[name] / 2, 1), top + level * FLOOR, round(widths[name], 1))
            x += widths[name] + space
    return found


def middle_of_importers(name: str, graph: Graph, rooms: dict[str, Room]) -> float:
    """The average position of the rooms that import a room."""
    above = [room.x for room in rooms.values() if name in needed(graph, room.name)]
    return sum(above) / len(above) if above else WIDTH / 2


def needed(graph: Graph, name: str) -> set[str]:
    """The imports of a room, without those that its other imports imply."""
    implied = {further for below in graph[name] for further in reached(graph, below)}
    return graph[name] - implied


def bands(rooms: dict[str, Room]) -> list[str]:
    """The floors."""
    heights = sorted({room.y for room in rooms.values()})
    size = f'width="{WIDTH - 2 * MARGIN}" height="{BOX + 12}" rx="4"'
    return [f'<rect class="floor" x="{MARGIN}" y="{y - 6:g}" {size}/>' for y in heights]


def boxes(rooms: dict[str, Room]) -> list[str]:
    """The rooms."""
    found = []
    for room in rooms.values():
        left = room.x - room.width / 2
        found.append(f'<rect class="room" x="{left:g}" y="{room.y:g}" width="{room.width:g}" height="{BOX}" rx="4"/>')
        found.append(f'<text x="{room.x:g}" y="{room.y + 18:g}">{escape(room.name)}</text>')
    return found


def lines(graph: Graph, rooms: dict[str, Room]) -> list[str]:
    """The arrows, from the lower edge of a room to the upper edge of what it imports."""
    found = []
    for name, room in rooms.items():
        for target in sorted(needed(graph, name), key=lambda it: (rooms[it].x, it)):
            end, start = rooms[target], room.y + BOX
            bend = (end.y - start) / 2
            path = f"M{room.x:g} {start:g}C{room.x:g} {start + bend:g} {end.x:g} {end.y - bend:g} {end.x:g} {end.y:g}"
            found.append(f'<path class="arrow" d="{path}" marker-end="url(#head)"/>')
    return found
