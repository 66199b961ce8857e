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
    "handlers": {"guard", "wiring", "audit", "live", "users", "verification", "webhooks", "utils"},
    "attributed": {"attributed", "handlers", "wiring", "users", "utils"},
    "regional": {"handlers", "regional", "regions", "wiring", "utils"},
    "regional/wiring": {"attributed", "regions", "wiring", "users", "utils"},
    "regions": {"regions", "users", "dynamodb", "utils"},
    "signed_in": {"guard", "handlers", "wiring", "users", "utils"},
    "sign_in": {"sign_in", "guard", "wiring", "users", "utils"},
    "administration": {"administration", "guard", "users", "utils"},
    "administration/wiring": {"guard", "users", "utils"},
    "erasures": {"erasing", "guard", "users", "utils"},
    "erasing": {"erasing", "live", "mail", "pictures", "search", "verification", "users", "dynamodb", "utils"},
    "erasing/wiring": {"adapters", "erasing", "live", "pictures", "search", "users", "dynamodb", "utils"},
    "guard": {"wiring", "users", "utils"},
    "wiring": {"users", "dynamodb", "utils"},
    "consumers": {
        *("consumers", "audit", "erasing", "live", "mail", "pictures", "search", "users", "verification", "webhooks"),
        "utils",
    },
    "consumers/wiring": {
        *("adapters", "audit", "live", "mail", "pictures", "search", "users", "verification", "webhooks"),
        *("dynamodb", "utils"),
    },
    "avatars": {"avatars", "pictures", "guard", "wiring", "users", "utils"},
    "avatars/wiring": {"avatars", "pictures", "wiring", "dynamodb", "utils"},
    "pictures": {"pictures", "users", "dynamodb", "utils"},
    "bulk": {"bulk", "guard", "transfers", "users", "utils"},
    "bulk/access": {"pictures", "transfers", "dynamodb", "utils"},
    "bulk/machine": {"dynamodb", "utils"},
    "bulk/wiring": {"bulk", "pictures", "transfers", "wiring", "dynamodb", "utils"},
    "steps": {"steps", "transfers", "users", "utils"},
    "steps/wiring": {"adapters", "transfers", "users", "dynamodb", "utils"},
    "transfers": {"transfers", "users", "dynamodb", "utils"},
    "releases": {"releases", "utils"},
    "releases/wiring": {"adapters", "releases", "utils"},
    "search": {"search", "users", "dynamodb", "utils"},
    "search/list_users": {"search", "guard", "handlers", "wiring", "users", "utils"},
    "search/wiring": {"search", "wiring", "utils"},
    "sockets": {"live", "utils"},
    "live": {"live", "users", "dynamodb", "utils"},
    "live/wiring": {"wiring", "live", "users", "utils"},
    "mail": {"mail", "users", "dynamodb", "utils"},
    "verification": {"verification", "users", "dynamodb", "utils"},
    "verification/wiring": {"wiring", "verification", "users", "utils"},
    "webhooks": {"webhooks", "users", "dynamodb", "utils"},
    "webhooks/wiring": {"wiring", "webhooks", "users", "utils"},
    "audit": {"audit", "dynamodb", "utils"},
    "audit/wiring": {"wiring", "audit", "users", "utils"},
    "adapters": {"adapters", "utils"},
    "users": {"users", "dynamodb", "utils"},
    "dynamodb": {"dynamodb", "cache", "utils"},
    "cache": {"cache", "utils"},
    "utils": {"utils"},
}
SDK = {"boto3", "botocore", "PIL"}  # which are not in the standard library, and load slowly
STANDARD = sys.stdlib_module_names | {"_sha2"}  # which came with 3.12
SDK_ROOM = re.compile(r"adapters/|dynamodb/botocore_\w+\.py")
MOST_LINES = 300  # the style says to pause at 250; here it says to stop


def name(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


def room(path_name: str) -> str:
    """The part that a file of src/ belongs to."""
    own = path_name.removesuffix(".py")
    return own if own in INWARD else own.split("/")[0]


def part(path: Path) -> str:
    return room(name(path))


def imported(source: str) -> set[str]:
    """The first part of every module imported, wherever it stands; what only the type checker reads is left out."""
    return {found.module.split(".")[0] for found in imports(source) if not found.typing}


# Files of these folders do not import each other, except what is named.
APART: dict[str, set[str]] = {
    "handlers": set(),
    "sockets": set(),
    "consumers": {"wiring"},
    "avatars": {"access", "wiring"},
    "bulk": {"access", "machine", "wiring"},
    "steps": {"wiring"},
    "administration": {"wiring"},
    "erasures": set(),
    "regional": {"wiring"},
}


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
    return path_name in ("utils/http.py", "utils/consumer.py", "utils/websocket.py", "utils/step.py")


WRITING = ("repository", "deliveries", "dispatch")  # the modules of webhooks that write
SMELLS = [
    (r"os\.environ", _only("utils/config.py"), "reads os.environ"),
    (r"except Exception", _consumer_or_endpoint, "catches everything"),
    (r"except BaseException|except:", _only("dynamodb/connection.py"), "catches even more than everything"),
    (r"\bprint\(", _only(), "prints"),
    (
        r"statusCode",
        _only("utils/response.py", "utils/websocket.py", "releases/requests.py"),
        "makes a gateway's answer by hand",
    ),
    (
        r"ConditionExpression",
        _only(
            "users/expressions.py",
            "users/ownership.py",
            "audit/trail.py",
            "audit/entries.py",
            "mail/outgoing.py",
            *(f"webhooks/{it}.py" for it in WRITING),
            "live/connections.py",
            "live/table.py",
            "live/tickets.py",
            "live/recent.py",
            "transfers/jobs.py",
            "search/walk.py",
        ),
        "writes a condition outside the expressions",
    ),
    (r"\bglobal ", _only(), "has a global"),
    (r"TODO|FIXME|XXX", _only(), "has something left to do"),
]

CALLS_AT_IMPORT = re.compile(
    r"^(Field|Rule|object|text|integer|whole_number|endpoint|step|socket_route|\w+_consumer|frozenset|set|dict|int|tuple|map|range|bytes|len|TypeVar|"
    r"logging\.getLogger|threading\.Lock|_\w+|.*\.join|wiring\.by_caller|wiring\.at_home|guarded|permitted|__file__\.rpartition|connect_ahead)$"
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


# Their promises are over HTTP, from a letter to the mark of a user.
OF_VERIFICATION = {
    "handlers/get_email_verification.py",
    "handlers/request_email_verification.py",
    "handlers/show_email_verification.py",
    "handlers/confirm_email.py",
    "verification/emails.py",
    "verification/renewals.py",
    "verification/wiring.py",
}
# Their promises are over HTTP, from a request to the receiver.
OF_WEBHOOKS = {
    *(f"handlers/{verb}_webhook.py" for verb in ("create", "get", "update", "delete", "redeliver")),
    "handlers/rotate_webhook_secret.py",
    *("handlers/list_webhooks.py", "handlers/list_deliveries.py"),
    *(f"webhooks/{it}.py" for it in ("errors", "model", "repository", "deliveries", "dispatch", "wiring")),
    *("consumers/plan_deliveries.py", "consumers/queue_deliveries.py", "adapters/due_queue.py"),
}
# Their promises are over HTTP and a WebSocket, from a ticket to the messages.
OF_LIVE_UPDATES = {
    "handlers/create_live_ticket.py",
    *(f"sockets/{it}.py" for it in ("open_connection", "close_connection", "handle_message")),
    *(f"live/{it}.py" for it in ("errors", "messages", "table", "tickets", "connections", "recent", "wiring")),
    *("consumers/push_live_updates.py", "adapters/sockets.py", "utils/websocket.py"),
}
# Their promises are over HTTP, from a file to the users and back.
OF_BULK = {
    *(f"bulk/{it}.py" for it in ("create_import", "get_import", "create_export", "get_export")),
    *(f"bulk/{it}.py" for it in ("access", "wiring")),
    *(f"steps/{it}.py" for it in ("split_import", "finish_import", "export_users", "finish_export", "wiring")),
    *(f"transfers/{it}.py" for it in ("errors", "model", "keys", "files")),
}
# Their promises are those of the steps that use them, with a bucket and tables.
OF_STEPS = {"transfers/jobs.py", "transfers/outcomes.py", "users/imported.py", "users/segments.py"}

# Their promises are those of a search: what is found, in which order, and what the index has.
OF_SEARCH = {f"search/{it}.py" for it in ("entries", "finder", "query", "walk")}
# Their promises are over HTTP, with tokens of the user pool.
OF_SIGN_IN = {
    "guard.py",
    *(f"signed_in/{verb}_user.py" for verb in ("create", "get", "update", "delete")),
    *("signed_in/list_users.py", "sign_in/wiring.py", "sign_in/register_person.py"),
}
# Their promises are over HTTP too, and in the user pool.
OF_ADMINISTRATION = {
    *(f"administration/{it}_user.py" for it in ("get_managed", "disable", "enable", "sign_out")),
    *(f"administration/{it}.py" for it in ("set_roles", "get_statistics", "wiring")),
}


# Their promises are those of an erasure as a whole, with every place in an emulator.
OF_ERASURES = {
    "erasures/erase_user.py",
    "erasures/get_erasure.py",
    "consumers/carry_out_erasure.py",
    *(
        f"erasing/{it}.py"
        for it in ("errors", "person", "receipts", "items", "outside", "searching", "shown", "forgetting")
    ),
}
OF_TWO_REGIONS = ("create_user", "update_user", "delete_user", "list_users", "get_health")
# Over HTTP, with the audit trail.
OF_ERASURES_LOCALLY = {"erasing/wiring.py", "erasing/notice.py"}


def test_every_file_of_src_has_its_test():
    """By name, or in the test of the module that alone uses it."""
    inside = {
        "users/user.py": "users/test_model.py",
        "pictures/errors.py": "avatars/test_avatars.py",
        "avatars/wiring.py": "avatars/test_avatars.py",
        "avatars/access.py": "avatars/test_avatars.py",
        **{
            f"avatars/{name}.py": "avatars/test_avatars.py" for name in ("create_upload", "get_avatar", "delete_avatar")
        },
        "users/errors.py": "utils/test_errors.py",
        **{f"attributed/{verb}_user.py": "attributed/test_wiring.py" for verb in ("create", "update", "delete")},
        **{f"regional/{verb}.py": "regional/test_wiring.py" for verb in OF_TWO_REGIONS},
        "regions/errors.py": "regions/test_home.py",
        "audit/form.py": "audit/test_trail.py",
        "search/folding.py": "search/test_words.py",
        "users/idna.py": "users/test_email_address.py",
        "utils/unicode_text.py": "utils/test_validation.py",
        "mail/outcomes.py": "mail/test_outgoing.py",
        "mail/records.py": "mail/test_outgoing.py",
    }
    contract = ROOT / "tests/contract/test_repository.py"
    by_contract = ("repository", "items", "transaction", "refusals", "single_write", "reading")
    elsewhere = {f"users/{module}.py": contract for module in by_contract}
    elsewhere["users/attributed.py"] = ROOT / "tests/contract/test_attributed.py"
    of_people = dict.fromkeys(("people", "ownership", "signed_in"), ROOT / "tests/contract/test_signed_in.py")
    elsewhere |= {f"users/{module}.py": path for module, path in of_people.items()}
    elsewhere["utils/caller.py"] = ROOT / "tests/contract/test_signed_in.py"
    elsewhere["users/registration.py"] = ROOT / "tests/contract/test_registration.py"
    elsewhere |= dict.fromkeys(OF_SIGN_IN, ROOT / "tests/local/test_sign_in.py")
    elsewhere |= dict.fromkeys(OF_ADMINISTRATION, ROOT / "tests/local/test_administration.py")
    of_decisions = dict.fromkeys(("administration", "standing"), ROOT / "tests/contract/test_administration.py")
    elsewhere |= {f"users/{module}.py": path for module, path in of_decisions.items()}
    elsewhere |= dict.fromkeys(OF_VERIFICATION, ROOT / "tests/local/test_email_verification.py")
    elsewhere |= dict.fromkeys(OF_WEBHOOKS, ROOT / "tests/local/test_webhooks_end_to_end.py")
    elsewhere |= dict.fromkeys(OF_STEPS, ROOT / "tests/unit/steps/test_import_rows.py")
    elsewhere |= dict.fromkeys(OF_BULK, ROOT / "tests/local/test_bulk.py")
    elsewhere |= dict.fromkeys(OF_SEARCH, ROOT / "tests/unit/search/test_oracle.py")
    elsewhere |= dict.fromkeys(("search/list_users.py", "search/wiring.py"), ROOT / "tests/local/test_search.py")
    elsewhere |= dict.fromkeys(OF_LIVE_UPDATES, ROOT / "tests/local/test_live_updates.py")
    elsewhere |= dict.fromkeys(OF_ERASURES, ROOT / "tests/unit/erasing/test_walk.py")
    elsewhere |= dict.fromkeys(OF_ERASURES_LOCALLY, ROOT / "tests/local/test_erasure.py")
    of_releases = ("check_release", "contract", "requests")
    elsewhere |= {f"releases/{it}.py": ROOT / "tests/proofs/releases/test_check.py" for it in of_releases}
    elsewhere["erasing/registry.py"] = ROOT / "tests/template/test_erasure.py"
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
