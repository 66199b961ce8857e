"""The imports of a tree of Python files as a graph: its circles, its floors, what a module reaches.

Nothing is run. An import counts wherever it stands: at the top, inside a function, for the type checker only, or by
`import_module` with a name written out. The graph contains only modules of these files.

    graph = arrows(files(ROOT / "src"))                                     # src/ on its own: users.model, ...
    graph = arrows({**files(ROOT / "src"), **files(ROOT, "local", "tools")})  # several trees in one graph
    assert circles(graph) == []
"""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

Graph = dict[str, set[str]]  # module -> the modules it imports


@dataclass(frozen=True)
class Import:
    """`import module` or `from module import names`, the module absolute; `typing`: only the type checker reads it."""

    module: str
    names: tuple[str, ...]
    line: int
    typing: bool


def files(root: Path, *folders: str) -> dict[str, Path]:
    """The modules of the folders of `root` (of all of it, without any), each by its name as seen from `root`."""
    found = sorted(path for folder in folders or ("",) for path in (root / folder).rglob("*.py"))
    return {_module_name(path.relative_to(root)): path for path in found}


def _module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def arrows(modules: Mapping[str, Path], *, typing: bool = True) -> Graph:
    """The imports of each module; without `typing`, only those that run."""
    return {name: set(_targets(name, path, modules, typing)) - {name} for name, path in modules.items()}


def _targets(name: str, path: Path, modules: Mapping[str, Path], typing: bool) -> Iterator[str]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for found in imports(path.read_text(), package):
        if typing or not found.typing:
            for target in _resolved(found, modules):
                yield target
                yield from _packages_entered(name, target, modules)


def _resolved(found: Import, modules: Mapping[str, Path]) -> set[str]:
    """`from a import b` means the module `a.b` where there is one, else `a`."""
    wanted = {f"{found.module}.{name}" for name in found.names}
    whole = {found.module} if not wanted or not wanted <= modules.keys() else set()
    return (wanted | whole) & modules.keys()


def _packages_entered(importer: str, target: str, modules: Mapping[str, Path]) -> Iterator[str]:
    """The packages around `target`, whose own files run first; an importer inside one of them is there already."""
    parts = target.split(".")
    for length in range(1, len(parts)):
        package = ".".join(parts[:length])
        if package in modules and not f"{importer}.".startswith(f"{package}."):
            yield package


def imports(source: str, package: str = "") -> list[Import]:
    """Every import of a source text; `package` is where its relative imports start."""
    return list(_parsed(source, package))


@lru_cache(maxsize=4096)
def _parsed(source: str, package: str) -> tuple[Import, ...]:
    """The same, read once: graphs of trees that differ in a file share the others."""
    return tuple(_imports(ast.parse(source), package, False))


def _imports(node: ast.AST, package: str, typing: bool) -> Iterator[Import]:
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        for part, only_typing in ((node.body, True), (node.orelse, typing)):
            for statement in part:
                yield from _imports(statement, package, only_typing)
        return
    yield from _own_imports(node, package, typing)
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, package, typing)


def _own_imports(node: ast.AST, package: str, typing: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, (), node.lineno, typing)
    elif isinstance(node, ast.ImportFrom):
        module = _absolute("." * node.level + (node.module or ""), package)
        yield Import(module, tuple(alias.name for alias in node.names), node.lineno, typing)
    elif isinstance(node, ast.Call) and (name := _name_written_out(node)):
        yield Import(_absolute(name, package), (), node.lineno, typing)


def _name_written_out(call: ast.Call) -> str:
    """The module that `import_module("name")` or `__import__("name")` imports; "" for any other call."""
    if ast.unparse(call.func).rpartition(".")[2] not in ("import_module", "__import__"):
        return ""
    match call.args:
        case [ast.Constant(value=str(name)), *_]:
            return name
    return ""


def _absolute(name: str, package: str) -> str:
    bare = name.lstrip(".")
    above = len(name) - len(bare)
    if not above:
        return name
    parts = package.split(".")
    base = parts[: len(parts) - above + 1]
    return ".".join([*base, bare] if bare else base)


def reached(graph: Mapping[str, set[str]], start: str) -> set[str]:
    """Everything that `start` imports, directly or indirectly. It contains `start` only if that is in a circle."""
    found: set[str] = set()
    waiting = [*graph.get(start, ())]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += graph.get(module, ())
    return found


def circles(graph: Mapping[str, set[str]]) -> list[tuple[str, ...]]:
    """The groups of modules that all reach each other."""
    reach = {module: reached(graph, module) for module in graph}
    return sorted({tuple(sorted(it for it in found if module in reach[it])) for module, found in reach.items()} - {()})


def floors(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The modules by floor, the ground first: each imports only from floors below. ValueError for a circle."""
    if found := circles(graph):
        raise ValueError(f"there are circles, so there are no floors: {found}")
    height: dict[str, int] = {}
    for module in graphlib.TopologicalSorter(graph).static_order():
        height[module] = 1 + max((height[below] for below in graph[module]), default=-1)
    return [sorted(it for it in height if height[it] == floor) for floor in range(max(height.values(), default=-1) + 1)]


def grouped(graph: Mapping[str, set[str]], room: Callable[[str], str]) -> Graph:
    """The same arrows between rooms. `room(module)` is the room of a module, or "" to leave the module out."""
    rooms: Graph = {room(module): set() for module in graph if room(module)}
    for module, imported in graph.items():
        if room(module):
            rooms[room(module)] |= {room(it) for it in imported} - {room(module), ""}
    return rooms


def outermost(module: str) -> str:
    """The room of a module that has one for each name at the top: `users` for `users.model`."""
    return module.partition(".")[0]
