"""Who is measured: our functions and what people use today for the same job. One table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
FUNCTIONS = HERE / "functions"
SOURCE = HERE.parent.parent / "src"

ROOTS_ONE = "one"  # the test CA alone: our client reads only the root it needs
ROOTS_BOTOCORE = "botocore"  # the whole bundle inside botocore, as it reads it on Lambda, and the test CA


@dataclass(frozen=True)
class Peer:
    """One way to write the API, and how it is deployed."""

    name: str
    label: str
    handlers: dict[str, str]  # operation -> handler setting of the Lambda function
    sources: tuple[Path, ...]  # folders whose files make the package
    packages: tuple[str, ...] = ()  # distributions deployed with them, with what these need
    only: dict[str, tuple[str, ...]] = field(default_factory=dict)  # distribution -> the files its own packager takes
    environment: dict[str, str] = field(default_factory=dict)
    roots: str = ROOTS_BOTOCORE
    claims: dict[str, str] = field(default_factory=dict)  # of the access token in the events; none without sign-in
    binary: bool = False  # bodies arrive base64-encoded
    artifact: bool = False  # built by tools/artifact.py, as deploy.sh deploys it
    as_pip_compiles: bool = False  # byte code checked by date, with docstrings; else compiled as ours is
    named: tuple[str, ...] = ()  # the distributions whose versions are named with it
    note: str = ""


def sources(name: str, shared: bool = True) -> tuple[Path, ...]:
    """The folder of a peer, with the files the peers share."""
    return (FUNCTIONS / name, FUNCTIONS / "shared") if shared else (FUNCTIONS / name,)


OUR_HANDLERS = {
    name: f"handlers.{file}.lambda_handler"
    for name, file in {
        "get": "get_user",
        "create": "create_user",
        "list": "list_users",
        "update": "update_user",
        "delete": "delete_user",
    }.items()
}
EACH = {"get": "get_user.lambda_handler", "create": "create_user.lambda_handler"}
ONE_APP = {"get": "app.lambda_handler", "create": "app.lambda_handler"}
JSON_LOGS = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME": "users", "POWERTOOLS_METRICS_NAMESPACE": "Users"}

EMPTY = Peer(
    "empty",
    "empty handler (the floor)",
    {"get": "app.lambda_handler"},
    sources("empty", shared=False),
    roots=ROOTS_ONE,
)
OURS = Peer(
    "ours",
    "this project",
    OUR_HANDLERS,
    (SOURCE,),
    environment=JSON_LOGS,
    roots=ROOTS_ONE,
    binary=True,
    artifact=True,
    note="as deploy.sh deploys it: bytecode that is valid for any file date",
)
WITH_EVENTS = ("create", "update", "delete")  # the operations that have another handler while events are on
OURS_WITH_EVENTS = replace(
    OURS,
    name="ours_with_events",
    label="this project with events",
    handlers={
        name: handler.replace("handlers.", "attributed.") if name in WITH_EVENTS else handler
        for name, handler in OUR_HANDLERS.items()
    },
)
MACHINE_CLAIMS = {"token_use": "access", "sub": "7abc", "client_id": "7abc", "scope": "users/read users/write"}
OURS_SIGNED_IN = replace(
    OURS,
    name="ours_signed_in",
    label="this project with sign-in",
    handlers={name: handler.replace("handlers.", "signed_in.") for name, handler in OUR_HANDLERS.items()},
    claims=MACHINE_CLAIMS,
)
WITH_SEARCH = {"SEARCH_TABLE": "UserSearch", "SIGN_IN": "false"}
# The plain list in a stack with search, and a search.
OURS_SEARCHING = replace(
    OURS,
    name="ours_searching",
    label="this project with search",
    handlers=dict.fromkeys(("list", "search"), "search.list_users.lambda_handler"),
    environment={**OURS.environment, **WITH_SEARCH},
)
TUTORIAL = Peer(
    "boto3_resource",
    "boto3.resource, the tutorial",
    EACH,
    sources("boto3_resource", shared=False),
    ("boto3",),
    named=("boto3",),
    note="create does less than the others: one PutItem, no claim on the email, no transaction",
)

PEERS = (
    EMPTY,
    OURS,
    Peer(
        "ours_source",
        "this project, sources alone",
        OUR_HANDLERS,
        (SOURCE,),
        environment=JSON_LOGS,
        roots=ROOTS_ONE,
        binary=True,
        as_pip_compiles=True,
        note="as a plain `sam deploy` ships it; the column of stale bytecode counts",
    ),
    Peer(
        "ours_boto3",
        "this project, DYNAMODB_CLIENT=boto3",
        OUR_HANDLERS,
        (SOURCE,),
        ("boto3",),
        environment={**JSON_LOGS, "DYNAMODB_CLIENT": "boto3"},
        binary=True,
        named=("boto3",),
    ),
    Peer(
        "botocore_client",
        "botocore's low-level client",
        EACH,
        sources("botocore_client"),
        ("botocore",),
        named=("botocore",),
    ),
    TUTORIAL,
    Peer(
        "boto3_resource_pip",
        "the tutorial, compiled by pip",
        {"get": EACH["get"]},
        TUTORIAL.sources,
        TUTORIAL.packages,
        as_pip_compiles=True,
        named=("boto3",),
        note="the tutorial with bytecode as pip leaves it: checked by date, with docstrings",
    ),
    Peer(
        "pynamodb_model",
        "PynamoDB",
        EACH,
        sources("pynamodb_model"),
        ("pynamodb",),
        named=("pynamodb", "botocore"),
    ),
    Peer(
        "chalice_app",
        "Chalice",
        {"get": "app.app", "create": "app.app"},
        sources("chalice_app"),
        ("boto3", "chalice"),
        only={"chalice": ("chalice/__init__.py", "chalice/app.py", "chalice/compat.py")},
        named=("chalice", "boto3"),
        note="the files Chalice's own packager deploys, not its command line",
    ),
    Peer(
        "powertools",
        "Powertools",
        ONE_APP,
        sources("powertools"),
        ("aws-lambda-powertools", "aws-xray-sdk", "boto3"),
        environment=POWERTOOLS,
        named=("aws-lambda-powertools", "boto3"),
        note="resolver, logger, tracer and metrics",
    ),
    Peer(
        "powertools_parser",
        "Powertools with its parser",
        ONE_APP,
        sources("powertools_parser"),
        ("aws-lambda-powertools", "aws-xray-sdk", "boto3", "pydantic"),
        environment=POWERTOOLS,
        named=("aws-lambda-powertools", "pydantic", "boto3"),
        note="the same, and pydantic for the body (without EmailStr, which would add email-validator)",
    ),
    Peer(
        "fastapi_mangum",
        "FastAPI + Mangum",
        ONE_APP,
        sources("fastapi_mangum"),
        ("fastapi", "mangum", "boto3"),
        named=("fastapi", "mangum", "pydantic", "boto3"),
        note="pydantic for the body (without EmailStr, which would add email-validator)",
    ),
)
BY_NAME = {peer.name: peer for peer in PEERS}
COMPARED = ("get", "create")  # the operations every peer has
EVERY = 3  # dead byte code is measured in each third round: its starts take the longest, and differ the most
FLOOR = "empty"  # the peer that each start is compared with
NEW_CONNECTION = ("ours", "boto3_resource")  # measured with a new connection for each call, too


@dataclass(frozen=True)
class Subject:
    """One line of the table; `live`: its byte code is valid, `keeps`: its connections to DynamoDB stay open."""

    peer: Peer
    operation: str
    live: bool = True
    keeps: bool = True

    @property
    def key(self) -> str:
        """Its name in the results."""
        suffix = "" if self.live else ".dead"
        return f"{self.peer.name}.{self.operation}{suffix}" + ("" if self.keeps else ".new_connection")

    def due(self, number: int) -> bool:
        """Whether a round measures it."""
        return self.live or number % EVERY == 0


def subjects(names: Sequence[str], live: bool) -> list[Subject]:
    """Every line of the named peers; all five operations of ours, from valid byte code."""
    return [
        Subject(BY_NAME[name], operation, live)
        for name in names
        for operation in BY_NAME[name].handlers
        if operation in COMPARED or (name == "ours" and live)
    ]


def plan() -> list[Subject]:
    """All that a run measures."""
    names = [peer.name for peer in PEERS]
    dead = [one for one in subjects(names, live=False) if one.peer.name != "boto3_resource_pip"]
    new = [Subject(BY_NAME[name], "get", keeps=False) for name in NEW_CONNECTION]
    return [*subjects(names, live=True), *dead, *new]
