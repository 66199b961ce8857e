"""tools/install.py as a process: two at once, one killed, with another interpreter, with a developer's settings."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from tests.unit.tools.installation import Installation
from tools import install
from tools.lock import alone

pytestmark = pytest.mark.slow

WAITING = "install: another installation is running, waiting ...\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """One that is there."""
    installation = Installation(tmp_path_factory.mktemp("made"))
    installation.run("run")
    return installation


@pytest.fixture
def installation(tmp_path: Path, made: Installation) -> Installation:
    """One whose environment is there and empty: to make one takes seconds."""
    installation = Installation(tmp_path)
    shutil.copytree(made.root / ".local", installation.root / ".local", symlinks=True)
    installation.without_uv()
    return installation


@pytest.fixture
def nothing(tmp_path: Path) -> Installation:
    """A first one: nothing is there."""
    return Installation(tmp_path)


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until it holds, a minute at most."""
    last = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < last
        time.sleep(0.02)


def test_it_installs_once_and_then_has_nothing_to_do(installation: Installation) -> None:
    said = installation.run("run")
    assert [line.split(" ...")[0] for line in said.splitlines()[::2]] == [
        "install: uv -> .local/venv",
        "install: run -> .local/venv",
    ]
    assert installation.run("run") == ""
    assert len(installation.calls) == 1
    assert list((installation.root / ".local").rglob(".unfinished")) == []


def test_two_at_once_wait_for_each_other(installation: Installation) -> None:
    one = installation.start("run", SECONDS="3")
    two = installation.start("run", SECONDS="3")
    said = [process.communicate(timeout=120)[0] for process in (one, two)]
    assert (one.returncode, two.returncode) == (0, 0), said
    assert sorted(text.count(WAITING) for text in said) == [0, 1]
    assert len(installation.calls) == 1, "the second one found everything installed"


def test_what_a_killed_one_has_started_is_not_disturbed(installation: Installation) -> None:
    """Its uv still writes when the next one comes: that one waits for it, then makes anew what is half made."""
    one = installation.start("run", SECONDS="6")
    wait_for(lambda: installation.calls)
    one.kill()
    one.wait()
    said = installation.run("run")
    assert WAITING in said
    assert "install: .local/venv cannot be used, making it again\n" in said
    assert ["ended" in line for line in installation.lines] == [False, True, False, True], "one after the other"


@pytest.mark.parametrize("seconds", [0.3, 1.5])
def test_one_killed_while_it_makes_the_environment_leaves_nothing_in_the_way(
    nothing: Installation, seconds: float
) -> None:
    installation = nothing
    one = installation.start("run")
    time.sleep(seconds)
    one.send_signal(signal.SIGKILL)
    one.wait()
    installation.run("run")
    assert installation.run("run") == ""
    assert installation.calls[-1][:2] == ["pip", "install"]


def test_ctrl_c_is_no_traceback(installation: Installation) -> None:
    one = installation.start("run", SECONDS="30")
    wait_for(lambda: installation.calls)
    one.send_signal(signal.SIGINT)
    said, _ = one.communicate(timeout=30)
    assert one.returncode == 130
    assert "Traceback" not in said


def test_what_was_installed_stays_when_the_next_set_fails(installation: Installation) -> None:
    installation.run("run")
    (installation.root / ".local" / "venv" / "bin" / "uv").write_text("#!/bin/sh\necho no network; exit 2\n")
    failing = installation.start("dev")
    said, _ = failing.communicate(timeout=60)
    assert failing.returncode == 1
    assert "no network" in said
    assert "install: 'uv' failed (see above)" in said
    assert installation.run("run") == ""


# -- interpreters ------------------------------------------------------------------------------------------------------

OTHER = """#!/bin/sh
exec '{python}' -c 'import runpy, sys
sys.version = "3.99.0 (another)"
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")' "$@"
"""


@pytest.fixture
def other(tmp_path: Path) -> str:
    """What PATH finds as python3 in another shell: a Python of another version."""
    path = tmp_path / "python3"
    path.write_text(OTHER.format(python=sys.executable))
    path.chmod(0o755)
    return str(path)


def test_another_python3_changes_nothing(installation: Installation, other: str) -> None:
    installation.run("run")
    assert installation.run("run", python=other) == ""
    said = installation.run("run", "sam", python=other)
    assert "venv" not in said
    assert "install: sam -> .local/sam" in said
    assert installation.run("run", "sam") == ""


def test_an_interpreter_that_is_asked_for_is_taken(installation: Installation, other: str) -> None:
    installation.run("run")
    assert "install: run -> .local/venv" in installation.run("run", python=other, PYTHON=other)


def test_an_interpreter_that_is_gone_is_replaced(installation: Installation) -> None:
    installation.run("run")
    python = installation.root / ".local" / "venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonesuch")
    (installation.root / "requirements.txt").write_text("some==2.0\n")
    assert "install: run done" in installation.run("run")
    assert python.exists()


# -- a developer's settings --------------------------------------------------------------------------------------------


CONF = "[global]\nno-index = true\nfind-links = {wheels}\n[install]\nuser = true\ntarget = {elsewhere}\n"


@pytest.mark.parametrize(
    "settings",
    [
        {"PIP_USER": "1"},
        {"PIP_TARGET": "{elsewhere}"},
        {"PIP_PREFIX": "{elsewhere}"},
        {"PIP_ROOT": "{elsewhere}"},
        {"PIP_CONSTRAINT": "{elsewhere}/none.txt"},
        {"PIP_DRY_RUN": "1"},
        {"PYTHONPATH": "{shadows}"},
        {"PYTHONSAFEPATH": "1"},
        {"PYTHONUSERBASE": "{elsewhere}"},
        {"PIP_CONFIG_FILE": "{conf}", "PIP_NO_INDEX": "", "PIP_FIND_LINKS": ""},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_a_setting_of_the_developer_sends_nothing_elsewhere(
    made: Installation, tmp_path: Path, settings: dict[str, str]
) -> None:
    uv = made.without_uv()
    places = {"elsewhere": tmp_path / "elsewhere", "shadows": tmp_path / "shadows", "conf": tmp_path / "pip.conf"}
    places["shadows"].mkdir()
    for name in ("pip", "venv", "ensurepip", "tools"):
        (places["shadows"] / f"{name}.py").write_text("raise SystemExit('not this one')\n")
    places["conf"].write_text(CONF.format(wheels=made.wheels, **places))
    made.run("run", **{name: value.format(**places) for name, value in settings.items()})
    assert uv.exists()
    assert not places["elsewhere"].exists()
    place = made.root / ".local" / "venv"
    assert made.calls[-1][-3:] == ["--compile-bytecode", "--python", str(place / "bin" / "python")]


def test_an_environment_is_made_whatever_python_is_told(nothing: Installation, tmp_path: Path) -> None:
    (tmp_path / "venv.py").write_text("raise SystemExit('not this one')\n")
    nothing.run("run", PYTHONPATH=str(tmp_path), PYTHONSAFEPATH="1", PYTHONOPTIMIZE="2")
    assert nothing.run("run") == ""


def test_uv_is_told_where_packages_come_from_and_nothing_else(made: Installation) -> None:
    made.without_uv()
    kept = {"UV_INDEX_URL": "https://a.example", "UV_INDEX_OWN_PASSWORD": "p", "UV_HTTP_TIMEOUT": "9"}
    dropped = {"UV_TARGET": "/x", "UV_PYTHON": "3.9", "UV_NO_BINARY": "1", "UV_SYSTEM_PYTHON": "1", "PYTHONPATH": "/x"}
    made.run("run", **kept, **dropped)
    environment = made.environments[-1]
    assert kept.items() <= environment.items()
    assert environment.keys() & dropped.keys() == set()


def test_uv_is_told_the_index_that_pip_knows(made: Installation) -> None:
    made.without_uv()
    made.run("run", PIP_INDEX_URL="https://mirror.example/simple", PIP_CERT=os.devnull)
    environment = made.environments[-1]
    assert environment["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert environment["SSL_CERT_FILE"] == os.devnull


def test_a_list_for_another_interpreter_waits_for_other_installations_and_obeys_no_settings(tmp_path, monkeypatch):
    for name, value in {
        "UV_PYTHON": "3.9",
        "UV_TARGET": "/nowhere",
        "PYTHONHOME": "/nowhere",
        "PIP_TARGET": "/x",
    }.items():
        monkeypatch.setenv(name, value)
    (pinned := tmp_path / "pinned.txt").write_text("")
    version = sys.version.split()[0]
    with ThreadPoolExecutor(2) as pool:
        with alone(install.HOME / "install.lock"):
            runs = [
                pool.submit(install.install_apart, tmp_path / "peers", pinned, Path(sys.executable), version)
                for _ in range(2)
            ]
            assert not wait(runs, timeout=1).done
            assert not (tmp_path / "peers").exists()
        assert [run.result() for run in runs] == [None, None]
    assert install.probed(tmp_path / "peers" / "bin" / "python").startswith(version)
