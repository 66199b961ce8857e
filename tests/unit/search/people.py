"""Names, emails and queries at random, in several scripts, for the tests of the search."""

from __future__ import annotations

import random
from typing import Any

FIRST = (
    *("Maria", "Mark", "MARTHA", "Mar", "José", "Jose", "Zoë", "Łukasz", "Søren", "Jean-Luc", "O’Neil", "Ｗｉｄｅ"),
    *("Анна", "Ёлка", "Йосип", "Γιώργος", "Ελένη", "שָׁלוֹם", "שלום", "مُحَمَّد", "محمد", "राम", "रमा", "กิตติ", "สมชาย"),
    *(
        "李小龙",
        "李",
        "王小明",
        "山田",
        "がく",
        "カク",
        "김민준",
        "김민",
        "İpek",
        "ırmak",
        "ﬁona",
        "Straße",
        "Æsa",
        "x",
    ),
)
LAST = (
    "Schmidt",
    "Schmid",
    "O'Brien",
    "van der Berg",
    "Ng",
    "龙",
    "太郎",
    "Петров",
    "Παπαδόπουλος",
    "12",
    "Martin",
    "",
)
LOCALS = ("maria.schmidt", "mark", "m.martin", "jose+tag", "info", "anna_petrov", "x", "mar42", "schmid-ng")
DOMAINS = ("example.com", "example.org", "mail.example.com", "gmx.de", "müller.de", "b-b.co", "例え.jp")
QUERIES = (
    *("ma", "mar", "mark", "maria", "MARÍA", "schm", "schmidt", "example", "example.com", "gmx.de", "mail.ex", "mull"),
    *("jose", "zoe", "lukasz", "soren", "jean", "jean-luc", "luc", "oneil", "o'brien", "wide", "анн", "елка", "йо"),
    *("γιωργος", "ελ", "שלום", "محمد", "राम", "กิต", "小龙", "李小", "王小明", "山田", "がく", "김민", "민준", "ipek"),
    *("irmak", "fiona", "strasse", "aesa", "maria schmidt", "mar m", "m mar", "van berg", "maria@ex", "anna petrov"),
    *(
        "zz",
        "12",
        "martin example.org",
        "太郎",
        "例え",
        "b-b.co",
        "de be",
        "info mark",
        "ng",
        "ex mar sch",
        "mark schm",
    ),
)


def name(random: random.Random) -> str:
    """A name that the rules of users take."""
    return f"{random.choice(FIRST)} {random.choice(LAST)}".strip()


def email(random: random.Random, number: int) -> str:
    """An email that nobody else has."""
    return f"{random.choice(LOCALS)}.{number}@{random.choice(DOMAINS)}"


def query(random: random.Random, times: list[str]) -> dict[str, Any]:
    """A query with some of the parameters."""
    made: dict[str, Any] = {}
    if random.random() < 0.7:
        made["q"] = random.choice(QUERIES)
    if random.random() < 0.5 or not made:
        made["sort"] = random.choice(("createdAt", "-createdAt", "name", "-name"))
    if random.random() < 0.2:
        made["domain"] = random.choice(("example.com", "gmx.de", "xn--mller-kva.de"))
    if random.random() < 0.2:
        made["minAge"] = random.randint(1, 60)
    if random.random() < 0.2:
        made["maxAge"] = random.randint(61, 150)
    for parameter in ("createdAfter", "updatedAfter"):
        if random.random() < 0.15:
            made[parameter] = random.choice(times)
    return made
