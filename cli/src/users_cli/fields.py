"""The fields of a user that this program knows, in the order in which it shows them."""

from __future__ import annotations

FIELDS = ("userId", "name", "email", "age", "createdAt", "updatedAt")
SET_BY_THE_SERVER = frozenset({"userId", "createdAt", "updatedAt"})
INTEGERS = frozenset({"age"})
