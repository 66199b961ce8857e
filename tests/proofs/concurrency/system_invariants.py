"""What must hold of the two tables at every settled moment."""

from __future__ import annotations

from tests.proofs.concurrency.writes import Item

STORED = {"userId", "name", "email", "createdAt", "updatedAt", "version", "lastWrite"}


def broken_invariants(users: dict[str, Item], keys: dict[str, Item]) -> list[str]:
    """One owner per email, no orphan claim, no ghost."""
    owners: dict[str, str] = {}
    found = []
    for user in users.values():
        if not user.keys() >= STORED:
            found.append(f"a ghost: {sorted(user)}")
            continue
        email = user["email"].lower()
        if email in owners:
            found.append(f"two users have {email}")
        owners[email] = user["userId"]
    claims = {key.removeprefix("email#"): item["userId"] for key, item in keys.items() if key.startswith("email#")}
    found += [f"nobody has the claimed email {email}" for email in claims.keys() - owners.keys()]
    found += [f"{email} has no claim" for email in owners.keys() - claims.keys()]
    found += [
        f"the claim of {email} names another" for email in owners if claims.get(email, owners[email]) != owners[email]
    ]
    return found
