"""The user pool, as Cognito answers."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from adapters.user_pool import UserPool

CHANGES = {
    "admin_delete_user": lambda pool: pool.delete("a"),
    "admin_disable_user": lambda pool: pool.disable("a"),
    "admin_enable_user": lambda pool: pool.enable("a"),
    "admin_user_global_sign_out": lambda pool: pool.sign_out("a"),
    "admin_add_user_to_group": lambda pool: pool.set_member("a", "admins", True),
    "admin_remove_user_from_group": lambda pool: pool.set_member("a", "admins", False),
    "admin_update_user_attributes": lambda pool: pool.set_email("a", "a@example.com"),
}


class Cognito:
    def __init__(self, code=""):
        self.code = code
        self.calls = []

    def __getattr__(self, name):
        def call(**request):
            self.calls.append((name, request))
            if self.code:
                raise ClientError({"Error": {"Code": self.code}}, name)

        return call


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_one_call_about_the_person(name):
    cognito = Cognito()
    CHANGES[name](UserPool(cognito, "pool"))
    [(called, request)] = cognito.calls
    assert (called, request["UserPoolId"], request["Username"]) == (name, "pool", "a")


@pytest.mark.parametrize("name", CHANGES)
def test_a_person_who_is_not_there_needs_nothing(name):
    CHANGES[name](UserPool(Cognito("UserNotFoundException"), "pool"))


@pytest.mark.parametrize("name", CHANGES)
def test_any_other_refusal_is_raised(name):
    with pytest.raises(ClientError):
        CHANGES[name](UserPool(Cognito("TooManyRequestsException"), "pool"))


def test_an_email_counts_as_verified():
    cognito = Cognito()
    assert UserPool(cognito, "pool").set_email("a", "a@example.com")
    [(_, request)] = cognito.calls
    assert {each["Name"]: each["Value"] for each in request["UserAttributes"]} == {
        "email": "a@example.com",
        "email_verified": "true",
    }


def test_an_email_of_another_person_is_told():
    assert not UserPool(Cognito("AliasExistsException"), "pool").set_email("a", "a@example.com")
