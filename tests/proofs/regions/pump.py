"""Replication between two Regions of the emulator, from the streams of both: late, item by item, last writer wins.

The emulator's own replication has no delay and no conflict. The pump gives each version of an item a stamp when it sees
it in a stream, and keeps the stamps beside the items. While the Regions are cut off from each other it still sees both,
so that a later version is later, and brings nothing over.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

Item = dict[str, Any]
POLL_SECONDS = 0.01
# Attributes that tell two versions of an item apart: of users, of claims, of the home Region, of cursors.
TELLING = ("lastWrite", "userId", "region", "secret")


@dataclass(frozen=True)
class Version:
    """A version of an item, on its way to the other Region since a moment."""

    stamp: int
    since: float
    table: str
    key: Item
    item: Item | None


class Pump:
    """Copies what changes in each Region to the other one. `delay` is in seconds."""

    def __init__(self, emulator: Any, regions: tuple[str, str], tables: tuple[str, str], delay: float = 0.05) -> None:
        self._clients = {region: client(emulator, "dynamodb", region) for region in regions}
        self._streams = {region: client(emulator, "dynamodbstreams", region) for region in regions}
        self._other = dict(zip(regions, reversed(regions), strict=True))
        self.cut = False
        self.delay = delay
        self.replicated = 0
        self._numbers = itertools.count(1)
        self._waiting: dict[str, deque[Version]] = {region: deque() for region in regions}  # by the Region to go to
        self._known: dict[tuple[str, str, str], tuple[int, Item | None]] = {}
        self._own: Counter[str] = Counter()  # what the pump wrote itself and will see in a stream
        self._iterators = {(region, table): self._iterator(region, table) for region in regions for table in tables}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Pump:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(10)

    @property
    def behind(self) -> int:
        """How many versions have not arrived."""
        return sum(map(len, self._waiting.values()))

    def _iterator(self, region: str, table: str) -> str:
        streams = self._streams[region]
        arn = self._clients[region].describe_table(TableName=table)["Table"]["LatestStreamArn"]
        shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        start = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
        return str(streams.get_shard_iterator(**start)["ShardIterator"])

    def _run(self) -> None:
        while not self._end.is_set():
            for region, table in self._iterators:
                self._see(region, table)
            for region, waiting in self._waiting.items():
                for _ in range(0 if self.cut else len(waiting)):
                    if time.monotonic() - waiting[0].since < self.delay:
                        break
                    self._bring(region, waiting)
            time.sleep(POLL_SECONDS)

    def _see(self, region: str, table: str) -> None:
        """Stamp what has changed in a table, and send it on."""
        page = self._streams[region].get_records(ShardIterator=self._iterators[region, table])
        self._iterators[region, table] = page["NextShardIterator"]
        for record in page["Records"]:
            key, item = record["dynamodb"]["Keys"], record["dynamodb"].get("NewImage")
            mark = marked(region, table, key, item)
            if self._own[mark]:
                self._own[mark] -= 1
                continue
            stamp = next(self._numbers)
            self._known[region, table, json.dumps(key)] = stamp, item
            self._waiting[self._other[region]].append(Version(stamp, time.monotonic(), table, key, item))

    def _bring(self, region: str, waiting: deque[Version]) -> None:
        """Write the next version, if it is the later one and nobody has written there unseen; else try again later."""
        version = waiting[0]
        place = region, version.table, json.dumps(version.key)
        stamp, there = self._known.get(place, (0, None))
        if version.stamp > stamp:
            mark = marked(region, version.table, version.key, version.item)
            self._own[mark] += 1
            try:
                changed = self._write(region, version, there)
            except ClientError as error:
                self._own[mark] -= 1
                if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                    raise
                return  # somebody wrote there: the stream will show it
            if not changed:
                self._own[mark] -= 1
            self._known[place] = version.stamp, version.item
            self.replicated += 1
        waiting.popleft()

    def _write(self, region: str, version: Version, there: Item | None) -> bool:
        """Write a version over the one that is known to be there; whether the stream will show it."""
        request: dict[str, Any] = {"TableName": version.table, **unchanged(version.key, there)}
        if version.item is None:
            self._clients[region].delete_item(Key=version.key, **request)
            return there is not None
        self._clients[region].put_item(Item=version.item, **request)
        return version.item != there


def unchanged(key: Item, there: Item | None) -> dict[str, Any]:
    """A condition: the item is the one that is known."""
    if there is None:
        name = next(iter(key))
        return {"ConditionExpression": "attribute_not_exists(#k)", "ExpressionAttributeNames": {"#k": name}}
    name = next(name for name in TELLING if name in there and name not in key)
    return {
        "ConditionExpression": "#t = :t",
        "ExpressionAttributeNames": {"#t": name},
        "ExpressionAttributeValues": {":t": there[name]},
    }


def marked(region: str, table: str, key: Item, item: Item | None) -> str:
    """A version of an item in one Region, as text."""
    return json.dumps([region, table, key, item], sort_keys=True)


def client(emulator: Any, service: str, region: str) -> Any:
    """A client of one Region of the emulator."""
    return emulator.session.create_client(
        service,
        region_name=region,
        endpoint_url=emulator.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
