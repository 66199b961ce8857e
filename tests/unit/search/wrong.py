"""Wrong versions of the search, each with one fault, and the tests that must catch it."""

from __future__ import annotations

from tests.proofs.seeded import Edit

INDEX, FINDER, QUERY = "search/index.py", "search/finder.py", "search/query.py"
WALK, WORDS, FOLDING, ENTRIES = "search/walk.py", "search/words.py", "search/folding.py", "search/entries.py"
OF_INDEX, OF_PAGES, OF_WORDS, OF_CRASHES = "test_index.py", "test_pages.py", "test_words.py", "test_crashes.py"

# By what is wrong: the fault, and the file of the tests that catch it.
WRONG: dict[str, tuple[Edit, str]] = {
    "the revision is not compared": (
        Edit(INDEX, '.require("revision", "=", revision)', '.require("revision", ">", 0)'),
        OF_INDEX,
    ),
    "a user that the index never had leaves no mark": (
        Edit(INDEX, "if said and said == said_in(head) and not anew:", "if said == said_in(head) and not anew:"),
        OF_INDEX,
    ),
    "the user is read before the head": (
        Edit(
            INDEX,
            "            head = self.head(user_id)  # before the user, so that the state is at least as new"
            " as the head\n"
            "            user = self._find(user_id)\n",
            "            user = self._find(user_id)\n            head = self.head(user_id)\n",
        ),
        OF_INDEX,
    ),
    "entries of an earlier name stay": (
        Edit(INDEX, "for key in old if key not in new", "for key in () if key not in new"),
        OF_INDEX,
    ),
    "a change is counted like a new user": (
        Edit(INDEX, "if bool(before) != bool(said):", "if said or before:"),
        OF_INDEX,
    ),
    "the head is written before the entries": (
        Edit(
            INDEX,
            "refused = transact(self._call, actions, self._new_token(), self._pause)",
            'refused = transact(self._call, {"head": actions.pop("head")}, self._new_token(), self._pause)\n'
            "            if actions and not refused:\n"
            "                transact(self._call, actions, self._new_token(), self._pause)",
        ),
        OF_CRASHES,
    ),
    "the counter is written before the rest": (
        Edit(
            INDEX,
            "refused = transact(self._call, actions, self._new_token(), self._pause)",
            'counter = {name: actions.pop(name) for name in ("counter",) if name in actions}\n'
            "            if counter:\n"
            "                transact(self._call, counter, self._new_token(), self._pause)\n"
            "            refused = transact(self._call, actions, self._new_token(), self._pause)",
        ),
        OF_CRASHES,
    ),
    "a writer that others overtake each time is done": (
        Edit(INDEX, "        raise NotFollowed", "        return False"),
        OF_CRASHES,
    ),
    "a message that fails is acknowledged": (
        Edit(
            "utils/consumer.py", "received=received)\n        return False", "received=received)\n        return True"
        ),
        OF_CRASHES,
    ),
    "what is found is not matched again": (Edit(FINDER, "if user and query.matches(user):", "if user:"), OF_PAGES),
    "a page that is worn out is the last": (
        Edit(FINDER, "if walk.worn_out and walk.at else None", "if False else None"),
        OF_PAGES,
    ),
    "a page that is worn out begins again": (Edit(FINDER, "Place(started, walk.at) if", "after if"), OF_PAGES),
    "users that moved come again": (
        Edit(QUERY, 'if self.order != "createdAt" and since', "if False and since"),
        OF_PAGES,
    ),
    "a user comes with each of its words": (
        Edit(WALK, "else self._query.is_best(entry)", "else True"),
        OF_ORACLE := "test_oracle.py",
    ),
    "emails come before names": (
        Edit(QUERY, "(0 if whole else 2) + (field == EMAIL)", "(0 if whole else 2) + (field != EMAIL)"),
        OF_ORACLE,
    ),
    "a range includes the position": (Edit(WALK, "if not self._query.beyond(rank, after):", "if False:"), OF_PAGES),
    "a part of a query is enough": (Edit(WORDS, "return all(term.matches", "return any(term.matches"), OF_WORDS),
    "vowel signs are accents": (
        Edit(FOLDING, "    if not _among(_ACCENTS, mark):\n        return False\n", ""),
        OF_WORDS,
    ),
    "й is и": (
        Edit(FOLDING, "return not _among((_CYRILLIC,), base) or mark in _STRESS or base + mark == _YO", "return True"),
        OF_WORDS,
    ),
    "what is asked is logged": (
        Edit(
            "search/list_users.py",
            "    check_together(request.query)\n",
            "    check_together(request.query)\n"
            '    __import__("logging").getLogger("users_api").info("searched", extra={"query": request.query})\n',
        ),
        OF_DISCRETION := "test_discreet.py",
    ),
    "a fault is logged with its text": (
        Edit("utils/faults.py", '"cause": names(error), "stack"', '"cause": str(error), "stack"'),
        OF_DISCRETION,
    ),
    "all users are in one shard": (Edit(ENTRIES, "return _hash(user_id) % SHARDS", "return 0"), "test_spread.py"),
}
