"""What a search must find and in which order, by another way than the index: all users are looked at one by one.

It follows docs/how-to/search.md. It knows scripts by the names of characters, where the index has tables of ranges.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

User = Mapping[str, Any]
STROKES = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
DENSE = ("CJK UNIFIED", "HIRAGANA LETTER", "KATAKANA LETTER", "HANGUL SYLLABLE", "IDEOGRAPHIC ITERATION")


def plain(text: str) -> str:
    """A text without case, width and needless marks."""
    for _ in range(4):
        text = unicodedata.normalize("NFKD", text).casefold()
        text = "".join(STROKES.get(it, it) for it in text)
        text = unicodedata.normalize("NFKC", "".join(kept(text)))
    return text


def kept(text: str) -> Iterable[str]:
    letter = ""
    for it in text:
        name = unicodedata.name(it, "")
        if not unicodedata.combining(it) and not name.startswith("VARIATION SELECTOR"):
            letter = it if unicodedata.category(it)[0] != "M" else letter
            if unicodedata.category(it) != "Cf" and name != "ARABIC TATWEEL":
                yield it
        elif needed(letter, name):
            yield it


def needed(letter: str, mark: str) -> bool:
    if re.match("(HEBREW|ARABIC|VARIATION SELECTOR) ?", mark):
        return False
    if not mark.startswith("COMBINING") or mark.startswith("COMBINING KATAKANA"):
        return True
    if unicodedata.name(letter, "").startswith("CYRILLIC"):
        stress = mark in ("COMBINING ACUTE ACCENT", "COMBINING GRAVE ACCENT")
        return not stress and (letter, mark) != ("е", "COMBINING DIAERESIS")
    return False


def is_dense(character: str) -> bool:
    return unicodedata.name(character[0], "").startswith(DENSE)


def words(text: str, stored: bool = True) -> list[str]:
    """The words of a text; with `stored`, the last character of a dense run too."""
    folded = re.sub("['\u2019\u02bc]", "", plain(text))
    found: list[str] = []
    for run in re.findall(r"[^\W_]+", joined_marks(folded)):
        for is_pairs, part in parts(back(run)):
            if not is_pairs:
                found.append("".join(part)[:64])
                continue
            found += ["".join(part[at : at + 2]) for at in range(len(part) - 1)]
            if stored or len(part) == 1:
                found.append(part[-1])
    return found


MARKS: dict[str, str] = {}


def joined_marks(text: str) -> str:
    """The text with marks written as letters, so that a pattern of letters takes them: \\w leaves some out."""
    made = ""
    for it in text:
        left_out = unicodedata.category(it)[0] in "MN" and not re.match(r"[^\W_]", it)
        made += MARKS.setdefault(it, chr(0x25000 + len(MARKS))) if left_out else it
    return made


def back(run: str) -> list[str]:
    """The characters of a run, each with its marks."""
    marks = {sign: mark for mark, sign in MARKS.items()}
    characters: list[str] = []
    for it in run:
        mark = marks.get(it, it)
        if unicodedata.category(mark)[0] == "M" and characters:
            characters[-1] += mark
        else:
            characters.append(mark)
    return characters


def parts(run: list[str]) -> list[tuple[bool, list[str]]]:
    made: list[tuple[bool, list[str]]] = []
    for it in run:
        if made and made[-1][0] == is_dense(it):
            made[-1][1].append(it)
        else:
            made.append((is_dense(it), [it]))
    return made


def name_words(user: User) -> list[str]:
    return list(dict.fromkeys(words(user["name"])))[:40]


def email_words(user: User) -> list[str]:
    local, _, domain = user["email"].rpartition("@")
    rest = [it for it in dict.fromkeys(words(local)) if it not in name_words(user)]
    return [*rest[:7], plain(domain)[:64]]


def fits(user: User, query: Mapping[str, Any]) -> bool:
    """Whether a user is found."""
    return (
        ("q" not in query or found_by_words(user, query["q"]))
        and query.get("domain", domain(user)) == domain(user)
        and query.get("createdAfter", "") < user["createdAt"] < query.get("createdBefore", "~")
        and query.get("updatedAfter", "") < user["updatedAt"]
        and ("minAge" not in query or user.get("age", -1) >= query["minAge"])
        and ("maxAge" not in query or user.get("age", 999) <= query["maxAge"])
    )


def domain(user: User) -> str:
    """The domain in A-labels, by the older standard that Python has; the domains here have the same in both."""
    return str(user["email"]).rpartition("@")[2].encode("idna").decode()


def found_by_words(user: User, q: str) -> bool:
    known = name_words(user) + email_words(user)
    for term in re.split(r"[\s@]+", q):
        wanted = words(term, stored=False)
        by_words = all(any(it.startswith(word) for it in known) for word in wanted)
        by_domain = len(wanted) > 1 and len(wanted[0]) > 1 and email_words(user)[-1].startswith(plain(term)[:64])
        if wanted and not by_words and not by_domain:
            return False
    return True


def longest(q: str) -> str:
    """The word of a query by which its matches are ranked."""
    choice: list[str] = []
    for term in re.split(r"[\s@]+", q):
        wanted = words(term, stored=False)
        choice += wanted[:1] if len(wanted) > 1 and len(wanted[0]) > 1 else wanted
    best = ""
    for word in choice:
        if len(word) > max(1, len(best)):
            best = word
    return best


def in_order(users: Iterable[User], query: Mapping[str, Any]) -> list[str]:
    """The ids of the users that are found, in their order."""
    found = [user for user in users if fits(user, query)]
    sort = query.get("sort") or ("" if "q" in query else "createdAt")
    if not sort:
        return [user["userId"] for user in sorted(found, key=lambda user: rank(user, longest(query["q"])))]
    field = sort.lstrip("-")
    made = sorted(found, key=lambda user: (plain(user[field]) if field == "name" else user[field], user["userId"]))
    return [user["userId"] for user in (reversed(made) if sort[0] == "-" else made)]


def rank(user: User, word: str) -> tuple[Any, ...]:
    """Whole words first, words of the name first; then the word, the name and the id."""
    best = min(
        (2 * (it != word) + in_email, it)
        for in_email, those in enumerate((name_words(user), email_words(user)))
        for it in those
        if it.startswith(word)
    )
    return *best, plain(user["name"]), user["userId"]
