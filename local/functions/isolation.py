"""Several functions in one process, none seeing another's modules or environment variables.

A sandbox belongs to a thread. Modules below the function's folder are imported into the sandbox; everything else (the
standard library, installed packages) is shared. os.environ shows the sandbox's variables to its thread.
docs/adr/0014-import-of-functions-in-one-process.md says why `import` is replaced for this.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import importlib.machinery
import importlib.metadata
import logging
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

_local = threading.local()
_lock = threading.RLock()
_import = builtins.__import__
_import_module = importlib.import_module
PACKAGES = Path(__file__).resolve().parents[2] / ".local" / "packages"  # a folder for each set of packages
# Modules of packages, by their folders. Environments share them, because a C module loads once in a process.
_kept: dict[tuple[Path, ...], dict[str, ModuleType]] = {}
_compiled: dict[str, tuple[bytes, CodeType]] = {}  # by path: source, code


class Sandbox:
    """The modules and environment variables of one execution environment."""

    def __init__(self, folder: Path, variables: Mapping[str, str], paths: Sequence[Path] = ()) -> None:
        """`paths` are the folders of packages and layers, where modules are looked for after `folder`.

        Modules of packages last as long as the process.
        """
        self.folders = [str(folder), *map(str, paths)]
        self.variables = dict(variables)
        self.modules: dict[str, ModuleType] = {}
        packages = [path for path in paths if path.parent == PACKAGES]
        changing = names_in([folder, *(path for path in paths if path not in packages)])
        self.lasting = names_in(packages) - changing
        self.tops = changing | self.lasting
        self.kept = _kept.setdefault(tuple(packages), {})

    def owns(self, name: str) -> bool:
        """Whether a module comes from the function's folder."""
        return name.partition(".")[0] in self.tops

    def known(self, name: str, fromlist: Sequence[str] | None) -> ModuleType | None:
        """The result of an import statement whose modules have all been imported before, or None."""
        module = self.modules.get(name)
        if module is None or not fromlist:
            return module and self.modules.get(name.partition(".")[0])
        return module if all(hasattr(module, item) for item in fromlist) else None

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """While this holds, imports find this sandbox's modules and put new ones there."""
        with _lock:
            before = _local.__dict__.get("installed")
            if before is self:
                yield
                return
            _local.installed = self
            hidden = self.exchange({**self.modules, **self.kept})
            try:
                yield
            finally:
                self.modules = self.exchange(hidden)
                self.kept.update(item for item in self.modules.items() if item[0].partition(".")[0] in self.lasting)
                _local.installed = before

    def exchange(self, modules: dict[str, ModuleType]) -> dict[str, ModuleType]:
        """Put `modules` where the process keeps its own; return those of the same names that were there."""
        found = {name: sys.modules.pop(name) for name in list(sys.modules) if self.owns(name)}
        sys.modules.update(modules)
        return found


def names_in(folders: Sequence[Path]) -> set[str]:
    """The names of the modules and packages in folders."""
    return {path.name.partition(".")[0] for folder in folders if folder.is_dir() for path in folder.iterdir()}


class Environ(MutableMapping[str, str]):
    """os.environ that shows each function its own variables and everyone else the process's."""

    def __init__(self, process: MutableMapping[str, str]) -> None:
        self.process = process

    def here(self) -> MutableMapping[str, str]:
        sandbox = _local.__dict__.get("sandbox")
        return self.process if sandbox is None else sandbox.variables

    def __getitem__(self, name: str) -> str:
        return self.here()[name]

    def __setitem__(self, name: str, value: str) -> None:
        self.here()[name] = value

    def __delitem__(self, name: str) -> None:
        del self.here()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.here())

    def __len__(self) -> int:
        return len(self.here())

    def copy(self) -> dict[str, str]:
        return dict(self.here())

    def __or__(self, other: Mapping[str, str]) -> dict[str, str]:
        return {**self.here(), **other}

    def __repr__(self) -> str:
        return f"environ({dict(self.here())!r})"


class Loader(importlib.machinery.SourceFileLoader):
    """Compiles a file once for all sandboxes."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        source = self.get_data(path)  # two versions can have one size and, written soon after another, one time
        kept = _compiled.get(path)
        if kept and kept[0] == source:
            return kept[1]
        code: CodeType = self.source_to_code(source, path)
        _compiled[path] = (source, code)
        return code


LOADERS: list[Any] = [
    (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES),
    (Loader, importlib.machinery.SOURCE_SUFFIXES),
]


class Finder:
    """Finds modules in the folder of the sandbox that is being imported into."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        sandbox = _local.__dict__.get("installed")
        if sandbox is None or not sandbox.owns(name):
            return None
        found = [importlib.machinery.FileFinder(folder, *LOADERS).find_spec(name) for folder in path or sandbox.folders]
        specs = [spec for spec in found if spec is not None]
        return namespace(next((spec for spec in specs if spec.loader), specs[0])) if specs else None

    @staticmethod
    def find_distributions(context: Any = None) -> Iterable[Any]:
        """The packages of this thread's sandbox, for importlib.metadata."""
        sandbox = _local.__dict__.get("sandbox")
        if sandbox is None or context is None:
            return []
        where = importlib.metadata.DistributionFinder.Context(name=context.name, path=sandbox.folders)
        return importlib.metadata.MetadataPathFinder.find_distributions(where)


def namespace(spec: Any) -> Any:
    """A folder without __init__.py is a package all the same."""
    if spec.loader is None and spec.submodule_search_locations:
        found = importlib.machinery.ModuleSpec(spec.name, None, is_package=True)
        found.submodule_search_locations = list(spec.submodule_search_locations)
        return found
    return spec


def imported(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> ModuleType:  # noqa: A002
    """`import` for all: inside a sandbox's thread, the function's own modules come from the sandbox."""
    sandbox: Sandbox | None = _local.__dict__.get("sandbox")
    if sandbox is None:
        return _import(name, globals, locals, fromlist, level)
    top = (globals or {}).get("__package__") or "" if level else name
    if not sandbox.owns(top):
        return _import(name, globals, locals, fromlist, level)
    if not level and (known := sandbox.known(name, fromlist)):
        return known
    with sandbox.installed():
        return _import(name, globals, locals, fromlist, level)


def imported_by_name(name: str, package: str | None = None) -> ModuleType:
    """importlib.import_module for all, to the same end."""
    sandbox = _local.__dict__.get("sandbox")
    if sandbox is None or not sandbox.owns((package or "") if name.startswith(".") else name):
        return _import_module(name, package)
    with sandbox.installed():
        return _import_module(name, package)


def install() -> None:
    """Make this process able to hold sandboxes."""
    if builtins.__import__ is not imported:
        builtins.__import__ = imported
        importlib.import_module = imported_by_name
        sys.meta_path.insert(0, Finder)
        setattr(os, "environ", Environ(os.environ))  # noqa: B010 - a plain assignment is taken for a mistake


def uninstall() -> None:
    """Undo `install`."""
    if builtins.__import__ is imported:
        builtins.__import__ = _import
        importlib.import_module = _import_module
        sys.meta_path.remove(Finder)
        setattr(os, "environ", os.environ.process)  # type: ignore[attr-defined]  # noqa: B010


def enter(sandbox: Sandbox, owner: Any = None) -> None:
    """This thread belongs to the sandbox from now on; `owner` is whatever runs it."""
    _local.sandbox, _local.owner = sandbox, owner


def owner() -> Any:
    """The environment that runs this thread's sandbox; None outside of one."""
    return _local.__dict__.get("owner")


def request_id(value: str) -> None:
    """Name the request that this thread serves, for its log lines."""
    _local.request_id = value


class RequestIds(logging.Filter):
    """Puts the request id of the thread on each log record, as Lambda does (`aws_request_id`)."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.aws_request_id = _local.__dict__.get("request_id", "")
        return True


def inside(filename: str, folder: Path) -> bool:
    """Whether a file belongs to a function's code."""
    return filename.startswith(str(folder) + os.sep)
