"""The moments that break other APIs, over HTTP against `make run`; the tables are looked at after each."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.proofs.concurrency.http_api import Api, Crowd, Tables, tally
from tests.proofs.figures import figures

pytestmark = pytest.mark.slow
NOBODY = "00000000-0000-4000-8000-000000000000"
WRITERS = 12
BURSTS = 3  # how often a hundred clients start at once

Crowds = Callable[[int], Crowd]


@pytest.fixture
def domain() -> str:
    """A domain that no other test's users have."""
    return f"{uuid.uuid4().hex[:12]}.example.com"


def mixed_cases(email: str, number: int) -> list[str]:
    """The address in so many ways to write it."""
    letters = [(letter.lower(), letter.upper()) for letter in email]
    ways = ("".join(way) for way in itertools.product(*letters[:7]))
    return [way + email[7:] for way in itertools.islice(ways, number)]


def test_a_hundred_creates_of_one_email_make_one_user(api: Api, crowd: Crowds, exact: Tables, domain: str) -> None:
    hundred = crowd(100).connected(api)
    for number in range(BURSTS):
        emails = mixed_cases(f"abcdef{number}@{domain}", 100)
        answers = hundred.together([lambda email=email: api.create(email) for email in emails])  # type: ignore[misc]
        assert tally(answers) == {"201": 1, "409 email_in_use": 99}
    users = [user for user in exact.users().values() if user["email"].endswith(domain)]
    claims = {key for key in exact.claims_and_records() if key.endswith(domain)}
    assert len(users) == BURSTS
    assert claims == {f"email#abcdef{number}@{domain}" for number in range(BURSTS)}
    figures("parallel creates of one email", BURSTS * 100, users=len(users), claims=len(claims))


@pytest.mark.parametrize("members", [{"name": "x"}, {"email": "nobody@example.org"}, {"age": 7}, {"age": None}])
def test_a_put_to_nobody_creates_nobody(api: Api, exact: Tables, members: dict[str, Any]) -> None:
    before = exact.users(), exact.claims_and_records()
    for match in ("", "*", '"1"'):
        assert api.put(NOBODY, members, match).status == 404
    assert (exact.users(), exact.claims_and_records()) == before


@pytest.mark.parametrize(
    "rounds", [pytest.param(60), pytest.param(1000, marks=[pytest.mark.deep, pytest.mark.timeout(1800)])]
)
def test_puts_that_race_a_delete_leave_no_ghost(
    api: Api, crowd: Crowds, exact: Tables, domain: str, rounds: int
) -> None:
    pair, came = crowd(2), Counter[str]()
    for number in range(rounds):
        user_id = api.create(f"a@{domain}").document["userId"]  # the address is free again in every round
        changes = {"name": "Late"} if number % 2 else {"email": f"b@{domain}"}
        put, delete = pair.together([lambda: api.put(user_id, changes), lambda: api.delete(user_id)])  # noqa: B023
        assert delete.status == 200, delete
        assert put.status in (200, 404), put
        if put.status == 200:
            assert put.document.keys() >= {"userId", "name", "email", "createdAt"}
            assert put.document.items() >= changes.items()
        assert api.get(user_id).status == 404
        came[f"put_{put.status}"] += 1
    assert not [user for user in exact.users().values() if user["email"].endswith(domain)]
    assert not [key for key in exact.claims_and_records() if key.endswith(domain)]
    assert len(came) == 2 or rounds < 1000, f"one of the two always won: {came}"
    figures("puts racing a delete", rounds, ghosts=0, **came)


def test_a_hundred_replays_of_one_key_are_one_answer(api: Api, crowd: Crowds, exact: Tables, domain: str) -> None:
    hundred = crowd(100).connected(api)
    for number in range(BURSTS):
        key, email = uuid.uuid4().hex, f"a{number}@{domain}"
        answers = hundred.together([lambda email=email, key=key: api.create(email, key=key)] * 100)  # type: ignore[misc]
        assert tally(answers) == {"201": 100}
        assert len({str(answer.document) for answer in answers}) == 1
        assert len({(answer.etag, answer.headers["location"]) for answer in answers}) == 1
        assert [answer.headers.get("idempotency-replayed") for answer in answers].count("true") == 99
        made = [user["userId"] for user in exact.users().values() if user["email"] == email]
        assert made == [answers[0].document["userId"]]
    figures("parallel replays of one key", BURSTS * 100, users=BURSTS)


@pytest.mark.parametrize("what", ["name", "email", "delete", "all"])
def test_of_twelve_writers_with_one_etag_one_writes(
    api: Api, crowd: Crowds, exact: Tables, domain: str, what: str
) -> None:
    user = api.create(f"a@{domain}")
    user_id = user.document["userId"]
    actions = {
        "name": lambda number: api.put(user_id, {"name": f"Writer {number}"}, user.etag),
        "email": lambda number: api.put(user_id, {"email": f"w{number}@{domain}"}, user.etag),
        "delete": lambda number: api.delete(user_id, user.etag),
    }
    chosen = [actions[what]] * WRITERS if what != "all" else [*actions.values()] * (WRITERS // 3)
    answers = crowd(WRITERS).together(
        [lambda number=number, action=action: action(number) for number, action in enumerate(chosen)]  # type: ignore[misc]
    )
    came = tally(answers)
    assert came["200"] == 1
    winner = next(answer for answer in answers if answer.status == 200)
    gone = "message" in winner.document
    assert came["404 user_not_found" if gone else "412 precondition_failed"] == WRITERS - 1
    if gone:
        assert api.get(user_id).status == 404
        return
    assert {answer.etag for answer in answers} == {'"2"'}
    assert api.get(user_id).document == winner.document
    figures("writers with one ETag", WRITERS, written=came["200"], refused=came["412 precondition_failed"])


def test_emails_that_are_swapped_in_a_ring_stay_exact(api: Api, crowd: Crowds, exact: Tables, domain: str) -> None:
    """Forty users stand in a ring of forty-one addresses; again and again everybody asks for the next one."""
    places = 41
    ids = [api.create(f"p{place}@{domain}").document["userId"] for place in range(places - 1)]
    ring, came = crowd(40), Counter[str]()
    at = dict(zip(ids, range(places), strict=False))
    for _ in range(4):
        answers = ring.together(
            [lambda i=i: api.put(i, {"email": f"p{(at[i] + 1) % places}@{domain}"}) for i in ids]  # type: ignore[misc]
        )
        for user_id, answer in zip(ids, answers, strict=True):
            assert answer.status == 200 or answer.code == "email_in_use", answer
            came[f"answered_{answer.status}"] += 1
            if answer.status == 200:
                at[user_id] = (at[user_id] + 1) % places
    emails = {user["userId"]: user["email"] for user in exact.users().values() if user["email"].endswith(domain)}
    assert emails == {user_id: f"p{place}@{domain}" for user_id, place in at.items()}
    claims = {key: item["userId"] for key, item in exact.claims_and_records().items() if key.endswith(domain)}
    assert claims == {f"email#{email}": user_id for user_id, email in emails.items()}
    assert came["answered_200"] >= 4, "there was one free address in every round"
    figures("email swaps in a ring", 4 * 40, **came)


def test_two_users_that_swap_emails_never_share_one(api: Api, crowd: Crowds, exact: Tables, domain: str) -> None:
    ids = [api.create(f"{name}@{domain}").document["userId"] for name in "ab"]
    pair = crowd(2)
    for _ in range(20):
        answers = pair.together([lambda: api.put(ids[0], {"email": f"b@{domain}"}),
                                 lambda: api.put(ids[1], {"email": f"a@{domain}"})])  # fmt: skip
        assert tally(answers) == {"409 email_in_use": 2}
        exact.assert_exact()


def test_of_many_deletes_one_deletes(api: Api, crowd: Crowds, exact: Tables, domain: str) -> None:
    user_id = api.create(f"a@{domain}").document["userId"]
    answers = crowd(20).together([lambda: api.delete(user_id)] * 20)
    assert tally(answers) == {"200": 1, "404 user_not_found": 19}
    assert api.create(f"a@{domain}").status == 201


def test_an_email_that_is_given_up_goes_to_one(api: Api, crowd: Crowds, exact: Tables, domain: str) -> None:
    """One user moves away from an address while twenty want it."""
    others, rounds, got = crowd(21), 5, 0
    for number in itertools.count():
        owner = api.create(f"wanted{number}@{domain}").document["userId"]
        want = [lambda number=number: api.create(f"wanted{number}@{domain}")] * 20
        moved, *answers = others.together([lambda: api.put(owner, {"email": f"{owner}@{domain}"}), *want])  # noqa: B023
        assert moved.status == 200
        came = tally(answers)
        assert came["201"] in (0, 1)
        assert came["201"] + came["409 email_in_use"] == 20
        got += came["201"]
        exact.assert_exact()
        if number >= rounds and got:
            return
        assert number < 20 * rounds, "nobody ever got an address that was given up"


@pytest.mark.parametrize("limit", [7, pytest.param(1000), pytest.param(1, marks=pytest.mark.deep)])
def test_a_walk_sees_who_was_there_throughout_once(
    api: Api, crowd: Crowds, exact: Tables, domain: str, limit: int
) -> None:
    """A thousand users stay; others are created, changed, moved to another address and deleted all the while."""
    number = 1000
    filled = exact.fill(number, domain)
    stay = set(filled)
    stop = threading.Event()
    writes = Counter[str]()

    def disturb(name: str) -> None:
        while not stop.is_set():
            user_id = api.create(f"{name}@{domain}").document["userId"]
            api.put(user_id, {"name": "Changed"})
            api.put(user_id, {"email": f"{name}.moved@{domain}"})
            api.put(filled[int(name[1:])], {"name": "Stays"})
            assert api.delete(user_id).status == 200
            writes["writes"] += 5

    def walk() -> list[str]:
        try:
            return [user["userId"] for user in api.walk(limit)]
        finally:
            stop.set()

    found, *_ = crowd(4).together([walk, *(lambda name=name: disturb(name) for name in ("d1", "d2", "d3"))])
    assert len(found) == len(set(found)), "a user was listed twice"
    assert stay <= set(found), f"{len(stay - set(found))} users were not listed"
    figures("users walked", number, writes=writes["writes"])
    exact.drop(filled, domain)
