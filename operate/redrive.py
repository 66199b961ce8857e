"""Show the messages of a dead-letter queue, and send them back to the queue that they came from.

    python -m operate redrive QUEUE [--write --bus BUS] [--json]

QUEUE is the name or the URL of a dead-letter queue. The command shows ids, types and reasons, and no personal data.
With --write it sends each message to its source queue and then deletes it. A message that the command cannot delete
afterwards arrives twice, which consumers expect.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

from operate import acts

CHANGES = "the two queues, with --write"
HIDDEN_SECONDS = 300  # the command has this time to show or move what it received
AT_ONCE = 10


class NoSource(Exception):
    """No queue, or more than one, has this dead-letter queue."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("queue", metavar="QUEUE", help="name or URL of the dead-letter queue")
    acts.add_write(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object for each message")


def run(_call: object, options: argparse.Namespace) -> int:
    """Show the messages, and move them with --write; 1 while messages remain."""
    sqs = acts.client("sqs")
    url = options.queue if "://" in options.queue else sqs.get_queue_url(QueueName=options.queue)["QueueUrl"]
    target = source_of(sqs, url) if options.write else ""
    found = list(received(sqs, url))
    for number, message in enumerate(found, 1):
        print(json.dumps(described(message)) if options.json else in_words(described(message)))
        if options.write:
            move(sqs, url, target, message)
            print(f"{number} of {len(found)} moved", file=sys.stderr)
        else:
            give_back(sqs, url, message)
    if not options.json:
        print(f"{len(found)} messages {'sent back' if options.write else 'could be sent back'}")
    return 0 if options.write else len(found)


def source_of(sqs: Any, url: str) -> str:
    """The queue whose messages end in this dead-letter queue. Raises NoSource."""
    arn = attribute(sqs, url, "QueueArn")
    pages = sqs.get_paginator("list_queues").paginate()
    queues = [queue for page in pages for queue in page.get("QueueUrls", [])]
    sources = [queue for queue in queues if f'"{arn}"' in attribute(sqs, queue, "RedrivePolicy")]
    if len(sources) != 1:
        raise NoSource(f"{len(sources)} queues have {url} as their dead-letter queue; give the URL of another one")
    return str(sources[0])


def attribute(sqs: Any, url: str, name: str) -> str:
    """One attribute of a queue, empty if it has none."""
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name]).get("Attributes", {}).get(name, ""))


def received(sqs: Any, url: str) -> Iterator[dict[str, Any]]:
    """Every message once. They stay hidden from others meanwhile."""
    seen: set[str] = set()
    while messages := receive(sqs, url):
        fresh = [message for message in messages if message["MessageId"] not in seen]
        if not fresh:
            return
        seen |= {message["MessageId"] for message in fresh}
        yield from fresh


def receive(sqs: Any, url: str) -> list[dict[str, Any]]:
    """A few messages; none when the queue has no more."""
    answer = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=AT_ONCE,
        VisibilityTimeout=HIDDEN_SECONDS,
        WaitTimeSeconds=1,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    return list(answer.get("Messages", []))


def described(message: dict[str, Any]) -> dict[str, Any]:
    """The ids and the reason in a message, without the content of the event."""
    attributes = message.get("MessageAttributes", {})
    reason = attributes.get("reason") or attributes.get("ERROR_MESSAGE") or {}
    shown = {"messageId": message["MessageId"], "reason": reason.get("StringValue", "the function failed each time")}
    return {**shown, **ids(message["Body"])}


def ids(body: str) -> dict[str, Any]:
    """The ids in the body: of an event, of a stream record, or none."""
    try:
        content = json.loads(body)
    except ValueError:
        return {"type": "not JSON"}
    if not isinstance(content, dict):
        return {"type": "not an object"}
    if "DDBStreamBatchInfo" in content:
        return {"type": "position in the stream", "position": content["DDBStreamBatchInfo"]}
    if "record" in content:
        record = content["record"] if isinstance(content["record"], dict) else {}
        return {"type": "stream record", "eventName": record.get("eventName"), "eventId": record.get("eventID")}
    detail = content["detail"] if isinstance(content.get("detail"), dict) else {}
    known = {name: detail[name] for name in ("id", "userId", "userVersion", "time") if name in detail}
    return {"type": content.get("detail-type", "not an event"), **known}


def in_words(shown: dict[str, Any]) -> str:
    """One line for people."""
    rest = "  ".join(f"{name}={value}" for name, value in shown.items() if name not in ("type", "reason"))
    return f"{shown['type']}: {shown['reason']}  {rest}"


def move(sqs: Any, url: str, target: str, message: dict[str, Any]) -> None:
    """Send a message to another queue, then delete it."""
    sqs.send_message(QueueUrl=target, MessageBody=message["Body"])
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def give_back(sqs: Any, url: str, message: dict[str, Any]) -> None:
    """Let others receive the message again at once."""
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
