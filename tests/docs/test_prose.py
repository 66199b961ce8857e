"""The pages are in plain English; comments and messages are too."""

from __future__ import annotations

import pytest

from tests.docs.prose import LONGEST, PATTERNS, checked_files, faults, file_faults, words_to_avoid
from tests.docs.prose_texts import texts


@pytest.mark.parametrize("name", checked_files())
def test_a_file_is_in_plain_english(name):
    assert file_faults(name) == []


# One sentence that breaks each pattern, in the order of the table.
PLANTED = [
    "Of two users with one email, the first is copied.",
    "Under it stands why the request failed.",
    "The client is locked, so is the table.",
    "Of use is a second key, and of use is a third.",
    "So the users are copied.",
    "Not the gateway but the function decides.",
    "What it refuses costs no call.",
    "Figures come from a run; nobody types one.",
    "A key is no sign-in.",
    "Each client has a key of its own.",
    "It is about one's own user.",
    "The id is the server's to make.",
    "The reason stands in the log.",
    "Send the fields as they stand.",
    "How it runs is said by a comment.",
    "Two rows are generated, the others not.",
    "Often: look at the metrics.",
    "The list is reckoned with the time of a read.",
]


def test_each_pattern_has_a_planted_sentence():
    assert len(PLANTED) == len(PATTERNS)


@pytest.mark.parametrize(("sentence", "rule"), [*zip(PLANTED, [name for name, *_ in PATTERNS], strict=True)])
def test_a_planted_sentence_is_found(sentence, rule):
    assert any(f": {rule}: " in fault for fault in faults("planted.md", f"{sentence}\n"))


@pytest.mark.parametrize("word", [pattern.pattern for pattern, _ in words_to_avoid()])
def test_each_word_to_avoid_is_found(word):
    plain = word.removeprefix(r"(?<![\w-])").removesuffix(r"(?:e?s)?(?![\w-])").replace("\\", "")
    for text in [f"The text says {plain} here.\n", f"# The {plain} here\n", f"| the {plain} |\n"]:
        assert any(": word: " in fault for fault in faults("planted.md", text))


def test_no_word_that_is_written_is_also_avoided():
    patterns = [pattern for pattern, _ in words_to_avoid()]
    assert [write for _, write in words_to_avoid() if any(pattern.search(write) for pattern in patterns)] == []


def test_a_long_sentence_is_found():
    words = ["word"] * LONGEST
    assert faults("planted.md", f"{' '.join(words)}.\n") == []
    assert "long: 31 words" in faults("planted.md", f"{' '.join(words)} more.\n")[0]


@pytest.mark.parametrize(
    "heading",
    ["Run it.", "run it", "Back Up And Restore Your Tables", "A heading that goes on and on until it is far too long"],
)
def test_a_heading_out_of_style_is_found(heading):
    assert any("heading: " in fault for fault in faults("planted.md", f"## {heading}\n"))


@pytest.mark.parametrize(
    "text",
    [
        "Of course it works.\n",
        "What does it cost?\n",
        "# Back up and restore\n",
        "`a page key` and [a cursor](page-key.md) are code and a link.\n",
        "```\nSo this is code.\n```\n",
        "<!-- words:start -->\n| page key |\n<!-- words:end -->\n",
        "<!-- generated: peers -->\n| page key |\n<!-- end: peers -->\n",
        "It waits 1.5 s, e.g. for a lock. It then stops.\n",
    ],
)
def test_plain_text_code_and_generated_tables_pass(text):
    assert faults("planted.md", text) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("planted.py", "# the page key is read\n"),
        ("planted.py", '"""A module about one page key."""\n'),
        ("planted.py", 'raise ValueError(f"the page key {key} is not valid here")\n'),
        ("planted.py", "# a comment about the page\n# key that goes on\n"),
        ("planted.sh", "#!/bin/bash\n# reads the page key\n"),
        ("planted.sh", '#!/bin/bash\nfail "the page key is not valid"\n'),
        ("planted.yaml", "a: 1  # the page key\n"),
        ("planted.yaml", "detail: The page key is not valid.\n"),
        ("planted.yaml", "get:\n  - description: >\n      The page key is\n      not valid.\n"),
        ("planted.md", "A list item:\n\n- the page key\n"),
    ],
)
def test_comments_docstrings_and_messages_are_read(name, text):
    assert any("'page key'" in fault for fault in faults(name, text))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("planted.py", 'key = "page-key-secret"  # noqa: S105\nmember = {"page key": 1}\n'),
        ("planted.sh", "#!/bin/bash\necho page-key-secret\n"),
        ("planted.yaml", "page key: 1\ncode: invalid_page_key\n"),
    ],
)
def test_names_are_not_prose(name, text):
    assert faults(name, text) == []


def test_a_fault_names_its_line():
    assert faults("planted.md", "One.\n\nSo two\nlines.\n")[0].startswith("planted.md:3: so: ")
    assert [text.line for text in texts("planted.py", "\n\n# a comment here\n")] == [3]
