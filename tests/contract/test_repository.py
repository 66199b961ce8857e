"""What the repository promises, on every database and through every client it may be given."""

from __future__ import annotations

from typing import Any

import pytest

from dynamodb.errors import ConditionalCheckFailed, RequestRejected, Throttled, TransactionCanceled, Unavailable
from tests.contract.conftest import START, Store
from users.errors import EmailInUse, InvalidUser, UserNotFound
from users.items import KEPT_SECONDS
from users.model import Changes
from users.transaction import TRIES
from users.user import User
from utils.errors import AppError, IdempotencyKeyReused, PreconditionFailed, RequestInProgress, ServiceUnavailable
from utils.idempotency import IdempotencyKey
from utils.preconditions import ANY, Precondition
from utils.response import Response, created

ADA = {"name": "Ada", "email": "ada@example.com", "age": 36}
BOB = {"name": "Bob", "email": "bob@example.com"}
NOBODY = "00000000-0000-4000-8000-000000000000"
FREE = Precondition()


def answer(user: User) -> Response:
    return created(user, location=f"/users/{user['userId']}", etag=user.etag)


def new(store: Store, members: dict[str, Any] = ADA) -> User:
    """A user that has just been created."""
    kept: list[User] = []

    def keep(user: User) -> Response:
        kept.append(user)
        return answer(user)

    store.users.create(members, keep)
    return kept[-1]


def key(value: str = "k1", caller: str = "anonymous", content: dict[str, Any] = ADA) -> IdempotencyKey:
    return IdempotencyKey(caller, value, content)


def update(store: Store, user_id: str, members: dict[str, Any], precondition: Precondition = FREE) -> User:
    return store.users.update(user_id, Changes(members), precondition)


def state(store: Store) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Everything in both tables, to show that nothing changed."""
    return store.items(store.tables.users), store.items(store.tables.keys)


def interfere(store: Store, operation: str, action: Any, times: int = 1) -> None:
    """Run `action` just before the repository's next `times` calls of an operation."""
    left = [times]

    def before(called: str, request: dict[str, Any]) -> dict[str, Any]:
        if called == operation and left[0]:
            left[0] -= 1
            action()
        return {}

    store.before = before


def failing(error: Exception) -> Any:
    def fail() -> None:
        raise error

    return fail


def canceled(*codes: str) -> TransactionCanceled:
    error = TransactionCanceled("TransactionCanceledException", "", 400)
    error.reasons = [{"Code": code} for code in codes]
    return error


class TestCreate:
    def test_the_user_is_stored_at_version_1_with_a_claim_that_names_it(self, store: Store) -> None:
        user = new(store)
        item = store.items(store.tables.users)[0]
        assert {name: item[name] for name in user} == user
        assert item["version"] == user.version == 1
        assert item["createdAt"] == item["updatedAt"] == "2026-09-21T14:13:20.000Z"
        assert store.claims() == {"ada@example.com": user["userId"]}

    def test_the_answer_is_the_one_made_from_the_user(self, store: Store) -> None:
        response = store.users.create(ADA, answer)
        assert (response.status, response.headers["ETag"]) == (201, '"1"')
        assert response.headers["Location"] == f"/users/{store.items(store.tables.users)[0]['userId']}"

    def test_members_that_were_not_sent_are_not_stored(self, store: Store) -> None:
        assert "age" not in new(store, BOB)
        assert "age" not in store.items(store.tables.users)[0]

    def test_a_taken_email_is_refused_and_nothing_is_written(self, store: Store) -> None:
        new(store)
        before = state(store)
        with pytest.raises(EmailInUse):
            store.users.create({**BOB, "email": "ada@example.com"}, answer)
        assert state(store) == before

    @pytest.mark.parametrize("email", ["ADA@example.com", "ada@EXAMPLE.COM", "Ada@Example.Com"])
    def test_an_email_is_taken_in_any_case(self, store: Store, email: str) -> None:
        new(store)
        with pytest.raises(EmailInUse):
            store.users.create({**BOB, "email": email}, answer)

    def test_a_tagged_address_is_another_address(self, store: Store) -> None:
        new(store)
        new(store, {**BOB, "email": "ada+tag@example.com"})
        assert len(store.claims()) == 2

    def test_an_id_that_is_taken_is_not_used_again(self, store: Store) -> None:
        first = new(store)
        store.ids = iter([first["userId"], NOBODY])
        assert new(store, BOB)["userId"] == NOBODY
        assert store.users.get(first["userId"]) == first

    def test_it_gives_up_when_every_id_is_taken(self, store: Store) -> None:
        first = new(store)
        store.ids = iter([first["userId"]] * TRIES)
        with pytest.raises(ServiceUnavailable):
            store.users.create(BOB, answer)
        assert len(store.pauses) == TRIES

    def test_a_taken_email_is_said_before_a_taken_id(self, store: Store) -> None:
        new(store, BOB)
        store.ids = iter([new(store)["userId"]])
        with pytest.raises(EmailInUse):
            store.users.create(BOB, answer)

    def test_a_claim_that_names_the_new_user_is_its_own_write_come_back(self, store: Store) -> None:
        call = store.call

        def twice(operation: str, request: dict[str, Any]) -> dict[str, Any]:
            """The first answer is lost, and the repetition comes too late to be known by its token."""
            call(operation, request)
            return call(operation, {name: value for name, value in request.items() if name != "ClientRequestToken"})

        store.call = twice
        response = store.users.create(ADA, answer)
        store.call = call
        assert response.status == 201
        assert len(store.items(store.tables.users)) == 1


class TestIdempotencyKey:
    def test_the_same_key_gives_the_first_answer_again_and_creates_nothing(self, store: Store) -> None:
        first = store.users.create(ADA, answer, key())
        before = state(store)
        store.now += 60
        again = store.users.create(ADA, answer, key())
        assert (again.status, again.body) == (first.status, first.body)
        assert again.headers == {**first.headers, "Idempotency-Replayed": "true"}
        assert state(store) == before

    def test_the_first_answer_is_not_marked_as_replayed(self, store: Store) -> None:
        assert "Idempotency-Replayed" not in store.users.create(ADA, answer, key()).headers

    def test_the_same_key_with_other_content_is_refused(self, store: Store) -> None:
        store.users.create(ADA, answer, key())
        with pytest.raises(IdempotencyKeyReused):
            store.users.create(BOB, answer, key(content=BOB))
        assert len(store.items(store.tables.users)) == 1

    def test_a_key_belongs_to_its_caller(self, store: Store) -> None:
        store.users.create(ADA, answer, key(caller="key:one"))
        assert store.users.create(BOB, answer, key(caller="key:two", content=BOB)).status == 201
        assert len(store.items(store.tables.users)) == 2

    def test_another_key_for_the_same_email_is_refused(self, store: Store) -> None:
        store.users.create(ADA, answer, key("k1"))
        with pytest.raises(EmailInUse):
            store.users.create(ADA, answer, key("k2"))

    def test_a_refused_request_leaves_its_key_free(self, store: Store) -> None:
        new(store)
        with pytest.raises(EmailInUse):
            store.users.create(ADA, answer, key())
        assert store.users.create(BOB, answer, key(content=BOB)).status == 201

    def test_the_answer_is_replayed_after_the_user_is_gone(self, store: Store) -> None:
        first = store.users.create(ADA, answer, key())
        user_id = store.items(store.tables.users)[0]["userId"]
        store.users.delete(user_id, FREE)
        assert store.users.create(ADA, answer, key()).body == first.body
        assert store.items(store.tables.users) == []

    def test_the_answer_is_replayed_after_another_took_the_email(self, store: Store) -> None:
        first = store.users.create(ADA, answer, key())
        user_id = store.items(store.tables.users)[0]["userId"]
        store.users.delete(user_id, FREE)
        new(store)
        assert store.users.create(ADA, answer, key()).body == first.body

    def test_a_record_is_good_for_a_day(self, store: Store) -> None:
        first = store.users.create(ADA, answer, key())
        store.now = START + KEPT_SECONDS - 1
        assert store.users.create(ADA, answer, key()).body == first.body

    def test_a_record_past_its_day_does_not_count_though_it_is_still_there(self, store: Store) -> None:
        first = store.users.create(ADA, answer, key())
        store.users.delete(store.items(store.tables.users)[0]["userId"], FREE)
        store.now = START + KEPT_SECONDS
        second = store.users.create(ADA, answer, key())
        assert second.status == 201
        assert second.body != first.body
        assert "Idempotency-Replayed" not in second.headers

    def test_past_its_day_a_key_can_mean_another_request(self, store: Store) -> None:
        store.users.create(ADA, answer, key())
        store.now = START + KEPT_SECONDS
        assert store.users.create(BOB, answer, key(content=BOB)).status == 201
        assert store.users.create(BOB, answer, key(content=BOB)).headers["Idempotency-Replayed"] == "true"

    def test_past_its_day_a_repetition_meets_its_own_email(self, store: Store) -> None:
        store.users.create(ADA, answer, key())
        store.now = START + KEPT_SECONDS
        with pytest.raises(EmailInUse):
            store.users.create(ADA, answer, key())

    def test_a_record_expires_by_itself(self, store: Store) -> None:
        store.users.create(ADA, answer, key())
        records = [item for item in store.items(store.tables.keys) if item["key"].startswith("request#")]
        assert [(item["key"], item["expiresAt"]) for item in records] == [
            ("request#anonymous#k1", START + KEPT_SECONDS)
        ]


class TestGet:
    def test_it_is_the_user_as_it_was_written(self, store: Store) -> None:
        user = new(store)
        found = store.users.get(user["userId"])
        assert (found, found.version) == (user, 1)

    def test_an_unknown_id_is_no_user(self, store: Store) -> None:
        with pytest.raises(UserNotFound):
            store.users.get(NOBODY)

    @pytest.mark.parametrize("user_id", ["", "x", NOBODY.upper().replace("0", "A"), f"{{{NOBODY}}}", f"{NOBODY}\n"])
    def test_what_is_no_id_is_no_user_and_costs_no_call(self, store: Store, user_id: str) -> None:
        for action in (
            lambda: store.users.get(user_id),
            lambda: update(store, user_id, {"name": "x"}),
            lambda: update(store, user_id, {"email": "x@example.com"}),
            lambda: store.users.delete(user_id, FREE),
        ):
            with pytest.raises(UserNotFound):
                action()
        assert store.calls == []


class TestList:
    def all_pages(self, store: Store, limit: int) -> list[str]:
        found, after = [], None
        while True:
            users, after = store.users.list(limit, after)
            assert len(users) <= limit
            found += [user["userId"] for user in users]
            if after is None:
                return found
            assert after == users[-1]["userId"]

    def many(self, store: Store, number: int) -> set[str]:
        return {new(store, {"name": "x", "email": f"u{n}@example.com"})["userId"] for n in range(number)}

    def test_an_empty_table_is_one_empty_page(self, store: Store) -> None:
        assert store.users.list(10) == ([], None)

    def test_the_last_page_says_that_it_is_the_last(self, store: Store) -> None:
        self.many(store, 3)
        assert store.users.list(3)[1] is None
        assert store.users.list(4)[1] is None
        assert store.users.list(2)[1] is not None

    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
    def test_the_pages_together_have_every_user_once(self, store: Store, limit: int) -> None:
        ids = self.many(store, 7)
        found = self.all_pages(store, limit)
        assert len(found) == 7
        assert set(found) == ids

    def test_users_have_their_version(self, store: Store) -> None:
        user = new(store)
        update(store, user["userId"], {"name": "Ada L."})
        assert [found.version for found in store.users.list(5)[0]] == [2]

    def test_a_walk_goes_on_after_the_user_it_stopped_at_is_deleted(self, store: Store) -> None:
        ids = self.many(store, 6)
        first, after = store.users.list(3)
        assert after
        store.users.delete(after, FREE)
        rest, end = store.users.list(3, after)
        assert end is None
        assert {user["userId"] for user in first + rest} == ids

    def test_who_was_there_throughout_is_seen_once_while_others_come_and_go(self, store: Store) -> None:
        stay = self.many(store, 6)
        go = new(store, {"name": "x", "email": "go@example.com"})["userId"]
        seen, after = store.users.list(2)
        found = [user["userId"] for user in seen]
        store.users.delete(go, FREE)
        self_added = new(store, {"name": "x", "email": "come@example.com"})["userId"]
        while after:
            seen, after = store.users.list(2, after)
            found += [user["userId"] for user in seen]
        assert len(found) == len(set(found))
        assert stay <= set(found) <= stay | {go, self_added}

    def test_the_claims_are_not_users(self, store: Store) -> None:
        store.users.create(ADA, answer, key())
        assert len(store.users.list(10)[0]) == 1


class TestUpdate:
    def test_the_members_sent_change_and_the_rest_stays(self, store: Store) -> None:
        user = new(store)
        store.now += 1.5
        changed = update(store, user["userId"], {"name": "Ada L."})
        assert changed == {**user, "name": "Ada L.", "updatedAt": "2026-09-21T14:13:21.500Z"}
        assert changed.version == 2
        found = store.users.get(user["userId"])
        assert (found, found.version) == (changed, 2)

    def test_null_removes_age(self, store: Store) -> None:
        user = new(store)
        assert "age" not in update(store, user["userId"], {"age": None})
        assert "age" not in update(store, user["userId"], {"age": None})
        assert "age" not in store.users.get(user["userId"])

    def test_the_version_rises_by_one_with_every_write(self, store: Store) -> None:
        user_id = new(store)["userId"]
        changes: list[dict[str, Any]] = [
            {"name": "a"},
            {"name": "a"},
            {"email": "a@example.com"},
            {"email": "A@example.com"},
            {"age": None},
        ]
        versions = [update(store, user_id, change).version for change in changes]
        assert versions == [2, 3, 4, 5, 6]

    @pytest.mark.parametrize("members", [{"name": "x"}, {"email": "x@example.com"}, {"age": None}])
    def test_it_never_creates(self, store: Store, members: dict[str, Any]) -> None:
        with pytest.raises(UserNotFound):
            update(store, NOBODY, members)
        assert state(store) == ([], [])

    @pytest.mark.parametrize("members", [{"name": "x"}, {"email": "x@example.com"}])
    @pytest.mark.parametrize("match", [ANY, [1], []])
    def test_nobody_is_not_found_whatever_if_match_says(self, store: Store, members: Any, match: Any) -> None:
        with pytest.raises(UserNotFound):
            update(store, NOBODY, members, Precondition(match=match))


CHANGES = [
    pytest.param({"name": "New"}, id="name"),
    pytest.param({"email": "new@example.com"}, id="email"),
    pytest.param({"email": "ADA@example.com", "name": "New"}, id="same email"),
]


class TestPreconditions:
    @pytest.mark.parametrize("members", CHANGES)
    @pytest.mark.parametrize(
        "precondition",
        [
            Precondition(match=[2]),
            Precondition(match=ANY),
            Precondition(match=[1, 7, 2]),
            Precondition(none_match=[1]),
            Precondition(none_match=[]),
            Precondition(match=[2], none_match=[1, 3]),
        ],
    )
    def test_a_change_is_made_when_they_hold(self, store: Store, members: Any, precondition: Precondition) -> None:
        user_id = new(store)["userId"]
        update(store, user_id, {"name": "second"})
        assert update(store, user_id, members, precondition).version == 3

    @pytest.mark.parametrize("members", CHANGES)
    @pytest.mark.parametrize(
        "precondition",
        [
            Precondition(match=[1]),
            Precondition(match=[3]),
            Precondition(match=[]),
            Precondition(match=[1, 3]),
            Precondition(none_match=ANY),
            Precondition(none_match=[2]),
            Precondition(none_match=[1, 2]),
            Precondition(match=[2], none_match=[2]),
        ],
    )
    def test_a_change_is_refused_with_the_current_tag(self, store: Store, members: Any, precondition: Any) -> None:
        user_id = new(store)["userId"]
        update(store, user_id, {"name": "second"})
        before = state(store)
        with pytest.raises(PreconditionFailed) as caught:
            update(store, user_id, members, precondition)
        assert caught.value.headers == {"ETag": '"2"'}
        assert state(store) == before

    def test_a_delete_is_made_when_they_hold(self, store: Store) -> None:
        for precondition in (Precondition(match=[1]), Precondition(match=ANY), Precondition(none_match=[2])):
            store.users.delete(new(store)["userId"], precondition)
        assert state(store) == ([], [])

    @pytest.mark.parametrize(
        "precondition", [Precondition(match=[2]), Precondition(match=[]), Precondition(none_match=ANY)]
    )
    def test_a_delete_is_refused_with_the_current_tag(self, store: Store, precondition: Precondition) -> None:
        user_id = new(store)["userId"]
        before = state(store)
        with pytest.raises(PreconditionFailed) as caught:
            store.users.delete(user_id, precondition)
        assert caught.value.headers == {"ETag": '"1"'}
        assert state(store) == before

    @pytest.mark.parametrize("members", CHANGES)
    def test_if_match_is_judged_by_the_write_and_not_by_a_read(self, store: Store, members: Any) -> None:
        user_id = new(store)["userId"]
        operation = "UpdateItem" if members.get("email") != "new@example.com" else "TransactWriteItems"
        overtaker = self.overtaker(store, user_id)
        interfere(store, operation, overtaker)
        with pytest.raises(PreconditionFailed) as caught:
            update(store, user_id, members, Precondition(match=[1]))
        assert caught.value.headers == {"ETag": '"2"'}
        assert store.users.get(user_id)["name"] == "Overtaker"

    def test_a_delete_judges_if_match_in_the_write(self, store: Store) -> None:
        user_id = new(store)["userId"]
        interfere(store, "TransactWriteItems", self.overtaker(store, user_id))
        with pytest.raises(PreconditionFailed):
            store.users.delete(user_id, Precondition(match=[1]))
        assert store.users.get(user_id)["name"] == "Overtaker"

    def overtaker(self, store: Store, user_id: str, version: int = 2) -> Any:
        def overtake() -> None:
            item = {"userId": user_id, **ADA, "name": "Overtaker", "createdAt": "c", "updatedAt": "u"}
            store.put(store.tables.users, {**item, "version": version, "lastWrite": "overtaker"})

        return overtake


class TestReadOnlyMembers:
    @pytest.mark.parametrize("name", ["userId", "createdAt", "updatedAt"])
    @pytest.mark.parametrize("more", [{"name": "x"}, {"email": "x@example.com"}, {}])
    def test_they_may_be_sent_as_they_stand(self, store: Store, name: str, more: dict[str, Any]) -> None:
        user = new(store)
        assert update(store, user["userId"], {name: user[name], **more}).version == 2

    @pytest.mark.parametrize("name", ["userId", "createdAt", "updatedAt"])
    @pytest.mark.parametrize("more", [{"name": "x"}, {"email": "x@example.com"}, {"email": "ADA@example.com"}])
    def test_they_cannot_be_changed(self, store: Store, name: str, more: dict[str, Any]) -> None:
        user = new(store)
        before = state(store)
        with pytest.raises(InvalidUser) as caught:
            update(store, user["userId"], {name: "other", **more})
        assert [error["pointer"] for error in caught.value.errors] == [f"/{name}"]
        assert state(store) == before

    def test_a_precondition_that_fails_is_said_first(self, store: Store) -> None:
        user = new(store)
        with pytest.raises(PreconditionFailed):
            update(store, user["userId"], {"createdAt": "other", "name": "x"}, Precondition(match=[9]))


class TestChangeEmail:
    def test_the_claim_moves_with_the_user(self, store: Store) -> None:
        user = new(store)
        changed = update(store, user["userId"], {"email": "new@example.com", "age": None, "name": "A"})
        assert changed == {**{k: v for k, v in user.items() if k != "age"}, "email": "new@example.com", "name": "A"}
        assert store.users.get(user["userId"]) == changed
        assert store.claims() == {"new@example.com": user["userId"]}

    def test_the_address_given_up_is_free_at_once(self, store: Store) -> None:
        update(store, new(store)["userId"], {"email": "new@example.com"})
        new(store)
        assert set(store.claims()) == {"ada@example.com", "new@example.com"}

    def test_a_taken_address_is_refused_and_nothing_changes(self, store: Store) -> None:
        user = new(store)
        new(store, BOB)
        before = state(store)
        with pytest.raises(EmailInUse):
            update(store, user["userId"], {"email": "BOB@example.com", "name": "x"})
        assert state(store) == before

    def test_another_spelling_of_the_own_address_is_kept_as_sent(self, store: Store) -> None:
        user = new(store)
        assert update(store, user["userId"], {"email": "ADA@example.com"})["email"] == "ADA@example.com"
        assert store.claims() == {"ada@example.com": user["userId"]}

    @pytest.mark.parametrize("email", ["new@example.com", "ADA@example.com"])
    def test_a_user_that_changes_meanwhile_is_read_again(self, store: Store, email: str) -> None:
        user_id = new(store)["userId"]
        operation = "TransactWriteItems" if email.startswith("new") else "UpdateItem"
        interfere(store, operation, TestPreconditions().overtaker(store, user_id))
        changed = update(store, user_id, {"email": email})
        assert (changed["name"], changed["email"], changed.version) == ("Overtaker", email, 3)
        assert store.pauses == [0]

    @pytest.mark.parametrize("email", ["new@example.com", "ADA@example.com"])
    def test_a_user_that_goes_meanwhile_is_not_found(self, store: Store, email: str) -> None:
        user_id = new(store)["userId"]

        def gone() -> None:
            store.remove(store.tables.users, {"userId": user_id})
            store.remove(store.tables.keys, {"key": "email#ada@example.com"})

        interfere(store, "TransactWriteItems" if email.startswith("new") else "UpdateItem", gone)
        with pytest.raises(UserNotFound):
            update(store, user_id, {"email": email})
        assert state(store) == ([], [])

    @pytest.mark.parametrize("email", ["new@example.com", "ADA@example.com"])
    def test_it_gives_up_on_a_user_that_never_rests(self, store: Store, email: str) -> None:
        user_id = new(store)["userId"]
        version = iter(range(2, 100))

        def write() -> None:
            item = {"userId": user_id, **ADA, "createdAt": "c", "updatedAt": "u", "lastWrite": "other"}
            store.put(store.tables.users, {**item, "version": next(version)})

        interfere(store, "TransactWriteItems" if email.startswith("new") else "UpdateItem", write, times=99)
        with pytest.raises(ServiceUnavailable):
            update(store, user_id, {"email": email})
        assert store.pauses == list(range(TRIES))


class TestDelete:
    def test_the_user_and_its_claim_are_gone(self, store: Store) -> None:
        user = new(store)
        store.users.delete(user["userId"], FREE)
        assert state(store) == ([], [])
        with pytest.raises(UserNotFound):
            store.users.get(user["userId"])

    def test_the_email_is_free_at_once(self, store: Store) -> None:
        store.users.delete(new(store)["userId"], FREE)
        new(store)

    def test_who_is_gone_is_not_found(self, store: Store) -> None:
        user_id = new(store)["userId"]
        store.users.delete(user_id, FREE)
        with pytest.raises(UserNotFound):
            store.users.delete(user_id, FREE)

    def test_nobody_is_not_found_whatever_if_match_says(self, store: Store) -> None:
        with pytest.raises(UserNotFound):
            store.users.delete(NOBODY, Precondition(match=[1]))

    def test_a_user_that_changes_meanwhile_is_read_again(self, store: Store) -> None:
        user_id = new(store)["userId"]
        interfere(store, "TransactWriteItems", TestPreconditions().overtaker(store, user_id))
        store.users.delete(user_id, FREE)
        assert state(store) == ([], [])

    def test_a_user_that_goes_meanwhile_is_not_found(self, store: Store) -> None:
        user_id = new(store)["userId"]

        def gone() -> None:
            store.remove(store.tables.users, {"userId": user_id})
            store.remove(store.tables.keys, {"key": "email#ada@example.com"})

        interfere(store, "TransactWriteItems", gone)
        with pytest.raises(UserNotFound):
            store.users.delete(user_id, FREE)

    def test_it_gives_up_on_a_user_that_never_rests(self, store: Store) -> None:
        user_id = new(store)["userId"]
        version = iter(range(2, 100))

        def write() -> None:
            item = {"userId": user_id, **ADA, "createdAt": "c", "updatedAt": "u", "lastWrite": "other"}
            store.put(store.tables.users, {**item, "version": next(version)})

        interfere(store, "TransactWriteItems", write, times=99)
        with pytest.raises(ServiceUnavailable):
            store.users.delete(user_id, FREE)

    def test_a_claim_that_is_missing_does_not_stop_it(self, store: Store) -> None:
        user_id = new(store)["userId"]
        store.remove(store.tables.keys, {"key": "email#ada@example.com"})
        store.users.delete(user_id, FREE)
        assert state(store) == ([], [])


class TestDatabaseFailures:
    def actions(self, store: Store, user_id: str) -> dict[str, Any]:
        """One action for every operation of the database."""
        return {
            "TransactWriteItems": lambda: store.users.create(BOB, answer, key(content=BOB)),
            "GetItem": lambda: store.users.get(user_id),
            "Scan": lambda: store.users.list(5),
            "UpdateItem": lambda: update(store, user_id, {"name": "x"}),
        }

    @pytest.mark.parametrize("operation", ["TransactWriteItems", "GetItem", "Scan", "UpdateItem"])
    @pytest.mark.parametrize("error", [Throttled("ThrottlingException"), Unavailable("NoResponse", uncertain=True)])
    def test_what_lasts_is_unavailable(self, store: Store, operation: str, error: Exception) -> None:
        action = self.actions(store, new(store)["userId"])[operation]
        interfere(store, operation, failing(error), times=99)
        with pytest.raises(ServiceUnavailable) as caught:
            action()
        assert caught.value.__cause__ is error
        assert caught.value.headers == {"Retry-After": "1"}

    @pytest.mark.parametrize("operation", ["TransactWriteItems", "GetItem", "Scan", "UpdateItem"])
    def test_what_the_database_rejects_is_a_fault_of_ours(self, store: Store, operation: str) -> None:
        action = self.actions(store, new(store)["userId"])[operation]
        interfere(store, operation, failing(RequestRejected("ValidationException")))
        with pytest.raises(RequestRejected):
            action()

    def test_a_missing_table_is_a_fault_of_ours(self, store: Store) -> None:
        with pytest.raises(RequestRejected) as caught:
            store.call("GetItem", {"TableName": "Nowhere", "Key": {"userId": {"S": NOBODY}}})
        assert caught.value.code == "ResourceNotFoundException"

    @pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
    def test_what_was_only_in_the_way_is_tried_again_as_the_same_write(self, store: Store, code: str) -> None:
        interfere(store, "TransactWriteItems", failing(canceled("None", code)), times=2)
        new(store)
        tokens = [request["ClientRequestToken"] for _, request in store.calls]
        assert len(tokens) == 3
        assert len(set(tokens)) == 1
        assert store.pauses == [0, 1]

    def test_what_stays_in_the_way_is_unavailable(self, store: Store) -> None:
        interfere(store, "TransactWriteItems", failing(canceled("None", "TransactionConflict")), times=99)
        with pytest.raises(ServiceUnavailable):
            store.users.create(ADA, answer)
        assert store.pauses == list(range(TRIES))

    def test_another_request_with_the_key_that_stays_in_the_way_is_in_progress(self, store: Store) -> None:
        error = canceled("None", "None", "TransactionConflict")
        interfere(store, "TransactWriteItems", failing(error), times=99)
        with pytest.raises(RequestInProgress) as caught:
            store.users.create(ADA, answer, key())
        assert caught.value.headers == {"Retry-After": "1"}

    def test_a_cancellation_for_another_reason_is_a_fault_of_ours(self, store: Store) -> None:
        interfere(store, "TransactWriteItems", failing(canceled("None", "ValidationError")))
        with pytest.raises(TransactionCanceled):
            store.users.create(ADA, answer)

    def test_a_refusal_beside_a_conflict_is_not_believed(self, store: Store) -> None:
        error = canceled("TransactionConflict", "ConditionalCheckFailed")
        interfere(store, "TransactWriteItems", failing(error))
        new(store)
        assert len(store.items(store.tables.users)) == 1


class TestLostAnswers:
    """`uncertain` is the client's word that an earlier attempt of the call may have taken effect."""

    def lose(self, store: Store, then: Any = None) -> None:
        """The next UpdateItem takes effect, its answer is lost, `then` happens, and the client sends it again."""
        call = store.call

        def lossy(operation: str, request: dict[str, Any]) -> dict[str, Any]:
            if operation != "UpdateItem":
                return call(operation, request)
            store.call = call
            call(operation, request)
            if then:
                then()
            try:
                return call(operation, request)
            except ConditionalCheckFailed as error:
                error.uncertain = True
                raise

        store.call = lossy

    def test_an_update_is_answered_as_the_success_it_was(self, store: Store) -> None:
        user_id = new(store)["userId"]
        self.lose(store)
        changed = update(store, user_id, {"name": "New"}, Precondition(match=[1]))
        assert (changed["name"], changed.version) == ("New", 2)
        assert store.users.get(user_id).version == 2

    def test_an_update_without_if_match_is_made_once(self, store: Store) -> None:
        user_id = new(store)["userId"]
        self.lose(store)
        assert update(store, user_id, {"name": "New"}).version == 2
        assert store.users.get(user_id).version == 2

    def test_an_update_that_was_overtaken_is_not_said_to_have_failed(self, store: Store) -> None:
        user_id = new(store)["userId"]
        self.lose(store, then=TestPreconditions().overtaker(store, user_id, version=3))
        with pytest.raises(ServiceUnavailable):
            update(store, user_id, {"name": "New"}, Precondition(match=[1]))

    def test_an_update_whose_user_is_gone_is_not_said_to_have_failed(self, store: Store) -> None:
        user_id = new(store)["userId"]
        self.lose(store, then=lambda: store.remove(store.tables.users, {"userId": user_id}))
        with pytest.raises(ServiceUnavailable):
            update(store, user_id, {"name": "New"}, Precondition(match=[1]))

    @pytest.mark.parametrize("what", ["create", "email", "delete"])
    def test_a_transaction_sent_twice_is_made_once(self, store: Store, what: str) -> None:
        user_id = new(store, BOB)["userId"]
        call = store.call

        def twice(operation: str, request: dict[str, Any]) -> dict[str, Any]:
            if operation == "TransactWriteItems":
                call(operation, request)
            return call(operation, request)

        store.call = twice
        actions = {
            "create": lambda: store.users.create(ADA, answer),
            "email": lambda: update(store, user_id, {"email": "new@example.com"}),
            "delete": lambda: store.users.delete(user_id, FREE),
        }
        actions[what]()
        store.call = call
        users, claims = store.items(store.tables.users), store.claims()
        assert {user["email"]: user["userId"] for user in users} == claims
        assert len(users) == {"create": 2, "email": 1, "delete": 0}[what]


def test_every_failure_of_the_contract_is_an_answer() -> None:
    for error in (EmailInUse, IdempotencyKeyReused, PreconditionFailed, RequestInProgress, ServiceUnavailable):
        assert issubclass(error, AppError)
