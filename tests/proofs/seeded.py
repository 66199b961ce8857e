"""Wrong versions of src/, each with one fault seeded, and the proofs that must catch them.

A version is a copy of src/ with pieces of its text replaced. A proof is a function of (system, emulator) that raises
AssertionError where something does not hold; each says which versions it catches, and test_seeded.py holds it to that.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.proofs.proof import Proof
from tests.proofs.system import ROOT, System, installed


@dataclass(frozen=True)
class Edit:
    """In `file`, the only occurrence of `old` becomes `new`; without `old`, `new` is added at the end."""

    file: str
    old: str
    new: str

    def apply(self, source: Path) -> None:
        path = source / self.file
        text = path.read_text()
        if self.old and text.count(self.old) != 1:
            raise LookupError(f"{self.file} has changed: the fault to seed no longer applies: {self.old!r}")
        path.write_text(text.replace(self.old, self.new) if self.old else text + self.new)


@contextlib.contextmanager
def seeded(name: str) -> Iterator[System]:
    """The wrong version of that name, installed in place of src/ for the time of the block."""
    with edited(VERSIONS[name]) as source, installed(source) as system:
        yield system


@contextlib.contextmanager
def edited(edits: tuple[Edit, ...]) -> Iterator[Path]:
    """A copy of src/ with these edits, for the time of the block."""
    with tempfile.TemporaryDirectory(prefix="users-api-seeded-") as folder:
        source = Path(folder) / "src"
        shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
        for edit in edits:
            edit.apply(source)
        yield source


REPOSITORY, ITEMS, EXPRESSIONS = "users/repository.py", "users/items.py", "users/expressions.py"
TRANSACTION, CURSORS, HTTP = "users/transaction.py", "users/cursors.py", "utils/http.py"
SINGLE_WRITE, REFUSALS, READING = "users/single_write.py", "users/refusals.py", "users/reading.py"
CLIENT, RETRIES = "dynamodb/client.py", "dynamodb/retries.py"

CHECK_THEN_PUT = """

class CheckThenPut(UserRepository):
    def create(self, members, answer, key=None):
        user = new_user(members, self._new_id(), rfc3339(self._clock()))
        actions = self._creation(user, key, answer(user))
        for name, action in actions.items():
            item = action["Put"]["Item"]
            if name != "user":
                found = self._call("GetItem", {"TableName": self._keys, "Key": {"key": item["key"]},
                                               "ConsistentRead": True}).get("Item")
                if found and name == "claim":
                    from users.errors import EmailInUse

                    raise EmailInUse
        for action in actions.values():
            self._call("PutItem", {name: action["Put"][name] for name in ("TableName", "Item")})
        return answer(user)


UserRepository = CheckThenPut
"""
RECORD_AFTERWARDS = """

class RecordAfterwards(UserRepository):
    def create(self, members, answer, key=None):
        if key:
            name = {"key": {"S": f"request#{key.caller}#{key.value}"}}
            found = self._call("GetItem", {"TableName": self._keys, "Key": name, "ConsistentRead": True}).get("Item")
            if found:
                from users.refusals import kept_answer

                return kept_answer({"Item": found}, key)
        user_id = self._new_id()
        self._new_id = lambda: user_id
        response = super().create(members, answer)
        if key:
            kept = keep_answer(self._keys, user_id, key, response, int(self._clock()))
            self._call("PutItem", kept["Put"])
        return response


UserRepository = RecordAfterwards
"""
IN_STEPS = """

from dynamodb.errors import ConditionalCheckFailed


def transact(call, actions, token, pause):
    for name, action in actions.items():
        [(kind, request)] = action.items()
        try:
            call(f"{kind}Item", request)
        except ConditionalCheckFailed as error:
            return {name: {"Code": "ConditionalCheckFailed", **({"Item": error.item} if error.item else {})}}
    return {}
"""
IF_MATCH_BY_READ = """

from utils.errors import PreconditionFailed


class IfMatchByRead(UserRepository):
    def update(self, user_id, changes, precondition):
        user = self.get(user_id)
        if not precondition.holds(user.version):
            raise PreconditionFailed(user.etag)
        return super().update(user_id, changes, type(precondition)())


UserRepository = IfMatchByRead
"""

# An update that arrives late is often refused for its time as well, which would hide what else is wrong with it.
TIME_NOT_ASKED_FOR = (
    Edit(
        EXPRESSIONS,
        "#createdAt <= :now AND #updatedAt <= :now",
        "#createdAt > :space AND (#updatedAt > :space OR #updatedAt = :now)",
    ),
)

# What each is wrong about is in its name.
VERSIONS: dict[str, tuple[Edit, ...]] = {
    # users and claims
    "check, then put": (Edit(REPOSITORY, "", CHECK_THEN_PUT),),
    "user and claim in two steps": (Edit(TRANSACTION, "", IN_STEPS),),
    "claim taken without a condition": (
        Edit(ITEMS, 'item = to_item({"key": email_key(email), "userId": user_id})\n'
                    '    return {"Put": Expression().require_absent("key").condition(TableName=table, Item=item)}',
             'item = to_item({"key": email_key(email), "userId": user_id})\n'
             '    return {"Put": {"TableName": table, "Item": item}}'),
    ),
    "email compared case by case": (Edit(ITEMS, "{canonical(email)}", "{email}"),),
    "email change leaves the old claim": (
        Edit(REPOSITORY, '            **self._release(user),\n', ""),
    ),
    "email change not bound to the version read": (
        Edit(REPOSITORY, "guard = self._guard(changes, precondition, user.version)",
             "guard = self._guard(changes, precondition, None)"),
    ),
    "update without existence": (
        Edit(REPOSITORY, 'Expression().require_exists("userId").require_version(precondition)',
             "Expression().require_version(precondition)"),
        Edit(EXPRESSIONS, "{version} = {version} + ", "{version} = if_not_exists({version}, {self.value(0)}) + "),
        Edit(REPOSITORY, "guard.require_user(now)", "pass"),
    ),
    "delete without claim": (
        Edit(REPOSITORY, '{"user": {"Delete": gone}, **self._release(user)}', '{"user": {"Delete": gone}}'),
    ),
    "delete not bound to the version read": (
        Edit(REPOSITORY, '.require("version", "=", user.version)', ""),
    ),
    "claim freed without asking for its owner": (
        Edit(ITEMS, 'owned = Expression().require_absent("key", ("userId", "=", user["userId"]))',
             'owned = Expression().require_absent("key", ("userId", "<>", ""))'),
        Edit(REPOSITORY, '.require_exists("userId").require("version", "=", user.version)',
             '.require_absent("userId", ("version", ">", 0))'),
    ),
    # conditional requests
    "If-Match decided by an earlier read": (Edit(REPOSITORY, "", IF_MATCH_BY_READ),),
    "If-Match not asked of a delete": (
        Edit(REPOSITORY, "guard.require_version(precondition).condition(", "guard.condition("),
    ),
    "version not raised": (Edit(EXPRESSIONS, "{version} + {self.value(1)}", "{version} + {self.value(0)}"),),
    # idempotency
    "record outside the transaction": (Edit(REPOSITORY, "", RECORD_AFTERWARDS),),
    "record not asked for before the claim": (
        Edit(REPOSITORY, 'if key and "record" in refused:', 'if key and "claim" not in refused:'),
    ),
    "key shared by all callers": (Edit(ITEMS, "request#{key.caller}#", "request#all#"),),
    "key replayed for another body": (
        Edit(REFUSALS, 'record["fingerprint"] != key.fingerprint', 'not record["fingerprint"]'),
    ),
    "record that never ends": (Edit(ITEMS, '"key", ("expiresAt", "<=", now)', '"key", ("expiresAt", "<=", 0)'),),
    # lost answers
    "retry without token": (Edit(TRANSACTION, ', "ClientRequestToken": token}', "}"),),
    "lastWrite not looked at": (
        Edit(SINGLE_WRITE, 'if item and item.get("lastWrite") == {"S": self.token}:', "if False:"),
    ),
    "lastWrite not asked for": (
        Edit(REPOSITORY, '.require("lastWrite", "<>", write.token)', ""),
        *TIME_NOT_ASKED_FOR,
    ),
    "doubt answered as a refusal": (Edit(SINGLE_WRITE, "if lost and not self._surely_not_made(item):", "if False:"),),
    "single update repeated blindly": (
        Edit(CLIENT, 'frozenset({"UpdateItem"})', "frozenset()"),
        *TIME_NOT_ASKED_FOR,
    ),
    "time taken from the clock alone": (
        *TIME_NOT_ASKED_FOR,
        Edit(REPOSITORY, "return latest_time(now, user)", "return now"),
    ),
    "overtaken write made again": (Edit(SINGLE_WRITE, "return written < ", "return '' < written < 'a' + "),),
    "claim of one's own refused": (
        Edit(REPOSITORY, 'if refusals.owner(refused.get("claim")) == user["userId"]:', "if False:"),
        Edit(TRANSACTION, ', "ClientRequestToken": token}', "}"),
    ),
    # reads and pages
    "read of a replica": (
        Edit(READING, 'user_key(user_id), "ConsistentRead": True}', 'user_key(user_id), "ConsistentRead": False}'),
    ),
    "list of a replica": (
        Edit(READING, '"Limit": limit + 1, "ConsistentRead": True}', '"Limit": limit + 1, "ConsistentRead": False}'),
    ),
    "empty page taken for the last": (
        Edit(READING, 'more = page.get("LastEvaluatedKey")', 'more = users and page.get("LastEvaluatedKey")'),
    ),
    "unsigned cursor": (
        Edit(CURSORS, "not secret or not compare_digest(mac, _mac(secret, content, bound_to))", "not secret"),
    ),
    "cursor secret of the faster function lost": (
        Edit(CURSORS, 'secret = bytes.fromhex(error.item["secret"]["S"])  # type: ignore[index]', "pass"),
    ),
    # bounded failure
    "cancellation reasons not read": (
        Edit(TRANSACTION, 'if not any(reason["Code"] in CONTENDED for reason in reasons.values()):', "if True:"),
        Edit(TRANSACTION, "        raise error\n", '        return {"user": {}, "claim": {}}\n'),
    ),
    "refusal believed though half seen": (
        Edit(TRANSACTION, 'if not any(reason["Code"] in CONTENDED for reason in reasons.values()):',
             'if any(reason["Code"] == "ConditionalCheckFailed" for reason in reasons.values()):'),
    ),
    "held item taken for a fault": (Edit(RETRIES, ', "TransactionConflictException"})', "})"),),
    "throttling passed on as a fault": (
        Edit(READING, "except (Throttled, Unavailable) as error:", "except Unavailable as error:"),
    ),
    "no retries": (Edit(RETRIES, "for number in range(1, self._max_attempts):", "for number in range(1, 1):"),),
    "retried forever": (
        Edit(RETRIES, "for number in range(1, self._max_attempts):", "for number in range(1, 10_000):"),
        Edit(RETRIES, "if seconds + LEAST_TIME > deadline.remaining():", "if deadline.remaining() > 1e9:"),
        Edit(CLIENT, "if remaining < LEAST_TIME:", "if remaining > 1e9:"),
    ),
    "retried without a budget": (Edit(RETRIES, "if cost > self._left:", "if cost < 0:"),),
    "started without time": (Edit("utils/deadline.py", "LEAST_TIME = 0.1", "LEAST_TIME = -10"),),
    "deadline not handed on": (
        Edit("wiring.py", "client.call(operation, request, deadline)",
             "client.call(operation, request, type(deadline)(60))"),
    ),
    "checksum not compared": (Edit(CLIENT, "if checksum is not None and", "if checksum is None and"),),
    # what is told
    "exception's text told to the client": (
        Edit(HTTP, "        log.warning(", "        error.detail += repr(error.__cause__)\n        log.warning("),
    ),
    "request quoted in the log": (
        Edit(HTTP, "            response = _answered(error, request_id)",
             "            if error.status >= 500:\n"
             "                log.warning(binascii.a2b_base64(event['body'] or ''))\n"
             "            response = _answered(error, request_id)"),
    ),
}  # fmt: skip


def proofs() -> list[Proof]:
    """Every proof that is held to catching wrong versions."""
    from tests.proofs.concurrency.detectors import PROOFS as CONCURRENCY
    from tests.proofs.faults.detectors import PROOFS as FAULTS

    return [*FAULTS, *CONCURRENCY]
