"""What the page of webhooks shows for the verification of a delivery is run against deliveries, right and wrong."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, page
from webhooks.signatures import headers, new_secret

SECRET, BODY = new_secret(), '{"type":"UserCreated","data":{"name":"Zoë"}}'
RUN = {
    "python": "\nimport json, sys\nsecret, headers, body = json.load(sys.stdin)\n"
    "print(verified(secret, headers, body.encode()))\n",
    "js": '\nimport { readFileSync } from "node:fs";\n'
    "const [secret, headers, body] = JSON.parse(readFileSync(0));\n"
    'console.log(verified(secret, headers, body) ? "True" : "False");\n',
}
PROGRAMS = {"python": (sys.executable, "verify.py"), "js": (str(ROOT / ".local/node/bin/node"), "verify.mjs")}
Verified = Callable[[str, dict[str, str], str], bool]


def shown(language: str) -> str:
    """The one block of the page in this language."""
    [block] = [block for block in page("docs/how-to/webhooks.md").blocks if block.language == language]
    return block.text


@pytest.fixture(params=list(RUN))
def verified(request: pytest.FixtureRequest, tmp_path: Path) -> Verified:
    program, name = PROGRAMS[request.param]
    (tmp_path / name).write_text(shown(request.param) + RUN[request.param])

    def run(secret: str, signed: dict[str, str], body: str) -> bool:
        sent = json.dumps([secret, signed, body])
        done = subprocess.run(
            [program, name], cwd=tmp_path, input=sent, capture_output=True, text=True, timeout=30, check=True
        )
        return {"True": True, "False": False}[done.stdout.strip()]

    return run


def signed(*secrets: str, age: int = 0) -> dict[str, str]:
    return headers("an-id", int(time.time()) - age, BODY, list(secrets))


def test_a_delivery_is_verified(verified: Verified) -> None:
    assert verified(SECRET, signed(SECRET), BODY)


def test_a_delivery_with_two_signatures_is_verified_by_either_secret(verified: Verified) -> None:
    assert verified(SECRET, signed(new_secret(), SECRET), BODY)


@pytest.mark.parametrize(
    ("wrong", "body"),
    [
        (signed(new_secret()), BODY),
        (signed(SECRET), BODY.replace("Zoë", "Zoe")),
        ({**signed(SECRET), "webhook-id": "another"}, BODY),
        ({**signed(SECRET), "webhook-signature": "v1,"}, BODY),
        (signed(SECRET, age=3600), BODY),
        (signed(SECRET, age=-3600), BODY),
    ],
    ids=["another secret", "another body", "another id", "no signature", "an old one", "one of the future"],
)
def test_a_delivery_that_is_wrong_is_refused(verified: Verified, wrong: dict[str, str], body: str) -> None:
    assert not verified(SECRET, wrong, body)


@pytest.mark.parametrize("language", RUN)
def test_the_verification_has_about_ten_lines(language: str) -> None:
    assert len(shown(language).splitlines()) <= 14
