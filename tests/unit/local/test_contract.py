"""The contract behind the template: each function with its path, an outdated definition, /openapi.json."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from local.contract import agreed, complaints, document, read_contract
from local.template.source import TemplateError, read_template
from tests.support.server import ROOT

FUNCTION = """
  LostFunction:
    Type: AWS::Serverless::Function
    Properties: {Handler: handlers.lost.lambda_handler}

  CreateUserFunction:
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the template and of what it includes."""
    for name in ("template.yaml", "openapi.yaml", "api-gateway.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def change(path: Path, old: str, new: str) -> int:
    """Change a text of a file; the line that it is on."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def test_the_template_and_the_contract_agree(folder):
    assert list(complaints(read_template(folder / "template.yaml"))) == []


EVERY = read_template(ROOT / "template.yaml").tree["Resources"]
CREATE, ROUTE = "\n  CreateUserFunction:\n", 'Path: "/users", Method: post'
# file, what is changed to what, the lines further on where it is found, the complaint
FAULTS = [
    ("template.yaml", CREATE, FUNCTION, 1, "LostFunction has a handler, but no operation in openapi.yaml"),
    ("template.yaml", CREATE, "\n  MakeUserFunction:\n", 0, "but template.yaml has no such function"),
    ("template.yaml", ROUTE, 'Path: "/user", Method: post', 0, "POST /user, but no such operation in openapi.yaml"),
    ("template.yaml", ROUTE, 'Path: "/users", Method: put', 0, "PUT /users, but no such operation in openapi.yaml"),
    ("openapi.yaml", "function: CreateUserFunction", "function: NoFunction", 0, "names NoFunction, but template.yaml"),
    (
        "openapi.yaml",
        "function: CreateUserFunction",
        "function: GetUserFunction",
        0,
        "template.yaml has no event for it",
    ),
    (
        "openapi.yaml",
        "function: CreateUserFunction,",
        "function: CreateUserFunction, condition: EventsOn,",
        0,
        "with the condition EventsOn, but in template.yaml it is None",
    ),
    (
        "openapi.yaml",
        "  /users:\n",
        "  /people:\n",
        2,
        "POST /people names CreateUserFunction, and template.yaml has no",
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "further", "complaint"), FAULTS, ids=lambda value: str(value)[:40])
def test_what_does_not_fit_is_named_with_its_line(folder, name, old, new, further, complaint):
    line = change(folder / name, old, new)

    found = [said for said in complaints(read_template(folder / "template.yaml")) if complaint in said]

    assert len(found) == 1, list(complaints(read_template(folder / "template.yaml")))
    file, number, _ = found[0].split(":", 2)
    assert file in ("template.yaml", "openapi.yaml")
    if file == name:
        assert line <= int(number) <= line + further + 1


def test_what_does_not_fit_is_refused(folder):
    change(folder / "template.yaml", "\n  CreateUserFunction:\n", FUNCTION)

    with pytest.raises(TemplateError, match=r"^template\.yaml:\d+: LostFunction has a handler"):
        agreed(folder / "template.yaml")


def test_an_outdated_definition_is_made_anew_and_that_is_said(folder, capsys):
    change(folder / "openapi.yaml", "Create a user", "Make a user")

    source = agreed(folder / "template.yaml")

    assert "Make a user" in (folder / "api-gateway.yaml").read_text()
    assert "Make a user" in str(source.tree["Resources"]["UsersApi"]["Properties"]["DefinitionBody"])
    assert capsys.readouterr().out == "api-gateway.yaml did not match openapi.yaml; generated it again\n"
    agreed(folder / "template.yaml")
    assert capsys.readouterr().out == ""


def test_a_contract_that_makes_no_definition_is_refused_with_its_line(folder):
    line = change(folder / "openapi.yaml", "callers: key", "callers: friends")

    with pytest.raises(TemplateError, match=rf"^openapi\.yaml:{line}: post /users needs x-lambda"):
        agreed(folder / "template.yaml")


def test_the_document_is_the_contract_at_the_local_address(folder):
    written = json.loads(document(read_template(folder / "template.yaml"), "http://localhost:3000", EVERY) or b"")

    assert written["servers"][0] == {"url": "http://localhost:3000", "description": "make run"}
    assert len(written["servers"]) == 2
    assert written["paths"]["/users"]["post"]["operationId"] == "createUser"
    assert "x-lambda" not in json.dumps(written)


def test_a_definition_written_by_hand_has_no_contract(folder):
    (folder / "api-gateway.yaml").write_text("openapi: 3.0.1\npaths: {}\n")
    source = read_template(folder / "template.yaml")

    assert list(complaints(source)) == []
    assert document(source, "http://localhost:3000", EVERY) is None


def test_an_operation_is_shown_while_its_function_is_there(folder):
    source = read_template(folder / "template.yaml")

    without = json.loads(document(source, "http://localhost:3000", EVERY.keys() - {"ListUsersFunction"}) or b"")
    assert set(without["paths"]["/users"]) == {"post"}

    without = json.loads(document(source, "http://localhost:3000", {"GetUserFunction"}) or b"")
    assert set(without["paths"]) == {"/users/{userId}"}


@pytest.mark.parametrize("there", [True, False], ids=["search", "no search"])
def test_a_parameter_is_shown_while_what_it_needs_is_there(folder, there):
    source = read_template(folder / "template.yaml")
    contract = read_contract(source)
    assert contract
    needed = {each.get("x-needs") for each in contract.tree["components"]["parameters"].values()} - {None}
    assert needed == {"UserSearchTable"} <= source.tree["Resources"].keys()
    deployed = EVERY.keys() if there else EVERY.keys() - needed
    shown = json.loads(document(source, "http://localhost:3000", deployed) or b"")
    names = [each["$ref"].rpartition("/")[2] for each in shown["paths"]["/users"]["get"]["parameters"]]
    assert len(names) == (13 if there else 2)
    assert names == [name for name in shown["components"]["parameters"] if name in names]
    assert ("Words" in shown["components"]["parameters"]) == there
    assert "x-needs" not in json.dumps(shown)


def test_what_was_agreed_on_is_served_whatever_the_file_says_later(folder):
    source = agreed(folder / "template.yaml")
    (folder / "openapi.yaml").write_text("paths: [")
    served = document(source, "http://localhost:3000", source.tree["Resources"].keys())
    assert "/users" in json.loads(served or b"")["paths"]
