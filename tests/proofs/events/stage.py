"""The resources of template.yaml on the emulated AWS, without its functions, and the consumers that it has."""

from __future__ import annotations

import json
import urllib.request
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dynamodb.values import to_item
from local.functions.host import place_of_code, read_settings, variables
from local.serve import with_local_defaults
from local.stack.deploy import deploy
from local.template.functions import functions_of
from local.template.parameters import parameter_values
from local.template.source import read_template
from local.template.transform import ROOT, resolve, transformed
from operate.database import SECONDS, Call, scan
from tests.contract.conftest import emulator_client
from utils.deadline import Deadline
from webhooks.model import new_webhook

OF_THE_API = ("UsersTable", "UserKeysTable")
# The log of live updates may have an event twice. Clients drop it by its id (tests/unit/live/test_resuming.py).
OF_COPIES = ("LiveTable",)
COUNTER = "counter"  # the effect that is the state of a counter; what it has counted are effects of its table
LETTERS = "/_ministack/ses/messages"
MAPPING, RULE, QUEUE, TABLE = (
    "AWS::Lambda::EventSourceMapping",
    "AWS::Events::Rule",
    "AWS::SQS::Queue",
    "AWS::DynamoDB::Table",
)


@dataclass(frozen=True)
class Consumer:
    """A function of src/consumers. A rule sends it events of these `types`; `source` publishes them."""

    name: str
    environment: Mapping[str, str]
    types: tuple[str, ...]
    source: str
    reads_stream: bool

    def __str__(self) -> str:
        return self.name


class Stage:
    """What the template makes, on one emulator, and what is in it."""

    def __init__(self, emulator: Any) -> None:
        source = read_template(ROOT / "template.yaml")
        given = with_local_defaults(source, {"SignIn": "true"})
        whole = transformed(source, given)
        resources = {name: it for name, it in whole["Resources"].items() if not it["Type"].startswith("AWS::Lambda::")}
        self.names = deploy({**whole, "Resources": resources}, given, emulator.endpoint)
        self.template = resolve(whole, parameter_values(source, given), source, physical=self.names)
        self.endpoint, self.source = emulator.endpoint, source
        self.sqs, self.database, self.s3 = (emulator.client(name) for name in ("sqs", "dynamodb", "s3"))
        client = emulator_client("client", emulator)
        self._call: Call = lambda name, request: client.call(name, request, Deadline(SECONDS))
        hook = new_webhook({"url": "https://example.com/"}, str(uuid.uuid4()), "whsec_AAAA", "2026-11-26T12:00:00.000Z")
        self.database.put_item(TableName=self.names["WebhooksTable"], Item=to_item(hook.values))  # wants all events

    def consumers(self) -> Iterator[Consumer]:
        """Every consumer, with the environment that the template gives it."""
        resources = self.template["Resources"]
        for logical_id, properties in functions_of(resources):
            package, _, name = properties["Handler"].removesuffix(".lambda_handler").partition(".")
            if package == "consumers":
                settings = read_settings(logical_id, properties, place_of_code(self.source, properties))
                sources = self._sources(settings.name)
                yield Consumer(
                    name,
                    variables(settings, self.endpoint),
                    tuple(dict.fromkeys(self._patterns(sources, "detail-type"))),
                    next(self._patterns(sources, "source"), ""),
                    any(":dynamodb:" in source for source in sources),
                )

    def _of(self, kind: str) -> list[dict[str, Any]]:
        return [it["Properties"] for it in self.template["Resources"].values() if it["Type"] == kind]

    def _sources(self, function: str) -> list[str]:
        """The queues and streams that a function reads."""
        return [it["EventSourceArn"] for it in self._of(MAPPING) if it["FunctionName"] == function]

    def _patterns(self, sources: list[str], field: str) -> Iterator[str]:
        """The values of a field of the events that rules send to these queues."""
        for rule in self._of(RULE):
            if any(target["Arn"] in sources for target in rule["Targets"]):
                yield from rule["EventPattern"].get(field, ())

    def put_user(self, item: dict[str, Any]) -> None:
        """A user, for consumers that look one up."""
        self.database.put_item(TableName=self.names["UsersTable"], Item=item)

    def effects(self) -> Counter[str]:
        """All that consumers have written and sent so far. What is there twice counts twice."""
        found: Counter[str] = Counter()
        for name, block in self.template["Resources"].items():
            if block["Type"] == TABLE and name not in OF_THE_API + OF_COPIES:
                for item in scan(self._call, self.names[name]):
                    found.update(effect_of(name, item))
        return found + self.letters()

    def letters(self) -> Counter[str]:
        """All letters so far."""
        with urllib.request.urlopen(f"{self.endpoint}{LETTERS}", timeout=10) as answer:
            accounts = json.load(answer)["messages"].values()
        return Counter(f"letter {it['To']} {it['Subject']}" for account in accounts for it in account)

    def taken_from(self, url: str) -> list[tuple[str, str]]:
        """The messages of a queue, each with its reason. The queue is empty afterwards."""
        found = []
        while messages := self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            for message in messages:
                reason = (message.get("MessageAttributes") or {}).get("reason") or {}
                found.append((message["Body"], reason.get("StringValue", "")))
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found


def effect_of(table: str, item: dict[str, Any]) -> dict[str, int]:
    """What an item says has happened, and how often. A counter says it as often as it has counted.

    Two users may have one counter, so that the number of counters is not the same in each run.
    """
    state = f"{table} {json.dumps(item, sort_keys=True)}"
    if "total" in item:
        return {f"{COUNTER} {state}": 1, f"{table} counted": int(item["total"]["N"])}
    return {state: 1}
