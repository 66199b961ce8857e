"""Users that something simpler wrote come over whole, or are named with the reason; claims are checked and mended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.docs.pages import ROOT
from tests.support.tables import create_table

COMMANDS = {"copy": "copy-users", "check": "check-claims"}
ADA = "3f9c2a10-5b7e-4c1d-9e8f-0a1b2c3d4e5f"
GRACE = "7c1e5d92-0b3a-4f68-a2d4-9e8f7a6b5c4d"
OTHER = "b4d0f6a3-81c7-4e29-8b5a-6f3e2d1c0b9a"
LONE = "e8a2c4f6-1d3b-4975-b8e0-5c7a9d2f4b61"

OLD = [
    {
        "userId": {"S": ADA},
        "name": {"S": " Ada "},
        "email": {"S": "Ada@Example.com"},
        "age": {"N": "36"},
        "createdAt": {"S": "2024-03-01T10:00:00.123456"},
        "updatedAt": {"S": "2024-03-01T12:00:00+02:00"},
    },
    {"userId": {"S": GRACE}, "name": {"S": "Grace"}, "email": {"S": "grace@example.com"}, "age": {"S": "85"}},
]
# What breaks a rule, and what is said of it; each under an id of its own.
UNFIT = [
    ({"name": {"S": "Eve"}, "email": {"S": "eve@localhost"}}, "public domain"),
    ({"name": {"S": "Eve"}}, "email is required"),
    ({"name": {"S": "E"}, "email": {"S": "e@x.co"}, "age": {"N": "30.5"}}, "age must be an integer"),
    ({"name": {"S": "E"}, "email": {"S": "e@x.co"}, "createdAt": {"S": "soon"}}, "'soon' is not a valid time"),
    ({"name": {"S": "Eve"}, "email": {"S": "e@x.co"}, "userId": {"S": "42"}}, "not a UUID in lower case"),
    ({"name": {"S": "Ada"}, "email": {"S": "ADA@example.com"}}, f"belongs to {ADA}"),
]


@pytest.fixture
def old(emulator) -> Iterator[str]:
    """The table of the other stack."""
    client, name = emulator.client("dynamodb"), f"Old-{os.urandom(4).hex()}"
    create_table(client, name, "userId")
    yield name
    client.delete_table(TableName=name)


@pytest.fixture
def run(emulator, tables):
    """Runs a command of operators on the tables: its exit status and what it printed."""

    def script(command, *options, **more):
        environment = {
            **more,
            "PATH": os.environ["PATH"],
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": emulator.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        line = [
            sys.executable,
            "-m",
            "operate",
            COMMANDS[command],
            *options,
            "--users",
            tables.users,
            "--keys",
            tables.keys,
        ]
        done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    return script


def items(emulator, table):
    return emulator.client("dynamodb").scan(TableName=table)["Items"]


def put(emulator, table, *those):
    for item in those:
        emulator.client("dynamodb").put_item(TableName=table, Item=item)


def test_users_are_copied_with_their_claims_and_can_be_copied_again(emulator, tables, old, run):
    put(emulator, old, *OLD)
    assert run("copy", "--from", old) == (
        0,
        mentioned(emulator, old, "would be copied") + "2 users could be copied, 0 skipped\n",
    )
    assert items(emulator, tables.users) == items(emulator, tables.keys) == []

    for what in ("copied", "already exists"):
        status, said = run("copy", "--from", old, "--write", "--bus", "none")
        assert (status, said) == (0, mentioned(emulator, old, what) + "2 users copied or already there, 0 skipped\n")
    ada = next(item for item in items(emulator, tables.users) if item["userId"]["S"] == ADA)
    token = ada.pop("lastWrite")["S"]
    assert len(token) == 24
    assert ada == {
        "userId": {"S": ADA},
        "name": {"S": "Ada"},
        "email": {"S": "Ada@example.com"},
        "age": {"N": "36"},
        "createdAt": {"S": "2024-03-01T10:00:00.123Z"},
        "updatedAt": {"S": "2024-03-01T10:00:00.000Z"},
        "version": {"N": "1"},
    }
    grace = next(item for item in items(emulator, tables.users) if item["userId"]["S"] == GRACE)
    assert grace["age"] == {"N": "85"}
    claims = {item["key"]["S"]: item["userId"]["S"] for item in items(emulator, tables.keys)}
    assert claims == {"email#ada@example.com": ADA, "email#grace@example.com": GRACE}
    assert run("check") == (0, "every email has a claim of its owner\n")


def mentioned(emulator, table, what):
    """The lines about the users, in the order in which the table hands them out."""
    return "".join(f"{item['userId']['S']}  {what}\n" for item in items(emulator, table))


def test_a_bare_python_does_it_too(emulator, old, run):
    """Without botocore, by the project's own client."""
    put(emulator, old, *OLD)
    assert run("copy", "--from", old, DYNAMODB_CLIENT="")[0] == 0


def test_a_restored_user_keeps_its_version(emulator, tables, old, run):
    put(emulator, old, {**OLD[0], "version": {"N": "7"}, "lastWrite": {"S": "t"}})
    run("copy", "--from", old, "--write", "--bus", "none")
    assert items(emulator, tables.users)[0]["version"] == {"N": "7"}


def test_what_breaks_a_rule_is_left_out_with_the_reason(emulator, tables, old, run):
    put(emulator, old, OLD[0])
    run("copy", "--from", old, "--write", "--bus", "none")
    unfit = [
        ({"userId": {"S": f"{OTHER[:-1]}{number}"}, **item}, reason) for number, (item, reason) in enumerate(UNFIT)
    ]
    put(emulator, old, *(item for item, _ in unfit))
    status, said = run("copy", "--from", old, "--write", "--bus", "none")
    assert status == 1
    for item, reason in unfit:
        line = next(line for line in said.splitlines() if line.startswith(f"{item['userId']['S']}  SKIPPED: "))
        assert reason in line
    assert said.endswith(f"1 users copied or already there, {len(UNFIT)} skipped\n")
    assert [user["userId"]["S"] for user in items(emulator, tables.users)] == [ADA]


def test_claims_are_checked_and_mended(emulator, tables, run):
    user = {"name": {"S": "X"}, "version": {"N": "1"}}
    put(
        emulator,
        tables.users,
        {**user, "userId": {"S": ADA}, "email": {"S": "ada@example.com"}},
        {**user, "userId": {"S": GRACE}, "email": {"S": "shared@example.com"}},
        {**user, "userId": {"S": OTHER}, "email": {"S": "Shared@example.com"}},
    )
    put(
        emulator,
        tables.keys,
        {"key": {"S": "email#shared@example.com"}, "userId": {"S": GRACE}},
        {"key": {"S": "email#old@example.com"}, "userId": {"S": ADA}},
        {"key": {"S": "email#gone@example.com"}, "userId": {"S": LONE}},
        {"key": {"S": "cursor-secret#1"}, "secret": {"S": "00"}},
    )
    shared = f"user {OTHER}: its email is claimed by {GRACE}"
    status, said = run("check")
    assert status == 1
    assert sorted(said.splitlines()) == sorted(
        [
            f"user {ADA}: no claim",
            shared,
            f"claim of {ADA}: no user has this email",
            f"claim of {LONE}: no user has this email",
            "4 to repair",
        ]
    )
    status, said = run("check", "--write", "--bus", "none")
    assert (status, said.count(" - repaired"), said.splitlines()[-1]) == (1, 3, "1 to repair")
    assert sorted(item["key"]["S"] for item in items(emulator, tables.keys)) == [
        "cursor-secret#1",
        "email#ada@example.com",
        "email#shared@example.com",
    ]
    assert run("check") == (1, f"{shared}\n1 to repair\n")


def test_a_user_without_an_email_is_named(emulator, tables, run):
    put(emulator, tables.users, {"userId": {"S": ADA}, "name": {"S": "X"}})
    status, said = run("check", "--write", "--bus", "none")
    assert (status, said.count("\n")) == (1, 2)
    assert said.startswith(f"user {ADA}: no email")


def test_what_cannot_be_done_is_said_in_one_line(run):
    status, said = run("copy", "--from", "Nowhere")
    assert (status, said.count("\n")) == (1, 1)
    assert said.startswith("copy-users: ResourceNotFoundException")
    assert run("copy")[0] == 2
