"""What must hold of every schedule: of the tables at every settled moment, and of each answer in its interval."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.proofs.concurrency.system_invariants import STORED, broken_invariants
from tests.proofs.concurrency.world import Act, World, changes
from tests.proofs.concurrency.writes import Item, Write, WriteLog

HIDDEN = {"version", "lastWrite"}
UNKNOWN = (0, 503)  # no answer, or an answer that leaves it open


def violations(world: World) -> list[str]:
    """Everything that is wrong with a run."""
    found = list(world.broken)
    found += broken_invariants(world.log.items["users"], world.log.items["keys"])
    found += _broken_histories(world.log)
    for act in world.acts:
        found += [f"{wrong}: {act}" for wrong in untrue(act, world)]
    return found


def _broken_histories(log: WriteLog) -> Iterator[str]:
    """Versions rise by one with every write, times never fall, nobody comes back or is moved by another's write."""
    gone: set[str] = set()
    created: dict[str, str] = {}
    for write in log.writes:
        if write.table != "users":
            yield from _broken_record(write, log)
            continue
        if write.key in gone:
            yield "a deleted user came back"
        if write.after is None:
            gone.add(write.key)
        elif write.after.get("version") != (write.before or {}).get("version", 0) + 1:
            yield f"a version went from {(write.before or {}).get('version')} to {write.after.get('version')}"
        yield from _fallen_times(write)
        key = write.before is None and write.act.step.key
        if key and created.setdefault(key, write.key) != write.key:
            yield f"two users were created under one key {key}"


def _fallen_times(write: Write) -> Iterator[str]:
    """No clock makes a user older than it was."""
    before, after = write.before or {}, write.after or {}
    if after and not before.get("updatedAt", "") <= after["updatedAt"] >= after.get("createdAt", ""):
        yield f"the time of a user went back to {after['updatedAt']}"


def _broken_record(write: Write, log: WriteLog) -> Iterator[str]:
    """A kept answer is about a user that was created so, once, and it stays."""
    if not write.key.startswith("request#"):
        return
    if write.before is not None:
        yield "a kept answer was replaced or removed"
    elif write.after:
        user = json.loads(json.loads(write.after["response"])[2])
        first = [made.after for made in log.of(write.act, "users")]
        if not any(item and seen(item) == user for item in first):
            yield "an answer was kept for a user that was not created"


def untrue(act: Act, world: World) -> Iterator[str]:
    """What is wrong with one answer, given all that was written."""
    wrote = world.log.of(act, "users")
    if len(wrote) > 1:
        yield "one request took effect twice"
    if act.step.kind == "list":
        yield from _untrue_walk(act, world.log)
        return
    if act.status not in UNKNOWN:
        if act.status >= 300 and wrote:
            yield "a refused request took effect"
        if any(write.moment > act.end for write in wrote):
            yield "a request took effect after its answer"
    check = CHECKS.get((act.status, act.document.get("code", "")))
    if check is None:
        yield "no such answer is in the contract"
    else:
        yield from check(act, wrote, world)


def _nothing(act: Act, wrote: list[Write], world: World) -> Iterator[str]:
    yield from ()


def _untrue_created(act: Act, wrote: list[Write], world: World) -> Iterator[str]:
    if act.headers.get("Idempotency-Replayed"):
        yield from _untrue_replay(act, wrote, world)
        return
    if len(wrote) != 1 or wrote[0].before is not None or not wrote[0].after:
        yield "a 201 that created no user"
        return
    yield from _unlike(act, wrote[0].after)
    if any(wrote[0].after.get(name) != getattr(act.step, name) for name in ("name", "email")):
        yield "the new user is not the one asked for"


def _untrue_replay(act: Act, wrote: list[Write], world: World) -> Iterator[str]:
    records = [item for item in world.log.during("keys", _record(act.step.key), act.start, act.end) if item]
    if wrote:
        yield "a replay that created a user"
    if not any(act.document == json.loads(json.loads(record["response"])[2]) for record in records):
        yield "a replay of an answer that was not kept"
    if any(act.document.get(name) != getattr(act.step, name) for name in ("name", "email")):
        yield "a replay for another body"


def _untrue_change(act: Act, wrote: list[Write], world: World) -> Iterator[str]:
    if len(wrote) != 1 or wrote[0].after is None or wrote[0].before is None:
        yield "a 200 that changed no user"
        return
    before, after = wrote[0].before, wrote[0].after
    yield from _unlike(act, after)
    if not matches(act.match, before["version"]):
        yield f"If-Match did not hold: the version was {before['version']}"
    meant = {**before, **changes(act.step)}
    if any(after.get(name) != meant.get(name) for name in STORED - HIDDEN - {"updatedAt"} | {"age"}):
        yield "the change is not the one asked for, or another update was lost"


def _untrue_delete(act: Act, wrote: list[Write], world: World) -> Iterator[str]:
    if len(wrote) != 1 or wrote[0].after is not None or wrote[0].before is None:
        yield "a 200 that deleted no user"
    elif not matches(act.match, wrote[0].before["version"]):
        yield f"If-Match did not hold: the version was {wrote[0].before['version']}"


def _untrue_ok(act: Act, wrote: list[Write], world: World) -> Iterator[str]:
    if act.step.kind == "delete":
        yield from _untrue_delete(act, wrote, world)
    elif act.step.kind != "get":
        yield from _untrue_change(act, wrote, world)
    elif not any(item and not list(_unlike(act, item)) for item in states(act, world.log)):
        yield "the user was never so"


def _untrue_not_found(act: Act, wrote: list[Write], world: World) -> Iterator[str]:
    if None not in states(act, world.log):
        yield "the user was there all the time"


def _untrue_precondition(act: Act, wrote: list[Write], world: World) -> Iterator[str]:
    versions = {item["version"] for item in states(act, world.log) if item}
    current = act.headers.get("ETag", "")
    if current not in {f'"{version}"' for version in versions}:
        yield f"the user was never at {current}"
    elif matches(act.match, int(current.strip('"'))):
        yield "If-Match held"


def _untrue_in_use(act: Act, wrote: list[Write], world: World) -> Iterator[str]:
    claims = world.log.during("keys", f"email#{act.step.email.lower()}", act.start, act.end)
    owners = {item["userId"] for item in claims if item}
    own = {write.key for write in _created_under(act.step.key, world.log, act.end)}
    if act.step.kind not in ("create", "replay"):
        own = {act.target}
    if not owners - own:
        yield "nobody else had the email"


def _untrue_in_progress(act: Act, wrote: list[Write], world: World) -> Iterator[str]:
    others = [other for other in world.acts if other is not act and other.step.key == act.step.key]
    if not act.step.key or not any(other.status in UNKNOWN or _overlap(act, other) for other in others):
        yield "no other request had the key"


def _untrue_reused(act: Act, wrote: list[Write], world: World) -> Iterator[str]:
    records = [item for item in world.log.during("keys", _record(act.step.key), act.start, act.end) if item]
    if not any(json.loads(json.loads(record["response"])[2])["email"] != act.step.email for record in records):
        yield "the key was not used with another body"


CHECKS: dict[tuple[int, str], Callable[[Act, list[Write], World], Iterator[str]]] = {
    (0, ""): _nothing,
    (503, "unavailable"): _nothing,
    (200, ""): _untrue_ok,
    (201, ""): _untrue_created,
    (404, "user_not_found"): _untrue_not_found,
    (409, "email_in_use"): _untrue_in_use,
    (409, "request_in_progress"): _untrue_in_progress,
    (412, "precondition_failed"): _untrue_precondition,
    (422, "idempotency_key_reused"): _untrue_reused,
}


def _untrue_walk(act: Act, log: WriteLog) -> Iterator[str]:
    """Who was there throughout is seen exactly once, nobody twice, and everybody as they were at the time."""
    if act.status in UNKNOWN:
        return
    if any(page.status != 200 for page in act.pages):
        yield "a page that was refused"
        return
    found = [(page, user) for page in act.pages for user in page.document["users"]]
    ids = [user["userId"] for _, user in found]
    if len(set(ids)) < len(ids):
        yield "a user was listed twice"
    if log.throughout("users", act.start, act.end) - set(ids):
        yield "a user that was there throughout was not listed"
    for page, user in found:
        if user not in [seen(item) for item in log.during("users", user["userId"], page.start, page.end) if item]:
            yield "a user was listed as it never was"


def _record(key: str) -> str:
    return f"request#anonymous#{key}"


def _overlap(one: Act, other: Act) -> bool:
    return one.start <= (other.end if other.end >= 0 else one.end) and other.start <= one.end


def _created_under(key: str, log: WriteLog, end: int) -> list[Write]:
    return [
        write
        for write in log.writes
        if key and write.table == "users" and write.before is None and write.act.step.key == key and write.moment <= end
    ]


def states(act: Act, log: WriteLog) -> list[Item | None]:
    """What the request's user was in its interval."""
    return log.during("users", act.target, act.start, act.end)


def _unlike(act: Act, item: Item) -> Iterator[str]:
    if act.document != seen(item) or act.headers.get("ETag") != f'"{item["version"]}"':
        yield "the answer is not the user that was written"


def seen(item: Item) -> dict[str, Any]:
    """A stored user as clients see it."""
    return {name: value for name, value in item.items() if name not in HIDDEN}


def matches(match: str, version: int) -> bool:
    """Whether an If-Match header of the plans lets a version pass."""
    return match in ("", "*", f'"{version}"')
