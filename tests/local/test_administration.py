"""`make run` with SignIn=true: administrators manage users, and the user pool follows."""

from __future__ import annotations

import contextlib
import time

import pytest
from wsproto.events import CloseConnection, RejectConnection, TextMessage

from tests.local.test_sign_in import call, server, sign_in  # noqa: F401 - fixtures
from tests.support.sign_in import SignIn
from tests.support.websocket import WebSocket

pytestmark = pytest.mark.local_only
SECONDS = 30


@pytest.fixture(scope="module")
def boss(sign_in):  # noqa: F811
    """A token of an administrator."""
    sign_in.add("boss@example.com", "admins")
    return sign_in.person("boss@example.com", "users/admin", "users/self")


def in_pool(sign_in: SignIn, subject: str) -> dict | None:  # noqa: F811
    """A person in the pool: whether enabled, the email, and the groups."""
    with contextlib.suppress(sign_in.cognito.exceptions.UserNotFoundException):
        found = sign_in.cognito.admin_get_user(UserPoolId=sign_in.pool, Username=subject)
        groups = sign_in.cognito.admin_list_groups_for_user(UserPoolId=sign_in.pool, Username=subject)["Groups"]
        attributes = {each["Name"]: each["Value"] for each in found["UserAttributes"]}
        return {
            "enabled": found["Enabled"],
            "email": attributes["email"],
            "verified": attributes["email_verified"],
            "groups": [each["GroupName"] for each in groups],
        }
    return None


def soon(look, wanted):
    """Wait until what follows through the stream is there."""
    end = time.monotonic() + SECONDS
    while (found := look()) != wanted:
        assert time.monotonic() < end, found
        time.sleep(0.2)


def test_a_disabled_person_is_refused_at_once_and_the_pool_follows(sign_in, call, boss):  # noqa: F811
    subject = sign_in.add("grace@example.com")
    token = sign_in.person("grace@example.com")
    mine = call("GET", "/users/me", token)[1]
    path = f"/admin/users/{mine['userId']}"

    status, seen, headers = call("GET", path, boss)
    assert (status, seen["status"], seen["subject"]) == (200, "active", subject)
    assert seen["lastSignedInAt"][:4] == mine["createdAt"][:4]
    assert {name: seen[name] for name in mine} == mine

    status, problem, _ = call("POST", f"{path}/disable", boss, **{"If-Match": '"99"'})
    assert (status, problem["code"]) == (412, "precondition_failed")
    keyed = {"If-Match": headers["ETag"], "Idempotency-Key": "disable-grace"}
    status, seen, first = call("POST", f"{path}/disable", boss, **keyed)
    assert (status, seen["status"]) == (200, "disabled")
    for method, own, body in (("GET", "/users/me", None), ("PATCH", f"/users/{mine['userId']}", {"age": 3})):
        status, problem, _ = call(method, own, token, body)
        assert (status, problem["code"]) == (403, "user_disabled")
    soon(lambda: in_pool(sign_in, subject)["enabled"], wanted=False)

    status, _, again = call("POST", f"{path}/disable", boss, **keyed)
    assert (status, again["Idempotency-Replayed"], again["ETag"]) == (200, "true", first["ETag"])
    assert call("POST", f"{path}/enable", boss)[1]["status"] == "active"
    assert call("GET", "/users/me", token)[0] == 200
    soon(lambda: in_pool(sign_in, subject)["enabled"], wanted=True)


def test_a_sign_out_ends_the_sessions_until_now(sign_in, call, boss):  # noqa: F811
    sign_in.add("klara@example.com")
    token = sign_in.person("klara@example.com")
    user_id = call("GET", "/users/me", token)[1]["userId"]
    assert call("POST", f"/admin/users/{user_id}/sign-out", boss)[0] == 200
    for path in ("/users/me", f"/users/{user_id}"):
        status, problem, _ = call("GET", path, token)
        assert (status, problem["code"]) == (403, "signed_out")
    time.sleep(1.1)  # the time of a sign-in is in whole seconds
    assert call("GET", "/users/me", sign_in.person("klara@example.com"))[0] == 200


def test_roles_follow_and_one_that_is_taken_away_counts_no_more(sign_in, call, boss):  # noqa: F811
    subject = sign_in.add("hedy@example.com")
    user_id = call("GET", "/users/me", sign_in.person("hedy@example.com"))[1]["userId"]
    path = f"/admin/users/{user_id}/roles"
    assert call("PUT", path, boss, {"roles": ["kings"]})[1]["code"] == "invalid_user"
    assert call("PUT", path, boss, {"roles": ["admins"]})[1]["roles"] == ["admins"]
    soon(lambda: in_pool(sign_in, subject)["groups"], wanted=["admins"])
    token = sign_in.person("hedy@example.com", "users/admin", "users/self")
    assert call("GET", "/users", token)[0] == 200
    assert call("PUT", path, token, {"roles": []})[1]["code"] == "own_administration"
    assert call("POST", f"/admin/users/{user_id}/disable", token)[1]["code"] == "own_administration"
    assert call("PUT", path, boss, {"roles": []})[1]["roles"] == []
    assert call("GET", "/users", token)[1]["code"] == "access_denied"
    soon(lambda: in_pool(sign_in, subject)["groups"], wanted=[])


def test_an_email_that_an_administrator_changes_follows(sign_in, call, boss):  # noqa: F811
    subject = sign_in.add("rosa@example.com")
    user_id = call("GET", "/users/me", sign_in.person("rosa@example.com"))[1]["userId"]
    assert call("PATCH", f"/users/{user_id}", boss, {"email": "rosa2@example.com"})[0] == 200
    soon(lambda: in_pool(sign_in, subject)["email"], wanted="rosa2@example.com")
    assert in_pool(sign_in, subject)["verified"] == "true"
    again = call("GET", "/users/me", sign_in.person("rosa2@example.com"))[1]
    assert (again["userId"], again["email"]) == (user_id, "rosa2@example.com")


def test_a_deleted_person_leaves_the_pool(sign_in, call, boss):  # noqa: F811
    subject = sign_in.add("wilma@example.com")
    token = sign_in.person("wilma@example.com")
    user_id = call("GET", "/users/me", token)[1]["userId"]
    assert call("DELETE", f"/users/{user_id}", boss)[0] == 200
    assert call("GET", "/users/me", token)[0] == 404
    soon(lambda: in_pool(sign_in, subject), wanted=None)


def test_each_act_is_in_the_audit_trail(sign_in, call, boss):  # noqa: F811
    sign_in.add("anita@example.com")
    user_id = call("GET", "/users/me", sign_in.person("anita@example.com"))[1]["userId"]
    me = call("GET", "/users/me", boss)[1]["userId"]
    actor = {"type": "person", "id": call("GET", f"/admin/users/{me}", boss)[1]["subject"]}
    path = f"/admin/users/{user_id}"
    for action, body in (("disable", None), ("enable", None), ("sign-out", None)):
        assert call("POST", f"{path}/{action}", boss, body)[0] == 200
    assert call("PUT", f"{path}/roles", boss, {"roles": []})[0] == 200
    wanted = [(actor, ["roles"]), (actor, ["signedOutAt"]), (actor, ["status"]), (actor, ["status"])]

    def acts():
        entries = call("GET", f"/users/{user_id}/audit", boss)[1].get("entries", [])
        found = [(each["actor"], each["changed"], each["userVersion"]) for each in entries if each["userVersion"] > 1]
        return [(who, what) for who, what, _ in sorted(found, key=lambda it: -it[2])]

    soon(acts, wanted)


def live(call, token, topic):  # noqa: F811
    """A connection that is subscribed to a topic."""
    given = call("POST", "/live/tickets", token)[1]
    connection = WebSocket(given["url"], given["protocols"])
    connection.ask(action="subscribe", to=topic)
    connection.told("subscribed")
    return connection


def ended(connection):
    """Wait for the end of a connection. What comes before it is a message."""
    while not isinstance(event := connection.next(), CloseConnection):
        assert isinstance(event, TextMessage)
    connection.cut()


@pytest.mark.parametrize("act", ["disable", "sign-out", "roles", "delete"])
def test_what_is_decided_about_a_person_ends_their_live_connections(sign_in, call, boss, act):  # noqa: F811
    sign_in.add(f"live-{act}@example.com", *(["admins"] if act == "roles" else []))
    token = sign_in.person(f"live-{act}@example.com", "users/admin", "users/self")
    user_id = call("GET", "/users/me", token)[1]["userId"]
    topic = "users" if act == "roles" else f"users/{user_id}"
    follower, bystander = live(call, token, topic), live(call, boss, "users")
    spare = call("POST", "/live/tickets", token)[1]
    path = f"/admin/users/{user_id}"
    decide = {
        "roles": lambda: call("PUT", f"{path}/roles", boss, {"roles": []}),
        "delete": lambda: call("DELETE", f"/users/{user_id}", boss),
    }
    assert decide.get(act, lambda: call("POST", f"{path}/{act}", boss))()[0] == 200
    ended(follower)
    late = WebSocket(spare["url"], spare["protocols"])
    assert isinstance(late.opened, RejectConnection)
    late.cut()
    assert call("POST", "/live/tickets", token)[0] in (403, 404)
    assert bystander.told("update")["userId"]
    bystander.close()


def test_the_number_of_users_is_told(call, boss):  # noqa: F811
    status, told, _ = call("GET", "/admin/stats", boss)
    assert status == 200
    assert told["approximateUserCount"] >= 1
    assert told["countedEverySeconds"] == 21600


def test_nobody_else_may(sign_in, call):  # noqa: F811
    sign_in.add("mallory@example.com")
    person = sign_in.person("mallory@example.com", "users/admin", "users/self")
    user_id = call("GET", "/users/me", person)[1]["userId"]
    machine = sign_in.machine("users/read", "users/write")
    path = f"/admin/users/{user_id}"
    for method, of in (("GET", path), ("POST", f"{path}/disable"), ("POST", f"{path}/enable"), ("GET", "/admin/stats")):
        assert call(method, of, person)[1]["code"] == "access_denied"
        assert call(method, of, machine)[0] == 403
        assert call(method, of)[0] == 401
    for token in (person, machine):
        assert call("PUT", f"{path}/roles", token, {"roles": ["admins"]})[0] == 403
        assert call("POST", f"{path}/sign-out", token)[0] == 403
