"""The shape of the code: which way imports point, and smells that can be searched for."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from tools.imports import arrows, circles, files, imports

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
SOURCES = sorted(SRC.rglob("*.py"))

# What each part may import of ours; a part that is not named here must be added on purpose.
# Handlers and consumers have each a wiring of their own: what a request waits for is never an adapter.
INWARD = {
    "handlers": {"wiring", "users", "utils"},
    "attributed": {"attributed", "handlers", "wiring", "users", "utils"},
    "wiring": {"users", "dynamodb", "utils"},
    "consumers": {"consumers", "audit", "mail", "users", "utils"},
    "consumers/wiring": {"adapters", "audit", "mail", "users", "dynamodb", "utils"},
    "mail": {"mail", "users", "dynamodb", "utils"},
    "audit": {"audit", "dynamodb", "utils"},
    "adapters": {"adapters", "utils"},
    "users": {"users", "dynamodb", "utils"},
    "dynamodb": {"dynamodb", "utils"},
    "utils": {"utils"},
}
SDK = {"boto3", "botocore"}
STANDARD = sys.stdlib_module_names | {"_sha2"}  # which came with 3.12
SDK_ROOM = re.compile(r"adapters/|dynamodb/botocore_\w+\.py")
MOST_LINES = 300  # the style says to pause at 250; here it says to stop


def name(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


def room(path_name: str) -> str:
    """The part that a file of src/ belongs to."""
    return "consumers/wiring" if path_name == "consumers/wiring.py" else path_name.split("/")[0].removesuffix(".py")


def part(path: Path) -> str:
    return room(name(path))


def imported(source: str) -> set[str]:
    """The first part of every module imported, wherever it stands; what only the type checker reads is left out."""
    return {found.module.split(".")[0] for found in imports(source) if not found.typing}


# Files of these folders do not import each other, except what is named.
APART: dict[str, set[str]] = {"handlers": set(), "consumers": {"wiring"}}


def beside(path_name: str, source: str) -> bool:
    """Whether a handler imports another, or a consumer another."""
    folder = path_name.split("/")[0]
    names = {f"{found.module}.{word}" for found in imports(source) for word in found.names or ("",)}
    others = {it.split(".")[1] for it in names if it.startswith(f"{folder}.")}
    return folder in APART and not others <= APART[folder]


def complaints(path_name: str, source: str) -> list[str]:
    """What is wrong with the shape of one file of src/."""
    tree = ast.parse(source)
    own = room(path_name)
    found = []
    for module in sorted(imported(source)):
        if module in INWARD and module not in INWARD[own]:
            found.append(f"{path_name} imports {module}, which is not inward")
        elif module in SDK and not SDK_ROOM.match(path_name):
            found.append(f"{path_name} imports {module} outside its room")
        elif module not in STANDARD | set(INWARD) | SDK:
            found.append(f"{path_name} imports {module}, which is not in the standard library")
    smells = [text for pattern, rightly, text in SMELLS if not rightly(path_name) and re.search(pattern, source)]
    found += [f"{path_name} {text}" for text in smells]
    if beside(path_name, source):
        found.append(f"{path_name} imports another of {path_name.split('/')[0]}")
    if not ast.get_docstring(tree) and source.strip():
        found.append(f"{path_name} has no docstring")
    if source.count("\n") > MOST_LINES:
        found.append(f"{path_name} has more than {MOST_LINES} lines")
    return found + _work_at_import(path_name, tree)


def _only(*names: str):
    return lambda path_name: path_name in names


def _consumer_or_endpoint(path_name: str) -> bool:
    return path_name in ("utils/http.py", "utils/consumer.py")


SMELLS = [
    (r"os\.environ", _only("utils/config.py"), "reads os.environ"),
    (r"except Exception", _consumer_or_endpoint, "catches everything"),
    (r"except BaseException|except:", _only("dynamodb/connection.py"), "catches even more than everything"),
    (r"\bprint\(", _only(), "prints"),
    (r"statusCode", _only("utils/response.py"), "makes a gateway's answer by hand"),
    (
        r"ConditionExpression",
        _only("users/expressions.py", "audit/trail.py", "mail/outgoing.py"),
        "writes a condition outside the expressions",
    ),
    (r"\bglobal ", _only(), "has a global"),
    (r"TODO|FIXME|XXX", _only(), "has something left to do"),
]

CALLS_AT_IMPORT = re.compile(
    r"^(Field|object|text|integer|whole_number|endpoint|\w+_consumer|frozenset|set|dict|int|tuple|map|range|bytes|len|TypeVar|"
    r"logging\.getLogger|threading\.Lock|_\w+|.*\.join|wiring\.by_caller|__file__\.rpartition|connect_ahead)$"
)


def _work_at_import(path_name: str, tree: ast.Module) -> list[str]:
    """Module-level statements that call anything but what builds a constant."""
    found = []
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
            calls = [ast.unparse(node.func) for node in ast.walk(statement) if isinstance(node, ast.Call)]
            found += [f"{path_name} calls {it} when it is imported" for it in calls if not CALLS_AT_IMPORT.match(it)]
        elif isinstance(statement, ast.For | ast.While | ast.With | ast.Try) and not _chooses_an_import(statement):
            found.append(f"{path_name} works when it is imported")
    return found


def _chooses_an_import(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Try) and all(
        isinstance(node, ast.Import | ast.ImportFrom) for node in statement.body
    )


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_keeps_the_shape(path):
    assert complaints(name(path), path.read_text()) == []


def test_no_modules_import_each_other_in_a_circle():
    """Neither when they run nor for the type checker: none could be read, or moved, without the others."""
    assert circles(arrows(files(SRC))) == []


# The words of one kind of resource, which what serves every kind does not use; and where it does, rightly.
OF_USERS = re.compile(r"user|email|page_?key", re.IGNORECASE)
RIGHTLY = (
    "users-api", "users_api",  # the name of the whole
    "USERS_TABLE", "USER_KEYS_TABLE",  # settings, which are all read in one place
)  # fmt: skip


def of_users(source: str) -> list[str]:
    """What a source says of users, by line."""
    for words in RIGHTLY:
        source = source.replace(words, "")
    return [f"{at}: {line.strip()}" for at, line in enumerate(source.splitlines(), 1) if OF_USERS.search(line)]


@pytest.mark.parametrize("path", [path for path in SOURCES if part(path) in ("dynamodb", "utils")], ids=name)
def test_what_serves_every_resource_knows_nothing_of_users(path):
    assert of_users(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "class UserGone(AppError):",
        'code = "email_taken"',
        "# as long as no user has it",
        "def check_email(value):",
        "from users import model",
        'detail = "No such user."',
    ],
)
def test_a_word_of_users_is_found(source):
    assert of_users(f"x = 1\n{source}\n") == [f"2: {source}"]


def test_every_part_is_known():
    assert {part(path) for path in SOURCES} <= set(INWARD)


def test_every_file_of_src_has_its_test():
    """By name, or in the test of the module that alone uses it."""
    inside = {
        "users/user.py": "users/test_model.py",
        "users/errors.py": "utils/test_errors.py",
        **{f"attributed/{verb}_user.py": "attributed/test_wiring.py" for verb in ("create", "update", "delete")},
        "users/idna.py": "users/test_email_address.py",
        "utils/unicode_text.py": "utils/test_validation.py",
    }
    contract = ROOT / "tests/contract/test_repository.py"
    by_contract = ("repository", "items", "transaction", "refusals", "single_write", "reading")
    elsewhere = {f"users/{module}.py": contract for module in by_contract}
    elsewhere["users/attributed.py"] = ROOT / "tests/contract/test_attributed.py"
    for path in SOURCES:
        if path.name == "__init__.py" or part(path) == "dynamodb":
            continue
        mirrored = ROOT / "tests/unit" / inside.get(name(path), f"{name(path.parent)}/test_{path.name}")
        assert elsewhere.get(name(path), mirrored).exists(), f"nothing tests {name(path)}"


def test_nothing_that_stays_here_is_imported_by_what_ships():
    for path in SOURCES:
        assert not imported(path.read_text()) & {"local", "tools", "operate", "benchmarks", "tests"}


@pytest.mark.parametrize(
    ("path_name", "source", "complaint"),
    [
        ("utils/x.py", "from users import model", "not inward"),
        ("users/x.py", "import wiring", "not inward"),
        ("handlers/x.py", "import dynamodb.client", "not inward"),
        ("handlers/x.py", "from handlers.get_user import get_user", "another of handlers"),
        ("users/x.py", "import boto3", "outside its room"),
        ("users/x.py", "def f():\n    import requests", "not in the standard library"),
        ("users/x.py", "import os\nx = os.environ['A']", "reads os.environ"),
        ("users/x.py", "try:\n    pass\nexcept Exception:\n    pass", "catches everything"),
        ("users/x.py", "import boto\nclient = boto.client()", "calls boto.client"),
        ("users/x.py", "import re\nx = re.compile('a')", "calls re.compile"),
        ("users/x.py", "for _ in ():\n    pass", "works when it is imported"),
        ("handlers/x.py", "x = {'statusCode': 200}", "by hand"),
        ("users/x.py", "x = 1", "no docstring"),
        ("users/x.py", "\n" * 301, "lines"),
    ],
)
def test_each_rule_can_be_broken(path_name, source, complaint):
    assert any(complaint in found for found in complaints(path_name, source))
