"""Open connections and their subscriptions.

API Gateway closes a connection after two hours. Its items expire a little later, so what is left of a connection whose
end was not reported is no subscriber for long. A push to a closed connection finds it gone and closes it here too.
"""

from __future__ import annotations

from dynamodb.pages import pages
from dynamodb.values import to_item
from live.errors import NotConnected, NotPermitted, TicketRefused, TooManyConnections, TooManySubscriptions
from live.table import connection_key, key, of_caller, of_topic, shut_out_key, under
from users.transaction import transact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from live.table import Call, Item

KEPT_SECONDS = 2 * 60 * 60 + 5 * 60
OPENING_SECONDS = 60  # for what a function leaves that fails as it opens a connection
SHUT_OUT_SECONDS = 2 * 60  # A ticket is not good for so long.
OF_PERSON = "sub:"  # Only persons can be shut out.
# One key can serve a whole application.
MOST_OF_CALLER = 2000
MOST_SUBSCRIPTIONS = 50
LIVING = "expiresAt > :now"
PERMITTED = "attribute_not_exists(#only) OR #only = :topic"
FITS = "attribute_not_exists(topics) OR size(topics) < :most OR contains(topics, :topic)"


class Connections:
    """The connections in one table. `pause(attempt)` waits before a change that met another one is tried again."""

    def __init__(
        self,
        call: Call,
        table: str,
        clock: Callable[[], float],
        new_token: Callable[[], str],
        pause: Callable[[int], None],
    ) -> None:
        self._call = call
        self._table = table
        self._clock = clock
        self._new_token = new_token
        self._pause = pause

    def open(self, connection_id: str, caller: str, only: str = "", issued: int = 0) -> None:
        """Add a connection of a caller, which may subscribe to all topics or `only` to one.

        `issued` is the second in which its ticket was issued. Raises TooManyConnections, TicketRefused.

        It is written first, and then all are counted. If several open at the same moment, the one that counts
        last sees all others, so no caller ever has too many. At the limit, all of them may be refused. In the same way
        it is written before the mark of `shut_out` is read.
        """
        mine, now = key(of_caller(caller), connection_id), int(self._clock())
        self._put(mine, expiresAt=now + OPENING_SECONDS)
        if self._count(caller) > MOST_OF_CALLER:
            self._delete(mine)
            raise TooManyConnections
        restricted = {"only": only} if only else {}
        self._put(connection_key(connection_id), caller=caller, expiresAt=now + KEPT_SECONDS, **restricted)
        if issued <= self._shut_out_at(caller):
            self._delete(connection_key(connection_id), mine)
            raise TicketRefused
        self._put(mine, expiresAt=now + KEPT_SECONDS)

    def shut_out(self, caller: str) -> list[str]:
        """Refuse the tickets that a caller has by now; the connections that are open, which have to be ended.

        The mark is written first, and then the connections are read. A connection that opens meanwhile does the
        opposite, so it is in the list or is refused.
        """
        now = int(self._clock())
        self._put(shut_out_key(caller), at=now, expiresAt=now + SHUT_OUT_SECONDS)
        return list(self._of(of_caller(caller)))

    def close(self, connection_id: str, caller: str = "") -> None:
        """Remove a connection with its subscriptions; nothing if it is not there.

        The item under its caller goes last. A function that ends in between leaves the rest to be found there, and who
        finds it there names the `caller`.
        """
        request = {"TableName": self._table, "Key": connection_key(connection_id)}
        found = self._call("GetItem", {**request, "ConsistentRead": True}).get("Item")
        if found:
            caller, topics = found["caller"]["S"], found.get("topics", {}).get("SS", ())
            self._delete(*(key(of_topic(topic), connection_id) for topic in topics), connection_key(connection_id))
        if caller:
            self._delete(key(of_caller(caller), connection_id))

    def subscribe(self, connection_id: str, topic: str) -> None:
        """Subscribe a connection to a topic. Raises NotConnected, TooManySubscriptions, NotPermitted."""
        now = int(self._clock())
        values = to_item({":now": now, ":most": MOST_SUBSCRIPTIONS, ":topic": topic})
        condition = f"{LIVING} AND ({FITS}) AND ({PERMITTED})"
        added = self._update(connection_id, condition, "ADD topics :topics", topic, values)
        added["Update"]["ExpressionAttributeNames"] = {"#only": "only"}
        item = {**key(of_topic(topic), connection_id), **to_item({"expiresAt": now + KEPT_SECONDS})}
        listed = {"Put": {"TableName": self._table, "Item": item}}
        refused = self._transact(added, listed)
        if refused:
            found = refused["connection"].get("Item")
            if not found or int(found["expiresAt"]["N"]) <= now:
                raise NotConnected
            raise TooManySubscriptions if found.get("only", {"S": topic}) == {"S": topic} else NotPermitted

    def unsubscribe(self, connection_id: str, topic: str) -> None:
        """Remove a subscription; nothing if it is not there. Raises NotConnected."""
        values = to_item({":now": int(self._clock())})
        removed = self._update(connection_id, LIVING, "DELETE topics :topics", topic, values)
        unlisted = {"Delete": {"TableName": self._table, "Key": key(of_topic(topic), connection_id)}}
        if self._transact(removed, unlisted):
            raise NotConnected

    def subscribers(self, topic: str) -> Iterator[str]:
        """The connections that are subscribed to a topic."""
        return self._of(of_topic(topic))

    def _of(self, of: str) -> Iterator[str]:
        """The connections under a key."""
        for page in pages(self._call, "Query", self._living(under(self._table, of))):
            for item in page["Items"]:
                yield item["place"]["S"]

    def _shut_out_at(self, caller: str) -> int:
        """The second until which the tickets of a caller are refused; -1 if none is."""
        if not caller.startswith(OF_PERSON):
            return -1
        request = {"TableName": self._table, "Key": shut_out_key(caller), "ConsistentRead": True}
        return int(self._call("GetItem", request).get("Item", {}).get("at", {"N": "-1"})["N"])

    def _count(self, caller: str) -> int:
        """The connections of a caller."""
        query = under(self._table, of_caller(caller), Select="COUNT")
        return sum(page["Count"] for page in pages(self._call, "Query", self._living(query)))

    def _living(self, query: dict[str, Any]) -> dict[str, Any]:
        """The same query without items that have expired."""
        values = {**query["ExpressionAttributeValues"], **to_item({":now": int(self._clock())})}
        return {**query, "FilterExpression": LIVING, "ExpressionAttributeValues": values}

    def _put(self, where: Item, **values: str | int) -> None:
        self._call("PutItem", {"TableName": self._table, "Item": {**where, **to_item(values)}})

    def _update(self, connection_id: str, condition: str, update: str, topic: str, values: Item) -> Item:
        """A change of the set of topics of a connection."""
        return {
            "Update": {
                "TableName": self._table,
                "Key": connection_key(connection_id),
                "UpdateExpression": update,
                "ConditionExpression": condition,
                "ExpressionAttributeValues": {**values, ":topics": {"SS": [topic]}},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def _transact(self, connection: Item, topic: Item) -> dict[str, Any]:
        """Both changes or none. A client sends all its subscriptions at once, so they meet at its connection."""
        return transact(self._call, {"connection": connection, "topic": topic}, self._new_token(), self._pause)

    def _delete(self, *keys: Item) -> None:
        for each in keys:
            self._call("DeleteItem", {"TableName": self._table, "Key": each})
