"""Letters: which event asks for which, and texts that no name can break."""

from __future__ import annotations

import pytest

from mail.letters import (
    CHANGED,
    DELETED,
    LINK_REQUESTED,
    LONGEST_NAME,
    RENEWAL,
    WEBHOOK_DISABLED,
    WEBHOOK_LETTERS,
    WELCOME,
    Letter,
    content,
    letters,
    mailbox,
)

ANN = {"name": "Ann", "email": "new@example.com"}
KINDS = (WELCOME, CHANGED, DELETED, RENEWAL)
LANGUAGES = ("en", "de")


def asked(type_, user=ANN, **detail):
    found = letters(type_, {"userId": "1", **detail}, lambda _: user, "")
    return [(letter.kind, letter.address) for letter in found]


def test_a_new_user_is_welcomed():
    assert asked("UserCreated") == [(WELCOME, "new@example.com")]


def test_another_link_goes_to_the_newest_email():
    assert asked(LINK_REQUESTED) == [(RENEWAL, "new@example.com")]
    assert asked(LINK_REQUESTED, user=None) == []
    assert letters(LINK_REQUESTED, {"userId": "1"}, lambda _: ANN, "")[0].verifies == "1"


def test_a_changed_email_is_told_to_the_old_and_to_the_new_address():
    told = asked("UserUpdated", previousEmail="old@example.com")
    assert told == [(CHANGED, "old@example.com"), (CHANGED, "new@example.com")]


def test_another_change_is_not_told():
    assert asked("UserUpdated") == []


def test_a_deleted_user_gets_one_last_letter():
    assert asked("UserDeleted", user=None, email="old@example.com") == [(DELETED, "old@example.com")]


def test_a_user_that_is_gone_is_not_welcomed():
    assert asked("UserCreated", user=None) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_has_texts_in_each_language(kind, language):
    made = content(Letter("", kind, "", "Ann"), language)
    assert made.subject
    assert "$" not in made.subject + made.text + made.html
    assert f'<html lang="{language}">' in made.html
    assert ("Ann" in made.text) == ("Ann" in made.html) == (kind != DELETED)


def test_a_name_that_is_html_stays_text():
    made = content(Letter("", WELCOME, "", "<img src=x onerror=alert(1)>&amp;"), "en")
    assert "<img" not in made.html
    assert "&lt;img src=x onerror=alert(1)&gt;&amp;amp;" in made.html


def test_a_name_that_looks_like_a_placeholder_stays_text():
    assert "$subject ${name}" in content(Letter("", WELCOME, "", "$subject ${name}"), "en").text
    assert "$subject ${name}" in content(Letter("", WELCOME, "", "$subject ${name}"), "en").html


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\u2028", "\x00"])
def test_a_name_adds_no_line_and_no_header(break_):
    plain = content(Letter("", WELCOME, "", "Ann Bcc: x@example.com"), "en")
    made = content(Letter("", WELCOME, "", f"Ann{break_}Bcc: x@example.com"), "en")
    assert made.subject == plain.subject
    assert len(made.text.splitlines()) == len(plain.text.splitlines())


def test_a_name_from_right_to_left_is_isolated():
    name = "\u05d0" * 100
    made = content(Letter("", WELCOME, "", name), "en")
    assert f"\u2068{name}\u2069" in made.text
    assert f"<bdi>{name}</bdi>" in made.html


def test_a_name_does_not_end_its_isolate():
    made = content(Letter("", WELCOME, "", "Ann\u2069\u202e"), "en")
    assert made.text.count("\u2069") == 1
    assert "\u202e" not in made.text


def test_a_long_name_is_cut_off():
    assert f"\u2068{'a' * (LONGEST_NAME - 1)}…\u2069" in content(Letter("", WELCOME, "", "a" * 5000), "en").text


def test_a_letter_without_a_name_greets_nobody():
    assert content(Letter("", CHANGED, "", ""), "en").text.startswith("Hello,")


@pytest.mark.parametrize(
    ("address", "sent_to"),
    [
        ("ann@example.com", "ann@example.com"),
        ("Ann@B\u00fccher.example", "Ann@xn--bcher-kva.example"),
        ('"a b, c@d"@example.com', '"a b, c@d"@example.com'),
        ("\u00e4nn@example.com", None),
        ("ann\r\nBcc: x@example.com", None),
        ("nobody", None),
    ],
)
def test_an_address_has_the_form_that_ses_takes(address, sent_to):
    assert mailbox(address) == sent_to


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_is_in_both_texts(language):
    made = content(Letter("", WELCOME, "", "Ann", "1"), language, "https://x.example/1?a=1&b=2")
    assert "https://x.example/1?a=1&b=2" in made.text
    assert '<a href="https://x.example/1?a=1&amp;b=2" target="_blank"' in made.html


def test_only_letters_to_the_newest_email_let_a_user_verify_it():
    detail = {"userId": "1", "previousEmail": "old@example.com"}
    found = {letter.purpose: letter.verifies for letter in letters("UserUpdated", detail, lambda _: ANN, "")}
    assert found == {"changed_from": "", "changed_to": "1"}
    assert letters("UserCreated", {"userId": "1"}, lambda _: ANN, "")[0].verifies == "1"
    assert letters("UserDeleted", {"email": "a@example.com"}, lambda _: None, "")[0].verifies == ""


def notice(operators="operators@example.com", reason="failing", host="hooks.example.com"):
    detail = {"webhookId": "w-1", "host": host, "reason": reason}
    return letters(WEBHOOK_DISABLED, detail, lambda _: None, operators)


@pytest.mark.parametrize("reason", WEBHOOK_LETTERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_operators_learn_which_webhook_was_disabled(language, reason):
    [letter] = notice(reason=reason)
    made = content(letter, language)
    assert (letter.address, letter.verifies) == ("operators@example.com", "")
    for text in (made.text, made.html):
        assert "PATCH /webhooks/w-1" in text
        assert "hooks.example.com" in text
    assert "$" not in made.subject + made.text + made.html
    assert ("410" in made.text) == (reason == "gone")


def test_without_an_address_of_operators_nobody_is_told():
    assert notice(operators="") == []


def test_what_a_webhook_says_is_text():
    made = content(notice(host="<b>x</b>\r\n\r\nBcc: $name")[0], "en")
    assert "<b>" not in made.html
    assert "&lt;b&gt;x&lt;/b&gt;" in made.html
    assert "Bcc: $name" in made.text
    assert len(made.text.splitlines()) == len(content(notice()[0], "en").text.splitlines())
