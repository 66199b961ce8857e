"""Wrong versions of access, each with one fault, and the promise that it breaks."""

from __future__ import annotations

from collections.abc import Callable

from tests.proofs.access import promises
from tests.proofs.access.stage import GUARDED, Stage, handlers, source_of
from tests.proofs.seeded import Edit
from tests.proofs.system import ROOT

CALLER, OWNERSHIP, PEOPLE = "utils/caller.py", "users/ownership.py", "users/people.py"
GUARD, SIGNED_IN, TICKETS = "guard.py", "users/signed_in.py", "live/tickets.py"
OTHERS, WRITES = promises.a_person_reaches_no_other_record, promises.the_write_decides_whose_a_record_is
ADMINS, NOBODY = promises.an_administrator_has_the_group_and_the_scope, promises.nobody_reaches_anything
DISABLED, DELETED = promises.a_disabled_person_does_nothing, promises.a_deleted_person_does_nothing
Promise = Callable[[Stage], None]

VERSIONS: dict[str, tuple[Promise, Edit]] = {
    # the rules
    "whom no rule names is let through": (NOBODY, Edit(GUARD, "    raise AccessDenied\n", "    return ALL\n")),
    "the scope of a machine is not checked": (
        promises.a_machine_may_what_its_scope_says,
        Edit(GUARD, " and (READ in let or WRITE in let)", ""),
    ),
    "users/self is not asked for": (NOBODY, Edit(GUARD, "if SELF in let:", "if SELF in rule:")),
    "the group is enough": (ADMINS, Edit(GUARD, "if ADMIN in let and caller", "if ADMIN in rule and caller")),
    "the scope is enough": (
        ADMINS,
        Edit(GUARD, "if ADMIN in let and caller.in_admins:", "if ADMIN in let:"),
    ),
    "people may create": (
        OTHERS,
        Edit(GUARD, 'WRITERS = f"{WRITE} {ADMIN}"', 'WRITERS = f"{SELF} {WRITE} {ADMIN}"'),
    ),
    # the caller
    "an id token counts": (NOBODY, Edit(CALLER, 'claims.get("token_use") != "access" or ', "")),
    "a token without a client counts": (NOBODY, Edit(CALLER, " or not subject or not client", " or not subject")),
    "a group is found in the name of another": (
        ADMINS,
        Edit(CALLER, 'ADMINS in _groups(claims.get("cognito:groups"))', 'ADMINS in claims.get("cognito:groups", "")'),
    ),
    # the own record
    "the condition lets any owner": (
        OTHERS,
        Edit(OWNERSHIP, "AND #owner = :owner", "AND (#owner = :owner OR attribute_exists(#owner))"),
    ),
    "a record is read that is another's": (
        OTHERS,
        Edit(OWNERSHIP, 'if operation == "GetItem" and', "if not operation and"),
    ),
    "a failed condition shows the item": (
        OTHERS,
        Edit(OWNERSHIP, "                error.item = None\n", "                pass\n"),
    ),
    "a failed transaction shows the item": (
        WRITES,
        Edit(OWNERSHIP, 'reason.pop("Item", None)', "pass"),
    ),
    "the read before a transaction decides": (
        WRITES,
        Edit(OWNERSHIP, '        if write["TableName"] != users_table:\n', "        if write:\n"),
    ),
    "the repository stays that of all": (
        OTHERS,
        Edit(GUARD, "        users.only_of(caller.subject, caller.signed_in_at)\n", "        pass\n"),
    ),
    "the path may name another's record": (
        OTHERS,
        Edit(GUARD, 'request.path.setdefault("userId", own) != own', 'not request.path.setdefault("userId", own)'),
    ),
    "a record of another costs one call more": (
        promises.another_record_costs_what_none_costs,
        Edit(
            OWNERSHIP,
            '            found.pop("Item", None)\n        return found',
            '            call(operation, request) if found.pop("Item", None) else None\n        return found',
        ),
    ),
    # who is disabled or deleted
    "a disabled person reads the own record": (DISABLED, Edit(OWNERSHIP, " or STATUS in item:", ":")),
    "a disabled person changes the own record": (
        DISABLED,
        Edit(
            OWNERSHIP,
            "attribute_not_exists(#ownerStatus)",
            "(attribute_exists(#owner) OR attribute_exists(#ownerStatus))",
        ),
    ),
    "a disabled person sees no reason": (
        DISABLED,
        Edit(GUARD, "people(request.deadline).check_not_disabled(caller)", "pass"),
    ),
    "an administrator who is disabled acts on users": (
        DISABLED,
        Edit(
            GUARD,
            "            check_standing(request, caller, reached)\n        if reached is not OWN",
            "            pass\n        if reached is not OWN",
        ),
    ),
    "an administrator who is disabled acts elsewhere": (
        DISABLED,
        Edit(
            GUARD,
            "    check_standing(request, caller, reached)\n    if reached is OWN",
            "    if reached is OWN",
        ),
    ),
    "the mark of the disabled is not read": (
        DISABLED,
        Edit(PEOPLE, 'if item.get(STATUS) == {"S": DISABLED}:', 'if item.get(STATUS) == {"S": DELETED}:'),
    ),
    "an administrator without a record acts": (
        DELETED,
        Edit(PEOPLE, "            raise AccessDenied\n", '            return ""\n'),
    ),
    "a deletion leaves no tombstone": (
        promises.a_deletion_leaves_a_tombstone,
        Edit(SIGNED_IN, 'if "Delete" not in action or not self._subject:', "if action:"),
    ),
    "a tombstone says nothing": (
        promises.a_deletion_leaves_a_tombstone,
        Edit(PEOPLE, "STATUS: DELETED, ", ""),
    ),
    # what a body says
    "a body may say whose a record is": (
        promises.a_body_sets_no_internal_attribute,
        Edit("users/model.py", '    "age": Field(', '    "subject": Field(text(1, 100)),\n    "age": Field('),
    ),
    "a person may take another email": (
        promises.a_person_learns_of_no_email,
        Edit(SIGNED_IN, 'if not self._own or "email"', 'if self._own or "email"'),
    ),
    "a ticket of a person opens all": (
        promises.a_ticket_of_a_person_opens_the_own_record,
        Edit(TICKETS, '**({"only": only} if only else {})', "**{}"),
    ),
}


def unguarded() -> dict[str, tuple[Promise, Edit]]:
    """One version for each handler, without its rule."""
    found: dict[str, tuple[Promise, Edit]] = {}
    for handler in handlers():
        text = (ROOT / "src" / source_of(handler)).read_text()
        rule = GUARDED.search(text)
        assert rule
        found[f"{handler} has no rule"] = (NOBODY, Edit(str(source_of(handler)), rule[0], rule[1]))
    return found


VERSIONS |= unguarded()
