"""Verify the audit trail: find any entry that was changed, removed, added or reordered, and any forged head.

    python -m operate audit verify [USERID] --table AUDIT (--key KEY | --public-key FILE) [--remember FILE]

AUDIT is the stack's AuditTable, and KEY the id or ARN of its AuditKey. The command needs no right to
sign. The public part of the key is enough, and --public-key takes it from a file (DER or PEM) instead of KMS.

With --remember, the command keeps the end of each trail in FILE, and the next run also finds trails that were cut or
written again by somebody who can sign. Keep FILE where nobody who can write to the table can change it.
"""

from __future__ import annotations

import argparse
import binascii
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from audit.form import FIRST
from audit.signatures import NoPublicKey, PublicKey
from dynamodb.values import to_item
from operate import acts
from operate.audit_trail.chain import Chain
from operate.audit_trail.remembered import Remembered
from operate.database import Call, items_of, scan

CHANGES = "nothing in the stack"
# A trail may grow while it is read. A fault is one that two readings in a row find.
READINGS = 5

Items = Iterator[dict[str, Any]]


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("action", choices=["verify"], metavar="verify", help="verify the trails")
    parser.add_argument("user", nargs="?", metavar="USERID", help="only the trail of this user")
    parser.add_argument("--table", required=True, help="the stack's AuditTable")
    key = parser.add_mutually_exclusive_group(required=True)
    key.add_argument("--key", help="id or ARN of the stack's AuditKey")
    key.add_argument("--public-key", metavar="FILE", help="its public key, as a file")
    parser.add_argument("--remember", metavar="FILE", help="compare with the last run, and keep this one")


def run(call: Call, options: argparse.Namespace) -> int:
    """Print each fault; how many there are."""
    key = PublicKey(public_key(options))
    with Remembered(options.remember) as remembered:
        return Verification(call, options.table, key, remembered).run(options.user)


class Verification:
    """One run over the trails of a table."""

    def __init__(self, call: Call, table: str, key: PublicKey, remembered: Remembered) -> None:
        self._call = call
        self._table = table
        self._key = key
        self._remembered = remembered
        self._trails = self._entries = self._faults = 0

    def run(self, user: str | None) -> int:
        """Verify one trail or all; how many faults there are."""
        if user:
            self._judge(user, lambda: query(self._call, self._table, user))
        else:
            self._judge_all()
            for gone in self._remembered.unseen():
                self._tell(gone, "the whole trail is missing that the last run saw")
        state = f"{self._faults} faults" if self._faults else "complete, unchanged and signed"
        print(f"{self._trails} trails with {self._entries} entries: {state}")
        return self._faults

    def _judge_all(self) -> None:
        for user, items in groupby(scan(self._call, self._table), lambda item: str(item["userId"]["S"])):
            chain, faults = self._read(user, items)
            if faults:  # it may have grown meanwhile, or its items came apart: read it alone
                self._judge(user, lambda user=user: query(self._call, self._table, user))  # type: ignore[misc]
            else:
                self._keep(user, chain)

    def _judge(self, user: str, read: Callable[[], Items]) -> None:
        before: list[str] = []
        for _ in range(READINGS):
            chain, faults = self._read(user, read())
            if not faults or faults == before:
                break
            before = faults
        for fault in faults:
            self._tell(user, fault)
        self._keep(user, chain, good=not faults)

    def _read(self, user: str, items: Items) -> tuple[Chain, list[str]]:
        chain = Chain(self._key, self._remembered.of(user))
        faults = [fault for item in items for fault in chain.take(item)]
        return chain, [*faults, *chain.end()]

    def _keep(self, user: str, chain: Chain, good: bool = True) -> None:
        self._trails += 1
        self._entries += chain.entries
        self._remembered.keep(user, chain.number, chain.digest if chain.entries else FIRST, good)

    def _tell(self, user: str, fault: str) -> None:
        self._faults += 1
        print(f"{user}: {fault}")


def query(call: Call, table: str, user: str) -> Items:
    """The items of one user, in the order of their places."""
    values = to_item({":user": user})
    request = {"TableName": table, "KeyConditionExpression": "userId = :user", "ExpressionAttributeValues": values}
    return items_of(call, "Query", request)


def public_key(options: argparse.Namespace) -> bytes:
    """The public key in DER, from the file or from KMS. Raises NoPublicKey, OSError."""
    if options.public_key:
        return der(Path(options.public_key).read_bytes())
    return bytes(acts.client("kms").get_public_key(KeyId=options.key)["PublicKey"])


def der(content: bytes) -> bytes:
    """A key in DER, from DER or PEM. Raises NoPublicKey."""
    if not content.startswith(b"-----BEGIN PUBLIC KEY-----"):
        return content
    try:
        return binascii.a2b_base64(b"".join(content.strip().splitlines()[1:-1]))
    except ValueError:
        raise NoPublicKey from None
