"""api-gateway.yaml from openapi.yaml: what is added, what is left out, and what is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from local.template.source import TemplateError
from tools.openapi import callers, optional
from tools.openapi.__main__ import ROOT, generate, main

CONTRACT = (ROOT / "openapi.yaml").read_text()
POST = CONTRACT[: CONTRACT.index("    post:")].count("\n") + 1
SECOND = """
  /teams:
    get:
      operationId: listTeams
      x-lambda: {function: ListTeamsFunction, callers: anyone}
      security: []
      tags: [Teams]
      parameters:
        - {name: X-Team, in: header, schema: {type: string}, example: blue}
      responses:
        "200":
          description: Teams
          content:
            application/json:
              schema: {type: object, properties: {tags: {type: array, items: {type: string}}, example: {type: string}}}

components:
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a copy of the contract."""
    (tmp_path / "openapi.yaml").write_text(CONTRACT)
    return tmp_path


def definition(folder: Path, old: str = "", new: str = ""):
    """What a contract makes, with a text of it changed."""
    assert old in CONTRACT
    (folder / "openapi.yaml").write_text(CONTRACT.replace(old, new, 1))
    return yaml.safe_load(generate(folder / "openapi.yaml"))


def mock_headers(operation) -> dict:
    sent = operation["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"]
    return {name.removeprefix("method.response.header."): value for name, value in sent.items()}


def test_a_new_path_gets_its_function_its_preflight_and_its_405(folder):
    item = definition(folder, "\ncomponents:\n", SECOND)["paths"]["/teams"]

    assert "${ListTeamsFunction.Arn}" in item["get"]["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
    assert mock_headers(item["options"])["Access-Control-Allow-Methods"] == "'GET, OPTIONS'"
    assert mock_headers(item["x-amazon-apigateway-any-method"])["Allow"] == "'GET, OPTIONS'"
    assert item["options"]["operationId"] == "preflightTeams"


def test_a_preflight_says_what_a_patch_may_be(folder):
    paths = definition(folder, "\ncomponents:\n", SECOND)["paths"]
    items = {path: item.get("Fn::If", [None, item])[1] for path, item in paths.items()}  # some are optional
    patches = {path: mock_headers(item["options"]).get("Accept-Patch") for path, item in items.items()}

    assert patches["/users/{userId}"] == "'application/json, application/merge-patch+json'"
    assert patches["/users"] is patches["/teams"] is None
    assert patches["/webhooks/{webhookId}"] == patches["/users/{userId}"]


def test_a_header_that_is_read_may_be_sent_and_one_that_is_answered_may_be_read(folder):
    made = definition(folder, "\ncomponents:\n", SECOND)
    assert "X-Team" in mock_headers(made["paths"]["/users"]["options"])["Access-Control-Allow-Headers"]

    made = definition(folder, "    ETag: {desc", "    X-Left: {schema: {type: string}}\n    ETag: {desc")
    refusal = made["x-amazon-apigateway-gateway-responses"]["THROTTLED"]["responseParameters"]
    assert "X-Left, ETag" in refusal["gatewayresponse.header.Access-Control-Expose-Headers"]


def asked(scopes: list[str], without) -> dict:
    """What a stack asks for: a token with sign-in, and the key too if it is required; `without` sign-in the rest."""
    both, token = [{"apiKey": [], "signIn": scopes}], [{"signIn": scopes}]
    return {"Fn::If": ["SignInOn", {"Fn::If": ["KeyRequired", both, token]}, without]}


def test_callers_decide_what_is_asked_for(folder):
    made = definition(folder, "\ncomponents:\n", SECOND)
    paths, key = made["paths"], {"Fn::If": ["KeyRequired", [{"apiKey": []}], []]}

    assert paths["/users"]["get"]["security"] == asked(["users/read", "users/admin"], key)
    assert paths["/users/me"]["Fn::If"][1]["get"]["security"] == asked(["users/self"], [])["Fn::If"][1]
    assert not paths["/teams"]["get"].get("security")
    scheme = made["components"]["securitySchemes"]["signIn"]
    assert scheme == {"Fn::If": ["SignInOn", callers.AUTHORIZER, {"Ref": "AWS::NoValue"}]}


def test_what_is_for_readers_is_left_out_but_no_property_of_that_name(folder):
    made = definition(folder, "\ncomponents:\n", SECOND)
    get = made["paths"]["/teams"]["get"]

    assert "tags" not in get
    assert "example" not in get["parameters"][0]
    schema = get["responses"]["200"]["content"]["application/json"]["schema"]
    assert set(schema["properties"]) == {"tags", "example"}
    assert "x-lambda" not in str(made)


def test_every_response_declares_the_headers_that_all_have(folder):
    responses = definition(folder)["components"]["responses"].values()

    assert all({"X-Request-Id", "Cache-Control"} <= set(response["headers"]) for response in responses)
    assert not any("$ref" in str(response["headers"]) for response in responses)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("x-lambda: {function: CreateUserFunction, alias: live, callers: key}", "deprecated: false", "needs x-lambda"),
        (
            "CreateUserFunction, alias: live, callers: key",
            "CreateUserFunction, alias: live, callers: friends",
            "callers: anyone or key",
        ),
        (
            "CreateUserFunction, alias: live, callers: key",
            "CreateUserFunction, alias: live, callers: key, memory: 1",
            "needs x-lambda",
        ),
        (
            "CreateUserFunction, alias: live, callers: key",
            "CreateUserFunction, alias: live, callers: anyone",
            "not that of the callers 'anyone'",
        ),
        ("[{apiKey: []}, {signIn: [users/write]}, {signIn: [users/admin]}]", "[]", "not that of the callers 'key'"),
        ("    post:", "    head:", "head /users: operations are get, put, post, patch, delete"),
        ("    post:", "    options:", "options /users: operations are"),
    ],
)
def test_what_cannot_be_made_is_refused_with_its_line(folder, old, new, complaint):
    with pytest.raises(TemplateError) as refused:
        definition(folder, old, new)
    name, line, said = str(refused.value).split(":", 2)
    assert (name, 0 <= int(line) - POST < 4) == ("openapi.yaml", True), refused.value
    assert complaint in said


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"#/components/headers/Link"', '"#/components/headers/Lonk"', "there is no #/components/headers/Lonk"),
        ("\nservers:", "\nx-servers:", "make lint tells more"),
        ("paths:", "paths: [", "is not valid YAML"),
    ],
)
def test_what_is_no_openapi_is_one_sentence(folder, capsys, old, new, complaint):
    (folder / "openapi.yaml").write_text(CONTRACT.replace(old, new, 1))
    assert main(["--write", str(folder)]) == 1
    assert complaint in capsys.readouterr().err
    assert not (folder / "api-gateway.yaml").exists()


def test_check_finds_a_change_of_either_file(folder, capsys):
    assert main(["--write", str(folder)]) == 0
    assert main(["--check", str(folder)]) == 0
    for name in ("openapi.yaml", "api-gateway.yaml"):
        path = folder / name
        before = path.read_text()
        path.write_text(before.replace("Create a user", "Make a user", 1))
        assert main(["--check", str(folder)]) == 1
        assert "api-gateway.yaml does not match openapi.yaml; run make openapi" in capsys.readouterr().err
        path.write_text(before)
    assert main(["--check", str(folder)]) == 0


def test_the_same_contract_makes_the_same_bytes(folder):
    assert (
        generate(folder / "openapi.yaml")
        == generate(folder / "openapi.yaml")
        == (ROOT / "api-gateway.yaml").read_text()
    )


IF_ON = ("\ncomponents:\n", SECOND.replace("callers: anyone}", "callers: anyone, condition: TeamsOn}"))


def test_the_path_of_a_capability_is_there_while_its_condition_holds(folder, monkeypatch):
    monkeypatch.setitem(optional.CONDITIONS, "TeamsOn", ("Teams",))
    made = definition(folder, *IF_ON)

    condition, item, otherwise = made["paths"]["/teams"]["Fn::If"]
    assert (condition, otherwise) == ("TeamsOn", {"Ref": "AWS::NoValue"})
    assert set(item) == {"get", "options", "x-amazon-apigateway-any-method"}
    assert {"Ref": "Teams"} in made["x-deployed-with"]


def test_a_condition_that_is_not_known_is_refused_with_its_line(folder):
    with pytest.raises(TemplateError, match=r"openapi\.yaml:\d+: get /teams: .* has no condition TeamsOn"):
        definition(folder, *IF_ON)


def test_one_path_has_one_condition(folder, monkeypatch):
    monkeypatch.setitem(optional.CONDITIONS, "TeamsOn", ("Teams",))
    with pytest.raises(TemplateError, match=r"/users: its operations have different conditions"):
        definition(
            folder,
            "CreateUserFunction, alias: live, callers: key}",
            "CreateUserFunction, alias: live, callers: key, condition: TeamsOn}",
        )


def test_what_another_start_is_writing_stays(folder):
    (unfinished := folder / "api-gateway.yaml.new").write_text("of another start")
    assert main(["--write", str(folder)]) == 0
    assert unfinished.read_text() == "of another start"
