"""The table of live updates: its keys, and the forms of requests that its users share.

An item has a `key` and a `place` under that key.

    ticket#<digest>      ticket           who may open one connection with this ticket
    connection#<id>      connection       who opened the connection, and its subscriptions
    caller#<caller>      <connection id>  the connections of one caller
    shut-out#<caller>    shut-out         when the connections of one person were ended
    topic#<topic>        <connection id>  the subscribers of a topic
    log                  <time>#<event>   the messages of the last hour
"""

from __future__ import annotations

from dynamodb.values import to_item

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Call = Callable[[str, dict[str, Any]], dict[str, Any]]
    Item = dict[str, Any]

CONNECTION = "connection"
TICKET = "ticket"
SHUT_OUT = "shut-out"
LOG = "log"


def key(of: str, place: str) -> Item:
    """The key of one item."""
    return to_item({"key": of, "place": place})


def ticket_key(digest: str) -> Item:
    """The key of a ticket, by the digest of its secret."""
    return key(f"ticket#{digest}", TICKET)


def connection_key(connection_id: str) -> Item:
    """The key of a connection."""
    return key(f"connection#{connection_id}", CONNECTION)


def shut_out_key(caller: str) -> Item:
    """The key of the mark that a caller was shut out."""
    return key(f"shut-out#{caller}", SHUT_OUT)


def of_caller(caller: str) -> str:
    """The key of the connections of a caller."""
    return f"caller#{caller}"


def of_topic(topic: str) -> str:
    """The key of the subscribers of a topic."""
    return f"topic#{topic}"


def under(table: str, of: str, **more: Any) -> dict[str, Any]:
    """A Query for what is under one key, with consistent reads."""
    return {
        "TableName": table,
        "KeyConditionExpression": "#key = :key",
        "ExpressionAttributeNames": {"#key": "key"},
        "ExpressionAttributeValues": to_item({":key": of}),
        "ConsistentRead": True,
        **more,
    }
