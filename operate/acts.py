"""Puts what an operator changes into the audit trail: before a command that writes, and after it.

The command sends two events to the stack's bus, and the recorder of the trail writes them as it writes all others. An
operator needs the right to send events and none to the trail. The entry before says what is about to happen, so that a
command that ends halfway is in the trail too.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from audit.form import ACT_ENDED, ACT_STARTED, ACTS, ADMINISTRATION
from users.events import SOURCE
from utils.timestamps import rfc3339

NO_BUS = "none"
HELP = "name of the stack's EventBus (the name of the stack), whose audit trail names you; none for a stack without it"
NEEDED = f"--write needs --bus BUS, so that the audit trail names you; --bus {NO_BUS} for a stack without Events"

Send = Callable[[str, dict[str, Any]], None]


class NotRecorded(Exception):
    """The bus did not take the event; nothing was changed yet, or the end of the command is not in the trail."""


class Act:
    """One run of a command that writes. `left` is what it left for a person."""

    def __init__(self, actor: str, command: str) -> None:
        self.id = str(uuid.uuid4())
        self.left = 0
        self._actor = actor
        self._command = command

    def detail(self, type_: str, result: str = "") -> dict[str, Any]:
        """The detail of one of its events."""
        more = {"result": result} if result else {}
        return {
            "id": f"{self.id} {type_}",
            "schemaVersion": ACTS[type_],
            "userId": ADMINISTRATION,
            "userVersion": 0,
            "time": rfc3339(time.time()),
            "changed": [],
            "actor": {"type": "operator", "id": self._actor},
            "act": self._command,
            **more,
        }


def add_write(parser: argparse.ArgumentParser) -> None:
    """The options of a command that can write."""
    parser.add_argument("--write", action="store_true", help="do it; else only list")
    parser.add_argument("--bus", help=HELP)


@contextmanager
def recorded(options: argparse.Namespace, arguments: Sequence[str]) -> Iterator[Act]:
    """Record what runs inside, if it writes. Raises NotRecorded."""
    if not getattr(options, "write", False) or options.bus == NO_BUS:
        yield Act("", "")
        return
    send = sender(options.bus)
    act = Act(caller(), shlex.join(arguments))
    send(ACT_STARTED, act.detail(ACT_STARTED))
    result = "failed"
    try:
        yield act
        result = f"left {act.left} for a person" if act.left else "done"
    finally:
        send(ACT_ENDED, act.detail(ACT_ENDED, result))


def caller() -> str:
    """The ARN of who runs the command, as AWS knows it."""
    return str(client("sts").get_caller_identity()["Arn"])


def sender(bus: str) -> Send:
    """Sends an event to a bus. EventBridge drops events for a bus that is not there. Raises NotRecorded."""
    import botocore.exceptions

    events = client("events")
    try:
        events.describe_event_bus(Name=bus)
    except botocore.exceptions.ClientError as error:
        raise NotRecorded(f"there is no bus {bus} for the audit trail: {error.response['Error']['Code']}") from None

    def send(type_: str, detail: dict[str, Any]) -> None:
        entry = {"EventBusName": bus, "Source": SOURCE, "DetailType": type_, "Detail": json.dumps(detail)}
        [answer] = events.put_events(Entries=[entry])["Entries"]
        if "EventId" not in answer:
            raise NotRecorded(f"the bus {bus} does not take the entry of the audit trail: {answer.get('ErrorCode')}")

    return send


def client(service: str) -> Any:
    """A client with the credentials of the AWS CLI."""
    import botocore.session

    session = botocore.session.Session()
    region = session.get_config_variable("region") or os.environ.get("AWS_REGION")
    return session.create_client(service, region_name=region)
