"""The rooms of src/, those to come included: what each may import, and what a request never reaches.

Handlers and consumers ship in one folder, which is right as long as no handler loads what is for consumers: a cold
start follows the imports. No room to come stands empty; here each is planted, as it should be and as it should not.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.test_architecture import SRC, complaints
from tools.imports import arrows, files, outermost, reached

# What a module of one room must not reach, directly or through others, at any time that it runs.
FAR = {
    "handlers": {
        *(
            "adapters",
            "consumers",
            "attributed",
            "avatars",
            "bulk",
            "pictures",
            "releases",
            "search",
            "steps",
            "transfers",
        )
    },
    "attributed": {"adapters", "consumers", "bulk", "steps", "transfers"},
    "regional": {"adapters", "consumers", "avatars", "bulk", "pictures", "search", "sockets", "steps", "transfers"},
    "signed_in": {"adapters", "consumers", "attributed", "bulk", "search", "steps", "transfers"},
    "sign_in": {"adapters", "consumers", "attributed", "handlers", "bulk", "steps", "transfers"},
    "administration": {"adapters", "consumers", "attributed", "handlers", "signed_in", "bulk", "steps", "transfers"},
    # Looks at places that only the SDK reaches: erasures are rare, and an administrator waits for a cold start.
    "erasures": {"consumers", "attributed", "handlers", "signed_in", "bulk", "steps", "transfers"},
    "search": {"adapters", "consumers", "attributed", "signed_in", "avatars", "erasures", "bulk", "steps", "transfers"},
    "sockets": {"adapters", "consumers", "attributed", "handlers", "avatars", "pictures"},
    "avatars": {"adapters", "consumers", "attributed", "sockets", "live"},
    "bulk": {"adapters", "consumers", "attributed", "avatars", "sockets", "live", "steps"},
    "steps": {"handlers", "wiring", "avatars", "bulk", "consumers", "sockets"},
    "releases": {"handlers", "wiring", "users", "dynamodb", "consumers"},
    "consumers": {"handlers", "wiring", "attributed", "avatars", "bulk", "sockets", "steps"},
}


def too_far(source: Path) -> set[tuple[str, str]]:
    """Every module that reaches what it must not, with that."""
    graph = arrows(files(source), typing=False)
    return {
        (module, other)
        for module in graph
        for other in reached(graph, module)
        if outermost(other) in FAR.get(outermost(module), ())
    }


def test_no_handler_reaches_what_is_for_consumers():
    assert too_far(SRC) == set()


MAIL = '"""Mail."""\nimport boto3\n\nclass Mail:\n    pass\n'
CONSUMER_WIRING = '"""Builds."""\ndef mail():\n    from adapters.mail import Mail\n    return Mail()\n'
CONSUMER = (
    '"""Mail to new users."""\nfrom consumers import wiring\nfrom users import model\n'
    "from utils.consumer import queue_consumer\n\n"
    "def send_mail(event, mail):\n    pass\n\n"
    "lambda_handler = queue_consumer(send_mail, mail=wiring.mail)\n"
)
TO_COME = {
    "adapters/mail.py": MAIL,
    "consumers/wiring.py": CONSUMER_WIRING,
    "consumers/send_mail.py": CONSUMER,
    "utils/consumer.py": '"""Consumers."""\ndef queue_consumer(action, **providers):\n    return action\n',
    "utils/caller.py": '"""Who asks."""\nclass Caller:\n    pass\n',
    "users/access.py": '"""Who may."""\nfrom utils.caller import Caller\n',
}


def planted(tmp_path: Path, more: dict[str, str]) -> Path:
    """src/ with the rooms to come, and with `more` written at the end of those files."""
    source = tmp_path / "src"
    shutil.copytree(SRC, source, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in [*TO_COME.items(), *more.items()]:
        path = source / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{path.read_text() if path.exists() else ''}\n{text}")
    return source


def test_the_rooms_to_come_keep_the_shape():
    assert [complaint for name, source in TO_COME.items() for complaint in complaints(name, source)] == []


def test_with_the_rooms_to_come_no_handler_reaches_them(tmp_path):
    assert too_far(planted(tmp_path, {})) == set()


@pytest.mark.parametrize(
    ("name", "source", "found"),
    [
        ("handlers/get_user.py", "from adapters.mail import Mail", ("handlers.get_user", "adapters.mail")),
        ("handlers/get_user.py", "def f():\n    import consumers.wiring", ("handlers.get_user", "adapters.mail")),
        ("wiring.py", "def mail():\n    from adapters.mail import Mail", ("handlers.get_user", "adapters.mail")),
        ("users/refusals.py", "def f():\n    import adapters.mail", ("handlers.create_user", "adapters.mail")),
        ("utils/response.py", "from consumers.wiring import mail", ("handlers.list_users", "adapters.mail")),
        ("consumers/send_mail.py", "import wiring", ("consumers.send_mail", "wiring")),
        ("users/model.py", "def f():\n    import wiring", ("consumers.send_mail", "wiring")),
        ("adapters/mail.py", "from handlers import get_user", ("consumers.wiring", "handlers.get_user")),
    ],
)
def test_what_reaches_too_far_is_found(tmp_path, name, source, found):
    assert found in too_far(planted(tmp_path, {name: source}))


@pytest.mark.parametrize(
    ("path_name", "source", "complaint"),
    [
        ("handlers/x.py", "from consumers import wiring", "imports consumers, which is not inward"),
        ("handlers/x.py", "def f():\n    from adapters.mail import Mail", "imports adapters, which is not inward"),
        ("wiring.py", "def f():\n    from adapters.mail import Mail", "imports adapters, which is not inward"),
        ("wiring.py", "import consumers.wiring", "imports consumers, which is not inward"),
        ("consumers/x.py", "import wiring", "imports wiring, which is not inward"),
        ("consumers/x.py", "import handlers.get_user", "imports handlers, which is not inward"),
        ("consumers/x.py", "from adapters.mail import Mail", "imports adapters, which is not inward"),
        ("consumers/x.py", "from consumers.send_mail import send_mail", "another of consumers"),
        ("consumers/x.py", "from consumers import send_mail, wiring", "another of consumers"),
        ("consumers/x.py", "import boto3", "outside its room"),
        ("consumers/wiring.py", "import wiring", "imports wiring, which is not inward"),
        ("consumers/wiring.py", "from consumers.send_mail import send_mail", "imports consumers, which is not inward"),
        ("consumers/wiring.py", "import boto3", "outside its room"),
        ("adapters/x.py", "from users.user import User", "imports users, which is not inward"),
        ("adapters/x.py", "import dynamodb.client", "imports dynamodb, which is not inward"),
        ("users/x.py", "import adapters.mail", "imports adapters, which is not inward"),
        ("users/access.py", "import wiring", "imports wiring, which is not inward"),
        ("utils/caller.py", "from users.access import own", "imports users, which is not inward"),
        ("utils/consumer.py", "import consumers.wiring", "imports consumers, which is not inward"),
    ],
)
def test_each_room_keeps_to_what_is_inward(path_name, source, complaint):
    assert any(complaint in found for found in complaints(path_name, source))
