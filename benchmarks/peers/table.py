"""Who is measured: our functions and what people use today for the same job. One table."""

from __future__ import annotations

from dataclasses import dataclass, field
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
    binary: bool = False  # bodies arrive base64-encoded
    artifact: bool = False  # built by tools/artifact.py, as deploy.sh deploys it
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
    note="as deploy.sh deploys it: byte code that no date can void",
)
TUTORIAL = Peer(
    "boto3_resource",
    "boto3.resource, the tutorial",
    EACH,
    sources("boto3_resource", shared=False),
    ("boto3",),
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
        note="as a plain `sam deploy` ships it; the column of dead byte code counts",
    ),
    Peer(
        "ours_boto3",
        "this project, DYNAMODB_CLIENT=boto3",
        OUR_HANDLERS,
        (SOURCE,),
        ("boto3",),
        environment={**JSON_LOGS, "DYNAMODB_CLIENT": "boto3"},
        binary=True,
    ),
    Peer("botocore_client", "botocore's low-level client", EACH, sources("botocore_client"), ("botocore",)),
    TUTORIAL,
    Peer("pynamodb_model", "PynamoDB", EACH, sources("pynamodb_model"), ("pynamodb",)),
    Peer(
        "chalice_app",
        "Chalice",
        {"get": "app.app", "create": "app.app"},
        sources("chalice_app"),
        ("boto3", "chalice"),
        only={"chalice": ("chalice/__init__.py", "chalice/app.py", "chalice/compat.py")},
        note="the files Chalice's own packager deploys, not its command line",
    ),
    Peer(
        "powertools",
        "Powertools",
        ONE_APP,
        sources("powertools"),
        ("aws-lambda-powertools", "aws-xray-sdk", "boto3"),
        environment=POWERTOOLS,
        note="resolver, logger, tracer and metrics",
    ),
    Peer(
        "powertools_parser",
        "Powertools with its parser",
        ONE_APP,
        sources("powertools_parser"),
        ("aws-lambda-powertools", "aws-xray-sdk", "boto3", "pydantic"),
        environment=POWERTOOLS,
        note="the same, and pydantic for the body (without EmailStr, which would add email-validator)",
    ),
    Peer(
        "fastapi_mangum",
        "FastAPI + Mangum",
        ONE_APP,
        sources("fastapi_mangum"),
        ("fastapi", "mangum", "boto3"),
        note="pydantic for the body (without EmailStr, which would add email-validator)",
    ),
)
BY_NAME = {peer.name: peer for peer in PEERS}
COMPARED = ("get", "create")  # the operations every peer has


@dataclass(frozen=True)
class Subject:
    """One line of the table: a peer, an operation, and whether its byte code is valid."""

    peer: Peer
    operation: str
    live: bool = True

    @property
    def key(self) -> str:
        """Its name in the results."""
        return f"{self.peer.name}.{self.operation}" + ("" if self.live else ".dead")


def subjects(names: list[str], live: bool) -> list[Subject]:
    """Every line of the named peers."""
    return [
        Subject(BY_NAME[name], operation, live)
        for name in names
        for operation in COMPARED
        if operation in BY_NAME[name].handlers
    ]
