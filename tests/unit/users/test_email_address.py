"""The rules of email addresses, one by one and beside email-validator."""

from __future__ import annotations

import random
import unicodedata
from collections import Counter
from collections.abc import Iterable

import email_validator
import idna as idna_package
import pytest

from tests.proofs.figures import figures
from tests.support.characters import VARIED
from users import idna
from users.email_address import ascii_domain, canonical, check, lowered

L63 = "a" * 63

GOOD = [
    "a@b.co",
    "user@example.com",
    "first.last+tag@sub.example.com",
    "!#$%&'*+-/=?^_`{|}~@example.com",
    "1@1.com",
    "a@163.com",
    "a@x.museum",
    f"{'a' * 64}@example.com",
    f"a@{L63}.co",
    f"a@{L63}.{L63}.{L63}.{'a' * 60}",  # 254 characters
    "user@münchen.de",
    "user@xn--mnchen-3ya.de",
    "user@例え.jp",
    "user@faß.de",
    "user@שלום.com",
    "user@a--b.com",
]
BAD = [
    "",
    "@",
    "plain",
    "a@",
    "@b.co",
    "a@b",
    "a@localhost",
    "a b@x.co",
    "a@x .co",
    ".a@x.co",
    "a.@x.co",
    "a..b@x.co",
    "a@x..co",
    "a@.x.co",
    "a@x.co.",
    "a@-x.co",
    "a@x-.co",
    f"a@{L63}a.co",
    f"{'a' * 65}@example.com",
    f"a@{L63}.{L63}.{L63}.{'a' * 61}",  # 255 characters
    "a@x.co\n",
    "\na@x.co",
    "a@x.co,b@y.z",
    "a@x.co;b@y.z",
    "a@b@x.co",
    '"a b"@x.co',
    "a(comment)@x.co",
    "a@[127.0.0.1]",
    "a@127.0.0.1",
    "a@1.2",
    "a@x.c1",
    "é@x.co",
    "a@ex_ample.com",
    "a@xn--a.com",
    "a@xn--.com",
    "a@xn--zz--.com",
    "a@ab--cd.com",
    "a@ｆｕｌｌ.com",
    "a@x\u200dy.com",
    "a@☃.com",
    "a@\u0301a.com",
    "a@اa.com",
    "a@1.שלום",
    "a@x\ud800.com",
    "a@x\x00.com",
]
SAME = [
    ("User@X.CO", "user@x.co"),
    ("user@münchen.de", "user@xn--mnchen-3ya.de"),
    ("user@MÜNCHEN.de", "user@münchen.de"),
    ("user@e\u0301t.fr", "user@ét.fr"),
    ("user@straße.de", "user@xn--strae-oqa.de"),
    ("user@FAẞ.de", "user@faß.de"),
    ("user@ΕΛΛΆΣ.gr", "user@ελλάσ.gr"),
    ("user@ꭰꭱ.com", "user@ᎠᎡ.com"),
]
DIFFERENT = [
    ("a+tag@x.co", "a@x.co"),
    ("a.b@x.co", "ab@x.co"),
    ("a@раураl.com", "a@paypal.com"),
    ("a@x.co", "a@x.com"),
    # two domains with two owners (IDNA 2008, not transitional)
    ("user@straße.de", "user@strasse.de"),
    ("user@faß.de", "user@fass.de"),
    ("user@ελλάς.gr", "user@ελλάσ.gr"),
    ("user@xn--fa-hia.de", "user@fass.de"),
    ("user@FASS.de", "user@FAẞ.de"),
]


@pytest.mark.parametrize("address", GOOD)
def test_a_dot_atom_at_a_public_domain_is_an_address(address):
    assert check(address) is None


@pytest.mark.parametrize("address", BAD)
def test_anything_else_is_not(address):
    code, message = check(lowered(address))
    assert code == "invalid_email"
    assert message.startswith("must ")


@pytest.mark.parametrize("value", [None, 1, True, ["a@x.co"], {}])
def test_what_is_no_string_is_no_address(value):
    assert lowered(value) is value
    assert check(value) == ("invalid_type", "must be a string.")


def test_the_reason_says_which_part_is_wrong():
    assert "local part" in check("a..b@x.co")[1]
    assert "before the @" in check("a" * 65 + "@x.co")[1]
    assert "public domain" in check("a@b")[1]
    for domain in ("ab--cd.com", "xn--a.com", "a\u200bb.com"):
        assert "IDNA 2008" in check(f"a@{domain}")[1]
    assert "254" in check(f"a@{L63}.{L63}.{L63}.{'a' * 61}")[1]


def test_only_the_domain_is_lowered():
    assert lowered("First.Last@Example.COM") == "First.Last@example.com"


@pytest.mark.parametrize(("one", "other"), SAME)
def test_addresses_that_are_one_have_one_canonical_form(one, other):
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_addresses_that_differ_stay_apart(one, other):
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("ΕΛΛΆΣ.gr", "ελλάσ.gr"),
        ("ΣΑΣ", "σασ"),
        ("ελλάς.gr", "ελλάς.gr"),
        ("FAẞ.DE", "faß.de"),
        ("MÜNCHEN.de", "münchen.de"),
        ("ᎠᎡ.com", "ᎠᎡ.com"),
        ("e\u0301T.fr", "e\u0301t.fr"),
        ("İ.com", "i\u0307.com"),
    ],
)
def test_a_domain_is_lowered_letter_by_letter(sent, kept):
    assert lowered(f"A@{sent}") == f"A@{kept}"
    assert lowered(f"A@{kept}") == f"A@{kept}"


def test_what_is_no_address_is_compared_as_it_stands():
    assert canonical("Plain") == "@plain"
    assert canonical("a@\u0301x.de") != canonical("a@\u0301y.de")


def test_the_canonical_form_is_ascii_with_a_labels():
    assert canonical("Max@MÜNCHEN.de") == "max@xn--mnchen-3ya.de"


# -- beside email-validator ---------------------------------------------------------------------------------------

LOCAL = "abcXYZ019!#$%&'*+-/=?^_`{|}~."
ODD = ' "(),:;<>@[\\]\n\t\x00é'
WORDS = """
münchen straße 例え пример ελλάς παράδειγμα भारत 한국 xn--mnchen-3ya xn--strae-oqa أهلا שלום l·l ｆｕｌｌ İ MÜNCHEN
xn--a xn-- xn--zz-- ab--cd faß tést e\u0301a \u0301a ١٢ 1אב אב1 カ・ナ א״ב ͼ ӏ 😀 ☃ ß ſ ﬁ ⅷ 漢字 aא xn--fa-hia xn--9ca
a\u200db क्\u200dष a\u00adb example x co COM a1 1a 163 b-c localhost A
"""
LABELS = WORDS.split()


def _label(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.6:
        return chance.choice(LABELS)
    if kind < 0.8:
        return "".join(chance.choice("abz09-") for _ in range(chance.choice([1, 3, 62, 63, 64])))
    if kind < 0.9:
        return "".join(chr(chance.randrange(0x80, 0x3000)) for _ in range(chance.choice([1, 2, 3])))
    return chance.choice(["com", "de", "jp"])


def _address(chance: random.Random) -> str:
    odd = ODD if chance.random() < 0.1 else ""
    length = chance.choice([1, 3, 5, 10, 20, 62, 63, 64, 65])
    local = "".join(chance.choice(LOCAL + odd) for _ in range(length)) if chance.random() < 0.5 else "user"
    domain = ".".join(_label(chance) for _ in range(chance.choice([1, 2, 2, 2, 3, 5])))
    return f"{local}@{domain}{chance.choice(['.', '-', chr(10), '..a']) if chance.random() < 0.05 else ''}"


def _oracle(address: str) -> str | None:
    """The domain in A-labels as email-validator has it, or None where it refuses the address."""
    try:
        found = email_validator.validate_email(
            address, check_deliverability=False, allow_smtputf8=False, strict=True, test_environment=True
        )
    except email_validator.EmailNotValidError:
        return None
    return found.ascii_domain.lower()


def _is_mapped(address: str) -> bool:
    """Whether the domain has characters that email-validator maps to others or drops (UTS 46), where we refuse them."""
    domain = address.rpartition("@")[2].lower()
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", domain).casefold())
    ignored = set(domain) & set(
        "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u180b\u180c\u180d\u180f\u200b\u2060\u2064\ufeff"
    ) or any(0xFE00 <= ord(character) <= 0xFE0F for character in domain)
    return plain != unicodedata.normalize("NFC", domain) or bool(ignored)


def _compare(seed: int, number: int) -> Counter[str]:
    """How often both agree, and how often they differ for the one reason there is; anything else fails."""
    chance = random.Random(seed)
    seen: Counter[str] = Counter()
    for _ in range(number):
        address = _address(chance)
        ours = lowered(address)
        accepted, domain = check(ours) is None, _oracle(address)
        if domain is not None and not accepted:
            assert _is_mapped(address), f"only we refuse {address!a}"
            seen["mapped"] += 1
            continue
        assert accepted == (domain is not None), f"only we accept {address!a}"
        if accepted:
            assert ascii_domain(str(ours).rpartition("@")[2]) == domain, ascii(address)
        seen["accepted" if accepted else "refused"] += 1
    return seen


# -- labels beside the idna package -------------------------------------------------------------------------------

JOINERS = "\u200c\u200d"


def _a_label(label: str) -> str | None:
    """The label in ASCII as the idna package has it, without any mapping but NFC."""
    try:
        return idna_package.encode(unicodedata.normalize("NFC", label), strict=True).decode()
    except (idna_package.IDNAError, UnicodeError):
        return None


def _differ(labels: Iterable[str]) -> set[str]:
    """Labels of characters that the interpreter's tables have, on which we and the idna package differ."""
    known = [label for label in labels if all(unicodedata.category(it) not in ("Cn", "Cs") for it in label)]
    plain = [label for label in known if not unicodedata.normalize("NFC", label).isascii()]
    figures("labels compared with idna", len(plain))
    return {label for label in plain if idna.a_labels(label) != _a_label(label)}


def _differing_characters(codes: Iterable[int], around: str) -> set[str]:
    return _differ(around.format(chr(code)) for code in codes if chr(code) not in JOINERS)


@pytest.mark.parametrize("around", ["{}", "a{}"])
def test_of_varied_characters_we_differ_from_idna_in_joiners_only(around):
    assert _differing_characters(VARIED, around) == set()


@pytest.mark.parametrize(
    "around",
    [
        *(pytest.param(text, marks=pytest.mark.slow) for text in ("{}", "a{}")),
        *(pytest.param(text, marks=pytest.mark.deep) for text in ("{}a", "א{}", "क\u094d{}")),
    ],
)
def test_of_all_characters_we_differ_from_idna_in_joiners_only(around):
    assert _differing_characters(range(0x80, 0x110000), around) == set()


@pytest.mark.parametrize("label", ["क\u094d\u200dष", "क\u094d\u200cष", "نامه\u200cای", "a\u200db", "\u200d"])
def test_a_joiner_is_refused_also_where_its_rule_would_have_it(label):
    """RFC 5892 A.1 and A.2 allow the first three: two addresses that look alike would be two."""
    assert idna.a_labels(label) is None
    assert ascii_domain(f"{label}.com") is None


@pytest.mark.parametrize(
    ("label", "good"),
    [
        ("a--b", True),
        ("a-b--c", True),
        ("ab--c", False),
        ("ab---c", False),
        ("xn--mnchen-3ya", True),
        ("xn--abc", False),
        ("ü--b", True),
        ("üb--c", False),
        ("ü-", False),
        ("-ü", False),
    ],
)
def test_two_hyphens_are_reserved_in_the_third_and_fourth_place(label, good):
    """RFC 5890, 2.3.1, and RFC 5891, 4.2.3.1: only an A-label has them there."""
    assert (check(f"a@{label}.com") is None) == good
    assert (_a_label(label) is not None) == good


# email-validator refuses domains reserved for private use and examples; a users API is tried out with those.
@pytest.fixture(autouse=True)
def _no_reserved_names(monkeypatch):
    monkeypatch.setattr(email_validator, "SPECIAL_USE_DOMAIN_NAMES", [])


def test_we_agree_with_email_validator():
    seen = _compare(seed=20261122, number=8000)
    assert seen["accepted"] > 1000
    assert seen["refused"] > 1000
    figures("addresses compared with email-validator", sum(seen.values()), unexplained=0)


@pytest.mark.deep
def test_we_agree_with_email_validator_at_length():
    seen = _compare(seed=1, number=100_000)
    figures("addresses compared with email-validator", sum(seen.values()), unexplained=0)
