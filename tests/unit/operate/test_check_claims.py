"""Users and claims that another tool wrote are listed and never end the command."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import pytest

from operate.records.check_claims import run

ADA = {"userId": {"S": "u1"}, "name": {"S": "Ada"}}
OPTIONS = Namespace(users="U", keys="K", write=True)


def database(users: list[dict[str, Any]], keys: list[dict[str, Any]]) -> Any:
    """A database that is only read; a write fails the test."""

    def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        rows = users if request["TableName"] == "U" else keys
        if operation == "Scan":
            return {"Items": rows}
        assert operation == "GetItem"
        found = [row for row in rows if all(row.get(name) == value for name, value in request["Key"].items())]
        return {"Item": found[0]} if found else {}

    return call


@pytest.mark.parametrize("email", [{"NULL": True}, {"N": "1"}, {"M": {}}])
def test_an_email_that_is_no_text_is_listed_as_missing(capsys, email):
    assert run(database([{**ADA, "email": email}], []), OPTIONS) == 1
    assert capsys.readouterr().out.startswith("user u1: no email;")


@pytest.mark.parametrize("owner", [{}, {"userId": {"N": "1"}}])
def test_a_claim_that_names_no_user_is_left_to_a_person(capsys, owner):
    assert run(database([], [{"key": {"S": "email#a@x.co"}, **owner}]), OPTIONS) == 1
    assert "email#a@x.co: it names no user" in capsys.readouterr().out
