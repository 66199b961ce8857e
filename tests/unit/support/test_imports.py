"""The reader of imports finds what is planted in small trees, circles before all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.imports import Import, arrows, circles, files, floors, grouped, imports, outermost, picture, reached


@pytest.fixture
def tree(tmp_path: Path):
    """Writes files, by path, and gives the folder."""

    def written(sources: dict[str, str]) -> Path:
        for name, source in sources.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        return tmp_path

    return written


def test_modules_are_named_as_seen_from_the_root(tree):
    root = tree({"a/__init__.py": "", "a/b/c.py": "", "d.py": "", "e/f.py": ""})
    assert list(files(root)) == ["a", "a.b.c", "d", "e.f"]
    assert list(files(root, "a", "e")) == ["a", "a.b.c", "e.f"]


@pytest.mark.parametrize(
    "source",
    [
        "import other.thing",
        "import other.thing as short",
        "from other import thing",
        "from other.thing import word",
        "from other.thing import *",
        "def f():\n    from other import thing",
        "try:\n    import json\nexcept ImportError:\n    import other.thing",
        "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from other.thing import Word",
        "import typing\nif typing.TYPE_CHECKING:\n    import other.thing",
        "import importlib\nx = importlib.import_module('other.thing')",
        "x = __import__('other.thing')",
    ],
)
def test_an_import_counts_wherever_it_stands(tree, source):
    root = tree({"other/thing.py": "", "main.py": source})
    assert arrows(files(root))["main"] == {"other.thing"}


def test_what_only_the_type_checker_reads_can_be_left_out(tree):
    source = "if TYPE_CHECKING:\n    import a\nelse:\n    import b\nimport c"
    graph = arrows(files(tree({"main.py": source, "a.py": "", "b.py": "", "c.py": ""})), typing=False)
    assert graph["main"] == {"b", "c"}


def test_a_relative_import_is_made_absolute():
    sources = ["from . import x", "from .x import y", "from ..other import y"]
    assert [imports(source, "a.b")[0] for source in sources] == [
        Import("a.b", ("x",), 1, False),
        Import("a.b.x", ("y",), 1, False),
        Import("a.other", ("y",), 1, False),
    ]


def test_a_relative_import_finds_its_module(tree):
    root = tree({"a/__init__.py": "from .b import word", "a/b.py": "from . import c", "a/c.py": ""})
    assert arrows(files(root)) == {"a": {"a.b"}, "a.b": {"a.c"}, "a.c": set()}


def test_a_name_that_is_no_module_means_its_package(tree):
    root = tree({"a/__init__.py": "word = 1", "a/b.py": "", "main.py": "from a import b, word"})
    assert arrows(files(root))["main"] == {"a", "a.b"}


def test_a_package_is_entered_from_outside_only(tree):
    root = tree(
        {"a/__init__.py": "import z", "a/b.py": "import a.c", "a/c.py": "", "z.py": "", "main.py": "import a.b"}
    )
    assert arrows(files(root)) == {"a": {"z"}, "a.b": {"a.c"}, "a.c": set(), "z": set(), "main": {"a", "a.b"}}


def test_several_trees_are_one_graph(tree):
    root = tree({"src/users/model.py": "", "tools/x.py": "import users.model", "other/y.py": "import tools.x"})
    assert arrows({**files(root / "src"), **files(root, "tools")}) == {"users.model": set(), "tools.x": {"users.model"}}


@pytest.mark.parametrize(
    ("sources", "circle"),
    [
        ({"a.py": "import b", "b.py": "import a"}, ("a", "b")),
        ({"a.py": "import b", "b.py": "def f():\n    import a"}, ("a", "b")),
        ({"a.py": "import b", "b.py": "if TYPE_CHECKING:\n    from a import Word"}, ("a", "b")),
        ({"a.py": "import b", "b.py": "import c", "c.py": "import a"}, ("a", "b", "c")),
        ({"p/__init__.py": "", "p/a.py": "from . import b", "p/b.py": "from .a import x"}, ("p.a", "p.b")),
    ],
    ids=["of two", "by an import in a function", "by a type", "of three", "in a package"],
)
def test_a_circle_is_found(tree, sources, circle):
    graph = arrows(files(tree({**sources, "beside.py": "import a", "below.py": ""})))
    assert circles(graph) == [circle]
    with pytest.raises(ValueError, match="circles"):
        floors(graph)


def test_two_circles_are_told_apart():
    graph = {"a": {"b"}, "b": {"a", "c"}, "c": {"d"}, "d": {"c"}}
    assert circles(graph) == [("a", "b"), ("c", "d")]


STAIRS = {"top": {"middle", "ground"}, "middle": {"ground"}, "ground": set(), "cellar": set()}


def test_without_a_circle_there_are_floors():
    assert circles(STAIRS) == []
    assert floors(STAIRS) == [["cellar", "ground"], ["middle"], ["top"]]
    assert floors({}) == []


def test_what_is_reached_goes_through_others():
    assert reached(STAIRS, "top") == {"middle", "ground"}
    assert reached({"a": {"b"}, "b": {"a"}}, "a") == {"a", "b"}


def test_modules_are_grouped_into_rooms():
    graph = {"a.x": {"a.y", "b.z", "t.t"}, "a.y": set(), "b.z": set(), "t.t": {"a.x"}}
    rooms = grouped(graph, lambda module: "" if module == "t.t" else outermost(module))
    assert rooms == {"a": {"b"}, "b": set()}


def test_rooms_can_stand_in_a_circle_where_no_modules_do():
    assert circles(grouped({"a.x": {"b.x"}, "b.x": {"a.y"}, "a.y": set()}, outermost)) == [("a", "b")]


def test_the_picture_shows_floors_from_the_top_and_no_implied_arrow():
    assert picture(STAIRS).splitlines() == [
        "flowchart TD",
        "    top[top]",
        "    middle[middle]",
        "    cellar[cellar]",
        "    ground[ground]",
        "    top --> middle",
        "    middle --> ground",
    ]
