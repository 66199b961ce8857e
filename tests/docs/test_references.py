"""What the code has, the references name, and the other way round: members, routes, headers, codes, settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from search.parameters import PARAMETERS
from tests.docs.pages import ROOT, Page, page
from tests.template.stack import actual
from tests.template.test_contract import all_errors
from users.model import FIELDS
from utils import config
from utils.response import EXPOSED

NAME = r"`([\w$/{} -]+)`"


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the table rows under a heading, before the next heading of any level."""
    body = re.split(r"^#+ ", text.split(f"\n{heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in body.splitlines() if line.startswith("|") and not re.fullmatch(r"[|\s:-]+", line)]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def names(text: str, heading: str) -> list[str]:
    """What stands in backticks in the first cells of the tables under a heading."""
    return [name for row in rows(text, heading) for name in re.findall(NAME, row[0])]


def constants(*modules: str) -> Iterator[ast.AST]:
    for module in modules:
        yield from ast.walk(ast.parse((ROOT / "src" / module).read_text()))


OF_CAPABILITIES = (
    *("webhooks/model.py", "webhooks/targets.py", "administration/set_roles.py"),
    *("avatars/create_upload.py", "transfers/model.py", "transfers/rows.py", "users/imported.py"),
)


def member_codes() -> set[str]:
    """The first part of every reason (code, message) that the rules give, and codes given to `_error` by hand."""
    found = set()
    for node in constants("utils/validation.py", "users/email_address.py", "utils/unicode_text.py", *OF_CAPABILITIES):
        first = node.elts[0] if isinstance(node, ast.Tuple) and len(node.elts) == 2 else None
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_error" and len(node.args) == 3:
            first = node.args[1]
        if isinstance(first, ast.Constant) and re.fullmatch(r"[a-z]+(_[a-z]+)+|required", str(first.value)):
            found.add(str(first.value))
    return found


def codes() -> dict[str, str]:
    """Every code that an answer can have, with its status."""
    ours = {error.code: str(error.status) for error in all_errors() if "code" in vars(error)}
    gateways = actual().api["x-amazon-apigateway-gateway-responses"].values()
    theirs = {
        re.search(r'"code":"(\w+)"', str(response["responseTemplates"]))[1]: response["statusCode"]  # type: ignore[index]
        for response in gateways
    }
    return {**ours, **theirs, "method_not_allowed": "405"}


def read_by_the_client() -> set[str]:
    """The variables that src/dynamodb/ looks at."""
    sources = "".join(path.read_text() for path in (ROOT / "src" / "dynamodb").glob("*.py"))
    return set(re.findall(r'"((?:AWS|CACHE|DYNAMODB)_[A-Z_]+|REQUESTS_CA_BUNDLE)"', sources))


def template_parameters() -> dict[str, str]:
    return {name: str(block["Default"]) for name, block in actual().written["Parameters"].items()}


def run_settings() -> set[str]:
    source = (ROOT / "local" / "options.py").read_text()
    return set(re.findall(r'environ\.get\("(\w+)"\)', source))


def operations() -> set[str]:
    return {f"{method.upper()} {path}" for path, method, _ in actual().operations() if method != "options"}


def allowed_headers() -> set[str]:
    return set(re.findall(r"Access-Control-Allow-Headers': \"'([^']*)'\"", str(actual().api))[0].split(", "))


# -- the comparisons: each takes the page's text and returns what differs ------------------------------------------


def members_differ(text: str) -> set[str]:
    return set(names(text, "## A user")) ^ set(FIELDS)


def routes_differ(text: str) -> set[str]:
    return {name for name in names(text, "## Requests") if " " in name} ^ operations()


def parameters_differ(text: str) -> set[str]:
    return {name for name in names(text, "## Requests") if re.fullmatch("[a-z][a-zA-Z]*", name)} ^ set(PARAMETERS)


def headers_differ(text: str) -> set[str]:
    listed = set(names(text, "## Headers"))
    return (set(EXPOSED.split(", ")) | allowed_headers() - {"Content-Type", "Authorization"}) - listed


def codes_differ(text: str) -> set[tuple[str, str]]:
    listed = {(re.findall(NAME, row[0])[0], row[1]) for row in rows(text, "## Codes")[1:]}
    return listed ^ set(codes().items())


def member_codes_differ(text: str) -> set[str]:
    return set(names(text, "## Codes of fields")) ^ member_codes()


def problem_differs(text: str) -> set[str]:
    body = text.split("\n## ", 1)[0]
    listed = set(re.findall(r"^\| `(\w+)`", body, re.MULTILINE))
    return listed ^ set(actual().api["components"]["schemas"]["Problem"]["properties"])


def template_differs(text: str) -> set[tuple[str, str]]:
    listed = {(re.findall(NAME, row[0])[0], row[1].strip("`")) for row in rows(text, "## The template")[1:]}
    return listed ^ set(template_parameters().items())


def local_defaults_differ(text: str) -> set[tuple[str, str]]:
    said = {
        (re.findall(NAME, row[0])[0], found)
        for row in rows(text, "## The template")[1:]
        for found in re.findall(r"`make run` sets `?(\w+)", row[2])
    }
    local = actual().written["Metadata"]["LocalParameters"].items()
    return said ^ {
        (name, value) for name, value in local if not name.startswith("Mail")
    }  # the page shows no made-up sender


def outputs_differ(text: str) -> set[str]:
    line = text.split("Outputs of the stack:")[1].split("\n\n")[0]
    return set(re.findall(NAME, line)) ^ set(actual().written["Outputs"])


def run_settings_differ(text: str) -> set[str]:
    return set(names(text, "## `make run`")) ^ run_settings()


def read_by_consumers() -> set[str]:
    """The variables that the composition root of the consumers reads."""
    source = "".join((ROOT / "src" / it / "wiring.py").read_text() for it in ("bulk", "consumers", "live", "steps"))
    return set(re.findall(r'setting\("(\w+)"\)', source)) - set(config.REQUIRED)


def function_settings_differ(text: str) -> set[str]:
    listed = set(names(text, "## The functions"))
    elsewhere = page("docs/reference/client.md").text
    unknown = (listed - read_by_the_client() - set(config.REQUIRED)) ^ read_by_consumers()
    return (
        unknown
        | {name for name in read_by_the_client() if not known(name, text + elsewhere)}
        | (set(config.REQUIRED) - listed)
    )


def known(name: str, text: str) -> bool:
    """Whether a variable is named, or its end is, as in `AWS_..._FULL_URI`, `_RELATIVE_URI`."""
    return name in text or any(f"`_{name.split('_', start)[-1]}`" in text for start in range(1, name.count("_") + 1))


REFERENCES: list[tuple[str, Callable[[str], object], str]] = [
    ("docs/reference/api.md", members_differ, "`createdAt`"),
    ("docs/reference/api.md", routes_differ, "`PATCH /users/{userId}`"),
    ("docs/reference/api.md", parameters_differ, "| `lastKey` |"),
    ("docs/reference/api.md", headers_differ, "`Idempotency-Replayed`"),
    ("docs/reference/errors.md", codes_differ, "`email_in_use` | 409"),
    ("docs/reference/errors.md", codes_differ, "`route_not_found`"),
    ("docs/reference/errors.md", member_codes_differ, "`unknown_field`"),
    ("docs/reference/errors.md", problem_differs, "| `requestId`"),
    ("docs/reference/settings.md", template_differs, "| `LogLevel` | `INFO`"),
    ("docs/reference/settings.md", local_defaults_differ, "sets 5000"),
    ("docs/reference/settings.md", outputs_differ, "`ApiKeyId`"),
    ("docs/reference/settings.md", run_settings_differ, "`TEMPLATE`"),
    ("docs/reference/settings.md", function_settings_differ, "| `USER_KEYS_TABLE`"),
]


@pytest.mark.parametrize(("name", "differ", "seed"), REFERENCES, ids=lambda value: getattr(value, "__name__", None))
def test_a_reference_is_the_codes_and_a_difference_is_noticed(name, differ, seed):
    text = page(name).text
    assert differ(text) == set()
    assert seed in text
    assert differ(text.replace(seed, seed.replace("e", "x", 1).replace("E", "X", 1).replace("5", "6"))) != set()


def test_the_definitions_schemas_have_the_members_of_the_model():
    schemas = yaml.safe_load((ROOT / "openapi.yaml").read_text())["components"]["schemas"]
    changing = {name for name, field in FIELDS.items() if not field.read_only}
    assert set(schemas["User"]["properties"]) == set(schemas["UserChanges"]["properties"]) == set(FIELDS)
    assert set(schemas["NewUser"]["properties"]) == changing
    assert set(schemas["NewUser"]["required"]) == {name for name, field in FIELDS.items() if field.required}


# -- examples ------------------------------------------------------------------------------------------------------


def shown_codes(examples: Page) -> set[str]:
    return {code for block in examples.blocks for code in re.findall(r'^ +"code": "(\w+)",$', block.text, re.MULTILINE)}


PATH_PARAMETERS = {
    "users": "userId",
    "email-verification": "token",
    "webhooks": "webhookId",
    "deliveries": "deliveryId",
    "imports": "importId",
    "exports": "exportId",
}


def shown_operations(examples: Page) -> set[str]:
    """METHOD and path of the requests, with the path parameter under its name."""
    found = set()
    for command in re.findall(r"curl[^\n]*?\$api/(?:users|webhooks|live|admin|health)[^\n]*", examples.text):
        method = re.search(r"-X (\w+)", command)
        body = " -d " in command or "-d '" in command or command.rstrip().endswith("\\")
        path = re.findall(r"\$api(/[^\s\"'?]*)", command)[0]
        for part, name in PATH_PARAMETERS.items():
            path = re.sub(rf"(?<=/{part}/)(?!me$)[^/]+", f"{{{name}}}", path)
        found.add(f"{method[1] if method else 'POST' if body and path == '/users' else 'GET'} {path}")
    return found


def shown_parameters(examples: Page) -> set[str]:
    """The query parameters of the requests that list users."""
    commands = re.findall(r"curl[^\n]*?\$api/users[? \"][^\n]*", examples.text)
    return {name for command in commands for name in re.findall(r"[?& \"'](\w+)=", command)}


def all_examples() -> Page:
    """Those of users, and those of capabilities, which are on their own pages."""
    pages = (
        "mail",
        "webhooks",
        "live-updates",
        "import-and-export",
        "sign-in",
        "administration",
        "erase-a-person",
        "search",
        "run-in-two-regions",
    )
    names = ("API_EXAMPLES.md", *(f"docs/how-to/{name}.md" for name in pages))
    return Page("examples", "".join(page(name).text for name in names))


def test_every_operation_and_every_error_has_an_example():
    examples = all_examples()
    assert set(codes()) - shown_codes(examples) == set()
    assert operations() - shown_operations(examples) == set()
    assert set(PARAMETERS) - shown_parameters(examples) == set()


def test_a_missing_example_is_noticed():
    examples = all_examples()
    fewer = Page(
        "seeded.md",
        examples.text.replace('"code": "email_in_use"', "")
        .replace("-X PATCH $api/users/$id", "-X PUT $api/users/$id")
        .replace("&createdBefore=", "&createdAfter="),
    )
    assert set(codes()) - shown_codes(fewer) == {"email_in_use"}
    assert operations() - shown_operations(fewer) == {"PATCH /users/{userId}"}
    assert set(PARAMETERS) - shown_parameters(fewer) == {"createdBefore"}


# -- examples of the definition ------------------------------------------------------------------------------------


def example_faults(definition: dict[str, Any]) -> list[str]:
    """Examples in openapi.yaml that are not what their schema says."""
    return [
        f"{place}: {error.message}"
        for place, schema, example in examples_in(definition)
        for error in OAS30Validator(
            {**schema, "components": definition["components"]}, format_checker=oas30_format_checker
        ).iter_errors(example)
    ]


def examples_in(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Place, schema and value of every example that stands beside a schema."""
    if isinstance(node, list):
        node = dict(enumerate(node))
    if not isinstance(node, dict):
        return
    if isinstance(node.get("schema"), dict):
        given = {"example": {"value": node["example"]}} if "example" in node else node.get("examples") or {}
        for name, example in given.items():
            yield f"{place}/{name}", node["schema"], example["value"]
    for key, value in node.items():
        yield from examples_in(value, f"{place}/{key}")


def test_every_example_of_the_definition_is_what_its_schema_says():
    definition = yaml.safe_load((ROOT / "openapi.yaml").read_text())
    assert len(list(examples_in(definition))) > 30
    assert example_faults(definition) == []


def test_an_example_that_is_not_is_noticed():
    text = (ROOT / "openapi.yaml").read_text()
    for right, wrong in [("age: 36}}", "age: 360}}"), ("code: email_in_use", "Code: email_in_use")]:
        assert right in text
        assert example_faults(yaml.safe_load(text.replace(right, wrong, 1)))
