"""Sandboxes: modules and environment variables that one thread has to itself."""

from __future__ import annotations

import importlib
import os
import sys
import threading

import pytest

from local.functions import isolation


@pytest.fixture(autouse=True)
def installed():
    was = os.environ
    isolation.install()
    yield
    if not isinstance(was, isolation.Environ):
        isolation.uninstall()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text("")
    (tmp_path / "parts" / "state.py").write_text("import os\nvalue = os.environ['NAME']\ncalls = []\n")
    (tmp_path / "main_of_test.py").write_text(
        "from parts import state\n\ndef first():\n    return state.value, len(state.calls)\n\n"
        "def late():\n    from parts.late import word\n    return word\n\n"
        "def named():\n    import importlib\n    return importlib.import_module('.late', 'parts').word\n"
    )
    (tmp_path / "parts" / "late.py").write_text("from . import state\nword = state.value + '!'\n")
    return tmp_path


def inside(folder, name, work):
    """Run something in a sandbox's thread; what it gives or raises."""
    found = []

    def run():
        isolation.enter(isolation.Sandbox(folder, {"NAME": name}))
        try:
            found.append(work())
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if isinstance(found[0], BaseException):
        raise found[0]
    return found[0]


def main():
    return importlib.import_module("main_of_test")


def late():
    return main().late()


def test_each_sandbox_has_modules_of_its_own(folder):
    assert inside(folder, "one", lambda: main().first()) == ("one", 0)
    assert inside(folder, "two", lambda: main().first()) == ("two", 0)


def test_within_a_sandbox_a_module_is_imported_once(folder):
    def twice():
        main().state.calls.append(1)
        return main().first()[1]

    assert inside(folder, "one", twice) == 1


@pytest.mark.parametrize("how", ["late", "named"])
def test_imports_inside_functions_find_the_same_modules(folder, how):
    def call():
        return getattr(main(), how)()

    assert inside(folder, "one", call) == "one!"


def test_the_process_has_none_of_them(folder):
    inside(folder, "one", late)
    assert not {"main_of_test", "parts", "parts.state"} & set(sys.modules)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("main_of_test")


def test_a_module_of_the_process_with_the_same_name_stays_the_processs(folder, monkeypatch):
    own = type(sys)("parts")
    monkeypatch.setitem(sys.modules, "parts", own)
    assert inside(folder, "one", lambda: main().first()) == ("one", 0)
    assert sys.modules["parts"] is own


def test_the_environment_is_the_threads_own(folder):
    def change():
        os.environ["ADDED"] = "1"
        return os.getenv("ADDED"), "HOME" in os.environ, sorted(os.environ.copy())

    assert inside(folder, "one", change) == ("1", False, ["ADDED", "NAME"])
    assert "ADDED" not in os.environ


def test_the_standard_library_is_shared(folder):
    def json_module():
        import json

        return json

    import json

    assert inside(folder, "one", json_module) is json


def test_changed_code_is_compiled_anew(folder):
    assert inside(folder, "one", late) == "one!"
    (folder / "parts" / "late.py").write_text("word = 'something else'\n")
    assert inside(folder, "one", late) == "something else"


def test_a_change_of_one_letter_is_compiled_anew_however_soon_it_comes(folder):
    path = folder / "parts" / "late.py"
    path.write_text("word = 'one'\n")
    status = path.stat()
    assert inside(folder, "one", late) == "one"
    path.write_text("word = 'two'\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # as a second write within one tick of the clock
    assert inside(folder, "one", late) == "two"
