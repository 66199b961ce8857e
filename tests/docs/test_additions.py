"""CONTRIBUTING.md alone is enough: its diffs, applied to a copy of the project, give what the page says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.api.client import send
from tests.docs.pages import ROOT, page
from tests.support.server import Server

pytestmark = pytest.mark.slow

SECTION = re.compile(
    r"^## Add (?P<name>.*)\n(?P<intro>.*?)^<!-- apply: (?P=name) -->\n````diff\n(?P<diff>.*?)^````\n"
    r".*?```sh\n(?P<commands>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
SECTIONS = {found["name"]: found for found in SECTION.finditer(page("CONTRIBUTING.md").text)}
LEFT_OUT = shutil.ignore_patterns(
    ".local", ".git", "__pycache__", ".hypothesis", ".*_cache", "mutants", ".aws-sam", "site"
)
ADA = {"name": "Ada", "email": "ada@example.com"}

# The tests that say whether an addition is complete.
CHECKS = {
    "a field": ["tests/unit/users", "tests/unit/utils/test_validation.py", "tests/unit/handlers"],
    "an operation": ["tests/unit/handlers", "tests/template/test_roles.py", "tests/template/test_rules.py"],
    "a consumer": [
        "tests/unit/consumers",
        "tests/unit/test_rooms.py",
        "tests/unit/test_directions.py",
        "tests/template/test_roles.py",
        "tests/template/test_rules.py",
    ],
}
EVERYWHERE = ["tests/unit/test_architecture.py", "tests/docs/test_references.py", "tests/template/test_contract.py"]


def copied(folder: Path) -> Path:
    """The whole project in `folder`, with the tools of the original."""
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
    (folder / ".local").mkdir()
    for name in ("venv", "node", "static", "sam"):
        if (ROOT / ".local" / name).exists():
            (folder / ".local" / name).symlink_to(ROOT / ".local" / name)
    return folder


def ran(project: Path, *command: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """A command in the copy."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GIT_"))}
    return subprocess.run(command, cwd=project, env=environment, input=text, capture_output=True, text=True)


def with_diff(project: Path, name: str) -> Path:
    """The copy, with the page's diff applied and the page's commands run."""
    done = ran(project, "git", "apply", "--whitespace=nowarn", "-", text=SECTIONS[name]["diff"])
    assert done.returncode == 0, f"the diff of CONTRIBUTING.md, Add {name}, does not fit the project: {done.stderr}"
    for line in SECTIONS[name]["commands"].splitlines():
        done = ran(project, "sh", "-c", line)
        assert done.returncode == 0, done.stdout + done.stderr
    return project


def field(server: Server) -> None:
    """A user has the field, and its rule."""
    user = send(server.url, "POST", "/users", {**ADA, "company": " Analytical Engines "}).json
    assert user["company"] == "Analytical Engines"
    assert send(server.url, "GET", f"/users/{user['userId']}").json == user
    assert (
        send(server.url, "PATCH", f"/users/{user['userId']}", {"company": ""}).json["errors"][0]["pointer"]
        == "/company"
    )
    assert "company" not in send(server.url, "PUT", f"/users/{user['userId']}", {"company": None}).json


def operation(server: Server) -> None:
    """The new path answers, and is in the contract."""
    user = send(server.url, "POST", "/users", ADA).json
    answer = send(server.url, "GET", f"/users/{user['userId']}/email")
    assert (answer.status, answer.json) == (200, {"email": ADA["email"]})
    assert send(server.url, "POST", f"/users/{user['userId']}/email", {}).status == 405
    assert "/users/{userId}/email" in send(server.url, "GET", "/openapi.json").json["paths"]


def consumer(server: Server) -> None:
    """The event of a new user reaches the function."""
    user = send(server.url, "POST", "/users", ADA).json
    last = time.monotonic() + 20
    while "user_welcomed" not in server.output and time.monotonic() < last:
        time.sleep(0.05)
    assert f"userId={user['userId']}" in server.output, server.output[-2000:]


SERVED: dict[str, Callable[[Server], None]] = {"a field": field, "an operation": operation, "a consumer": consumer}


def test_the_page_shows_each_addition():
    assert set(SECTIONS) == set(CHECKS) == set(SERVED)


@pytest.mark.parametrize("name", CHECKS)
def test_the_page_says_how_many_lines_it_takes(name):
    lines = len(re.findall(r"^\+(?!\+\+ )", SECTIONS[name]["diff"], re.MULTILINE))
    assert f" takes {lines} lines" in SECTIONS[name]["intro"]


@pytest.mark.needs("git")
@pytest.mark.timeout(900)  # it runs many other tests
@pytest.mark.parametrize("name", CHECKS)
def test_what_the_page_adds_works_and_every_check_takes_it(tmp_path, name):
    project = with_diff(copied(tmp_path / "users-api"), name)
    checks = dict.fromkeys([*CHECKS[name], *EVERYWHERE])
    done = ran(project, ".local/venv/bin/python", "-m", "pytest", "-x", *checks)
    assert done.returncode == 0, done.stdout[-4000:]
    with Server(root=project) as server:
        SERVED[name](server)


@pytest.mark.needs("git")
def test_an_operation_without_its_function_is_noticed(tmp_path):
    project = with_diff(copied(tmp_path / "users-api"), "an operation")
    (project / "src" / "handlers" / "get_email.py").unlink()
    done = ran(project, ".local/venv/bin/python", "-m", "pytest", "tests/template/test_contract.py")
    assert "test_every_handler_and_every_consumer_is_a_function" in done.stdout


OPTIONAL = [  # makes the page's operation one that is there only while a parameter is true
    ("openapi.yaml", "GetEmailFunction, callers: key}", "GetEmailFunction, callers: key, condition: EmailsOn}"),
    ("tools/openapi/optional.py", "= {\n", '= {\n    "EmailsOn": ("Emails",),\n'),
    ("template.yaml", "\nConditions:\n", '\nConditions:\n  EmailsOn: !Equals [!Ref Emails, "true"]\n'),
    ("template.yaml", "\nParameters:\n", '\nParameters:\n  Emails: {Type: String, Default: "false"}\n'),
    ("template.yaml", "  GetEmailFunction:\n", "  GetEmailFunction:\n    Condition: EmailsOn\n"),
    ("template.yaml", "  GetEmailPolicy:\n", "  GetEmailPolicy:\n    Condition: EmailsOn\n"),
]


@pytest.mark.needs("git")
def test_an_operation_may_be_there_only_while_a_parameter_is_true(tmp_path):
    project = with_diff(copied(tmp_path / "users-api"), "an operation")
    for name, old, new in OPTIONAL:
        text = (project / name).read_text()
        assert old in text, (name, old)
        (project / name).write_text(text.replace(old, new, 1))
    with Server(root=project, parameters="Emails=true") as server:
        operation(server)
    with Server(root=project) as server:
        user = send(server.url, "POST", "/users", ADA).json
        answer = send(server.url, "GET", f"/users/{user['userId']}/email")
        assert (answer.status, answer.json["code"]) == (404, "route_not_found")
        assert "/users/{userId}/email" not in send(server.url, "GET", "/openapi.json").json["paths"]
