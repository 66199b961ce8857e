"""Wrong versions of the administration and of imports, each with one fault, and the promise that it breaks."""

from __future__ import annotations

import itertools
import re

from tests.proofs.access import administration as promises
from tests.proofs.access.stage import GUARDED, handlers, source_of
from tests.proofs.access.wrong import GUARD, PEOPLE, SIGNED_IN, Promise
from tests.proofs.seeded import Edit
from tests.proofs.system import ROOT

ADMINISTRATION, STANDING, REFUSALS = "users/administration.py", "users/standing.py", "users/refusals.py"
VERSION, ONCE = promises.a_decision_is_for_one_version, promises.a_decision_is_made_once_for_a_key
EVENT, AT_ONCE = promises.each_decision_is_an_event_with_its_administrator, promises.a_decision_counts_at_once
OWN, LEFT = promises.nobody_shuts_themselves_out, promises.who_is_one_no_more_shuts_nobody_out
ALONE = re.compile(r"administration\.|bulk\.")
READ = promises.a_decision_is_about_the_record_that_was_read

VERSIONS: dict[str, tuple[Promise, Edit]] = {
    # conditions
    "If-Match is not asked for": (
        VERSION,
        Edit(
            ADMINISTRATION,
            "self._guard(Changes({}), precondition, user.version)",
            "self._guard(Changes({}), type(precondition)(), user.version)",
        ),
    ),
    "If-Match is not asked for where nothing changes": (
        promises.a_decision_that_is_made_needs_its_version_too,
        Edit(
            ADMINISTRATION,
            "if not precondition.holds(user.version):\n            raise",
            "if not user:\n            raise",
        ),
    ),
    "the version that was read is not the condition": (
        READ,
        Edit(ADMINISTRATION, "precondition, user.version)\n        response", "precondition, None)\n        response"),
    ),
    "the item of a person is written whatever it names": (
        promises.the_person_of_a_record_is_decided_about,
        Edit(STANDING, 'require("userId", "=", user_id)', 'require_exists("userId")'),
    ),
    # keys
    "a decision is not kept under its key": (
        ONCE,
        Edit(ADMINISTRATION, '            actions["record"] = keep_answer(', "            _ = keep_answer("),
    ),
    "a decision that changes nothing is not kept": (
        promises.a_decision_that_changes_nothing_is_kept_too,
        Edit(
            ADMINISTRATION,
            'refused = transact(self._call, {"record": record}, self._new_token(), self._pause)',
            "refused = record and {}",
        ),
    ),
    "a repetition is not looked up before": (
        ONCE,
        Edit(ADMINISTRATION, "        kept = self._kept(key) if key else None\n", "        kept = None\n"),
    ),
    "a key counts for another decision": (
        ONCE,
        Edit(REFUSALS, 'record["fingerprint"] != key.fingerprint', 'not record["fingerprint"]'),
    ),
    "a key counts for all administrators": (
        promises.a_key_is_that_of_one_administrator,
        Edit("utils/http.py", "IdempotencyKey(self.caller, value, content)", 'IdempotencyKey("all", value, {})'),
    ),
    # who decides
    "an administrator shuts themselves out": (
        OWN,
        Edit(ADMINISTRATION, "            self._check_other(decision)\n", ""),
    ),
    "a role is given up": (OWN, Edit(ADMINISTRATION, "shuts_out=ADMINS not in roles", "shuts_out=not ADMINS")),
    "an administrator disables themselves": (
        OWN,
        Edit(ADMINISTRATION, "{STATUS: DISABLED}, shuts_out=True", "{STATUS: DISABLED}"),
    ),
    "the guard alone decides who is an administrator": (
        LEFT,
        Edit(SIGNED_IN, 'return {"administrator": still_administrator(self._keys, administrator)}', "return {}"),
    ),
    "a disabled administrator shuts out": (
        LEFT,
        Edit(PEOPLE, '.require_exists("userId").require_absent(STATUS)', '.require_exists("userId")'),
    ),
    "an administrator without the role shuts out": (
        LEFT,
        Edit(PEOPLE, '.require_absent(ROLES, (ROLES, "=", ADMINS))', ""),
    ),
    "a refusal of the administrator is taken for a fault": (
        LEFT,
        Edit(SIGNED_IN, 'if "administrator" in refused:', "if not actions:"),
    ),
    # what follows
    "a decision names nobody": (EVENT, Edit(GUARD, "        users.by(caller.name)\n", "")),
    "a decision names another write": (
        EVENT,
        Edit(ADMINISTRATION, "changes, now, self._new_token())", 'changes, now, "")'),
    ),
    "a disabled person's record says nothing": (
        AT_ONCE,
        Edit(ADMINISTRATION, "dict(decision.set), list(decision.removed)", "{}, list(decision.removed)"),
    ),
    "a decision is not written to the person": (
        AT_ONCE,
        Edit(
            ADMINISTRATION,
            "        if self._subject:\n            actions",
            "        if not user_id:\n            actions",
        ),
    ),
    "a sign-out is not looked at": (
        AT_ONCE,
        Edit(
            PEOPLE,
            'if SIGNED_OUT_AT in item and int(item[SIGNED_OUT_AT]["N"]) >= caller.signed_in_at:',
            "if not item and caller.signed_in_at:",
        ),
    ),
    "a role that is taken away still counts": (
        AT_ONCE,
        Edit(PEOPLE, ' or (ROLES in item and ADMINS not in item[ROLES]["S"].split())', ""),
    ),
    "an event does not tell decisions": (
        EVENT,
        Edit("users/events.py", " + [name for name in DECIDED if (old or {}).get(name) != (new or {}).get(name)]", ""),
    ),
    # what a body says, and what is shown
    "any role is one": (
        promises.a_body_names_known_roles_only,
        Edit(
            "administration/set_roles.py",
            "any(each != ADMINISTRATOR for each in value)",
            "not all(isinstance(each, str) for each in value)",
        ),
    ),
    "all see who a person is": (
        promises.only_administrators_see_who_a_person_is,
        Edit(
            "users/user.py",
            'OPTIONAL = {"age": "N"}',
            'FIELD_NAMES += ("subject",)\nOPTIONAL = {"age": "N", "subject": "S"}',
        ),
    ),
    "an import is nobody's": (
        promises.an_import_is_its_administrators,
        Edit("bulk/create_import.py", "new_id, request.caller, clock()", 'new_id, "anonymous", clock()'),
    ),
}


def with_another_rule() -> dict[str, tuple[Promise, Edit]]:
    """One version for each handler of administrators alone: a scope more is enough."""
    found: dict[str, tuple[Promise, Edit]] = {}
    scopes = itertools.cycle(("users/read", "users/write", "users/self"))
    for handler, scope in zip(filter(ALONE.match, handlers()), scopes, strict=False):
        rule = GUARDED.search((ROOT / "src" / source_of(handler)).read_text())
        assert rule
        wrong = rule[0].replace(rule[2], f'"{scope} users/admin"')
        found[f"{handler} is for {scope} too"] = (
            promises.only_administrators_administer,
            Edit(str(source_of(handler)), rule[0], wrong),
        )
    return found


VERSIONS |= with_another_rule()
