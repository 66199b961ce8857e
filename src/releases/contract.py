"""The contract of the five operations, as the life of one user shows it.

Each check has its own email, so any number of checks can run at once. The user is deleted whatever happens. The kept
response of its Idempotency-Key expires after a day, as that of each client.
"""

from __future__ import annotations

from releases.requests import Broken, Requests

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from releases.requests import Answer, Call

NAME, AGE = "Release check", 30
FIRST, SECOND = '"1"', '"2"'  # the ETags of a user's first two versions


def email_of(mark: str) -> str:
    """The email of a check's user: of the mailbox of SES that takes mail and counts it nowhere."""
    return f"success+release-{mark}@simulator.amazonses.com"


def check(call: Call, mark: str) -> None:
    """Check the functions. `mark` is text that no other check has. Raises Broken."""
    requests = Requests(call)
    try:
        user = created(requests, mark)
        refused(requests, user)
        read(requests, user)
        listed(requests)
        updated(requests, user)
        deleted(requests, user)
    finally:
        left = [user_id for user_id in tuple(requests.made) if not gone(requests, user_id)]
    if left:
        raise Broken("the user of this check could not be deleted")


def created(requests: Requests, mark: str) -> dict[str, Any]:
    """The user of this check. A request that is repeated with its key gets the same response."""
    body, key = {"name": NAME, "email": email_of(mark), "age": AGE}, {"Idempotency-Key": f"release-{mark}"}
    answer = requests.create("create", body, key)
    answer.expect(201, etag=FIRST)
    user = answer.body
    same(answer, body, f"/users/{user.get('userId')}")
    again = requests.create("a repeated create", body, key)
    again.expect(201, idempotency_replayed="true")
    if again.body != user:
        raise Broken("a repeated create answers with another user")
    return user


def same(answer: Answer, sent: dict[str, Any], location: str) -> None:
    """The user is as it was sent, with an id and two times. Raises Broken."""
    user = answer.body
    if {name: user.get(name) for name in sent} != sent or user.keys() - sent.keys() != {
        *("userId", "createdAt", "updatedAt")
    }:
        raise Broken("create answers with another user than it was sent")
    if not answer.headers.get("location", "").endswith(location):
        raise Broken("create has no Location of the user")


def refused(requests: Requests, user: dict[str, Any]) -> None:
    """An email belongs to one user, and fields are checked. Raises Broken."""
    twin = {"name": NAME, "email": user["email"].upper()}
    requests.create("a create with an email in use", twin).refuses(409, "email_in_use")
    answer = requests.create("a create with invalid fields", {"name": "", "email": "nobody", "age": 0})
    answer.refuses(400, "invalid_user")
    if {each.get("pointer") for each in answer.body.get("errors") or []} != {"/name", "/email", "/age"}:
        raise Broken("a create with invalid fields does not name them")


def read(requests: Requests, user: dict[str, Any]) -> None:
    """The user is there at once, and not sent again to whoever has it. Raises Broken."""
    answer = requests.get("get", user["userId"])
    answer.expect(200, etag=FIRST)
    if answer.body != user:
        raise Broken("get answers with another user")
    requests.get("a get of what the client has", user["userId"], {"If-None-Match": FIRST}).expect(304)


def listed(requests: Requests) -> None:
    """A page of one user, and the next. There is at least the user of this check. Raises Broken."""
    first = requests.list("list", limit="1")
    first.expect(200)
    ids = {user.get("userId") for user in first.body.get("users") or []}
    if len(ids) != 1 or first.body.get("count") != 1 or not isinstance(first.body.get("hasMore"), bool):
        raise Broken("list answers with no page of one user")
    if first.body["hasMore"]:
        second = requests.list("the second page of a list", limit="1", lastKey=str(first.body.get("lastKey")))
        second.expect(200)
        if ids & {user.get("userId") for user in second.body.get("users") or []}:
            raise Broken("the second page of a list repeats the first")


def updated(requests: Requests, user: dict[str, Any]) -> None:
    """A change keeps the other fields, and reaches only the version that the client has seen. Raises Broken."""
    user_id, changes, seen = user["userId"], {"name": f"{NAME} again"}, {"If-Match": FIRST}
    answer = requests.update("update", user_id, changes, seen)
    answer.expect(200, etag=SECOND)
    if answer.body != {**user, **changes, "updatedAt": answer.body.get("updatedAt")}:
        raise Broken("update changes other fields than it was sent")
    requests.update("an update of an old version", user_id, {"age": AGE + 1}, seen).refuses(412, "precondition_failed")
    stored = requests.get("get after an update", user_id)
    stored.expect(200, etag=SECOND)
    if stored.body != answer.body:
        raise Broken("get does not answer with what update has changed")


def deleted(requests: Requests, user: dict[str, Any]) -> None:
    """A deleted user is gone, and its email is free. Raises Broken."""
    answer = requests.delete("delete", user["userId"])
    answer.expect(200)
    if answer.body.get("userId") != user["userId"]:
        raise Broken("delete does not name the user")
    requests.get("get of a deleted user", user["userId"]).refuses(404, "user_not_found")
    requests.create("a create with the email of a deleted user", {"name": NAME, "email": user["email"]}).expect(201)


def gone(requests: Requests, user_id: str) -> bool:
    """Delete a user that a check made; whether it worked. A failure must not hide that of the check."""
    try:
        return requests.delete("delete", user_id).status in (200, 404)
    except Broken:
        return False
