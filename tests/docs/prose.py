"""The rules of plain English, and where a text breaks them.

python -m tests.docs.prose [FILE ...]     prints what is found; all checked files unless some are named
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache

from tests.docs.pages import ROOT, project_files
from tests.docs.prose_texts import Text, texts

TABLE = "### Words"
LONGEST = 30  # words of a sentence
HEADING = 12  # words of a heading
CHECKED = re.compile(
    r"^(?:(?:src|cli|local|tools|operate)/.*\.(?:py|sh)|[\w-]+\.(?:md|sh)|(?:docs|cli)/.*\.(?:md|py)|(?:openapi|template)\.yaml)$"
)

# What a reader stumbles over: a name for the rule, its pattern, what to write instead. `^` is the start of a sentence.
PATTERNS = [
    ("inversion", r"^(?:Of|Nor|Neither)\b(?! course)", "put the subject first"),
    ("inversion", r"^(?:Under|Beside|Behind|On|In|At|Above) [^,.]{2,40} (?:stands?|lies?|comes?|goes)\b", "subject"),
    ("inversion", r", (?:so|nor|neither) (?:is|are|does|do|has|have|can|will) ", "put the subject first"),
    ("inversion", r"\bof use is\b", "write 'X is useful'"),
    ("so", r"^So\b", "join it to the sentence before, or write 'Therefore'"),
    ("not-but", r"^Not\b.*\bbut\b", "say what is true"),
    ("no subject", r"^(?:What|Who|Whoever|Whatever|Which)\b.*[^?]$", "name the subject: 'A rejected request ...'"),
    ("nobody", r"\b(?:nobody|no one|none) \w+s (?:one|it|them|that)\b", "say who does it, or 'never ...'"),
    ("is no", r"\b(?:is|are) no (?:number|text|UUID|sign-in|JSON|HTTP|bill|region|secret)s?\b", "write 'is not a ...'"),
    ("of its own", r"\bof (?:its|their|your|our|my|one's|ones) own\b", "write 'its own X'"),
    ("of its own", r"\b(?:one's|ones) own\b", "write 'your own X'"),
    ("of its own", r"\b(?:yours|ours|theirs|the server's) to \w+", "say who does what"),
    ("stands", r"\b(?:stands?|stood|lies?) (?:in|on|at|beside|behind|here|there|under|above|where|for)\b", "'is in'"),
    ("stands", r"\bas (?:it|they) stands?\b", "write 'unchanged'"),
    ("is said by", r"\b(?:is|are) (?:said|told) (?:by|of|apart)\b", "write 'X says ...', 'X distinguishes ...'"),
    ("no verb", r"[;,] (?:and )?(?:the )?others?(?: do| are)? not\b", "write the verb"),
    ("no verb", r"^(?:Once in a while|Often|Locally|Elsewhere|Hence|Given|Assumed|Held|Tried)\b[^,]{0,20}:", "verb"),
    ("archaic", r"\b(?:whereupon|thereof|therein|thereby|reckon(?:s|ed)?|whence|save for)\b", "use the everyday word"),
]
RULES = [(name, re.compile(pattern, re.IGNORECASE), advice) for name, pattern, advice in PATTERNS]


@cache
def words_to_avoid() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The table in CONTRIBUTING.md: each word that is not written, and the one that is."""
    section = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split(f"\n{TABLE}\n", 1)[1].split("\n#", 1)[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("|")]
    return tuple(
        (re.compile(rf"(?<![\w-]){re.escape(word)}(?:e?s)?(?![\w-])", re.IGNORECASE), write)
        for write, avoid, *_ in rows[2:]
        for word in re.findall(r'"([^"]+)"', avoid)
    )


def findings(text: Text) -> Iterator[str]:
    """What breaks a rule in one heading, table cell or sentence."""
    if text.kind == "heading":
        yield from heading_findings(text.words)
    if text.kind == "sentence" and (length := len(text.words.split())) > LONGEST:
        yield f"long: {length} words"
    for pattern, write in words_to_avoid():
        if found := pattern.search(text.words):
            yield f"word: {found[0]!r}; write {write}"
    for name, pattern, advice in RULES:
        if (text.kind == "sentence" or pattern.pattern[0] != "^") and pattern.search(text.words):
            yield f"{name}: {advice}"


def heading_findings(heading: str) -> Iterator[str]:
    """A heading is short, in sentence case, and has no full stop."""
    words = heading.split()
    if len(words) > HEADING:
        yield f"heading: {len(words)} words"
    if heading.endswith((".", ":", ";")):
        yield "heading: ends in punctuation"
    if heading[:1].islower():
        yield "heading: starts with a small letter"
    long = [word for word in words if len(word) > 3 and word.isalpha()]
    if len(long) > 2 and all(word[0].isupper() for word in long):
        yield "heading: capitals; only the first word has one"


def faults(name: str, text: str) -> list[str]:
    """What is found in one file, each with its line."""
    found = ((part, finding) for part in texts(name, text) for finding in findings(part))
    return [f"{name}:{part.line}: {finding} | {part.words[:90]}" for part, finding in found]


def checked_files() -> list[str]:
    """The files that people read and these rules are for."""
    return [name for name in project_files() if CHECKED.match(name)]


def file_faults(name: str) -> list[str]:
    return faults(name, (ROOT / name).read_text(encoding="utf-8"))


def main(arguments: list[str]) -> int:
    """Print what is found; the exit status."""
    found = [fault for name in arguments or checked_files() for fault in file_faults(name)]
    print("\n".join(found))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
