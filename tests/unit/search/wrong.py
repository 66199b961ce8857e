"""Wrong versions of the search, each with one fault, and the tests that must catch it."""

from __future__ import annotations

from tests.proofs.seeded import Edit

INDEX, FINDER, QUERY = "search/index.py", "search/finder.py", "search/query.py"
WALK, WORDS, FOLDING, ENTRIES = "search/walk.py", "search/words.py", "search/folding.py", "search/entries.py"
SKIPPING, OF_SKIPPING = "search/skipping.py", "test_skipping.py"
OF_INDEX, OF_PAGES, OF_WORDS, OF_CRASHES = "test_index.py", "test_pages.py", "test_words.py", "test_crashes.py"
OF_GENERATIONS, OF_WALKS, HISTORY = "test_generations.py", "test_history.py", "search/history.py"

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
            "return not transact(call, actions, self._new_token(), self._pause)",
            'rest = {name: action for name, action in actions.items() if name != "head"}\n'
            '            if transact(call, {"head": actions["head"]}, self._new_token(), self._pause):\n'
            "                return False\n"
            "            return not (rest and transact(call, rest, self._new_token(), self._pause))",
        ),
        OF_CRASHES,
    ),
    "the counter is written before the rest": (
        Edit(
            INDEX,
            "return not transact(call, actions, self._new_token(), self._pause)",
            'rest = {name: action for name, action in actions.items() if name != "counter"}\n'
            '            if "counter" in actions:\n'
            '                transact(call, {"counter": actions["counter"]}, self._new_token(), self._pause)\n'
            "            return not transact(call, rest, self._new_token(), self._pause)",
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
    "a user comes with each of its words": (
        Edit(WALK, "self._query.home_of(entry, self._started) == rank", "self._query.home_of(entry, self._started)"),
        OF_ORACLE := "test_oracle.py",
    ),
    "users that move leave nothing behind": (
        Edit(HISTORY, "        left.update(left_behind(", "        dict().update(left_behind("),
        OF_WALKS,
    ),
    "users that moved come again": (
        Edit(HISTORY, '"" < versions[first].until <= started', "False"),
        OF_WALKS,
    ),
    "a user is shown where it is now": (Edit(HISTORY, "in versions[first:]", "in versions[-1:]"), OF_WALKS),
    "a move counts at once": (Edit(HISTORY, "SETTLE_SECONDS = 5", "SETTLE_SECONDS = 0"), OF_WALKS),
    "a forgotten version is taken for none": (
        Edit(HISTORY, "if version.since != end:", "if version.since < end:"),
        OF_WALKS,
    ),
    "the longest versions are forgotten": (
        Edit(HISTORY, "key=lambda version: version.seconds, reverse=True", "key=lambda version: version.seconds"),
        OF_WALKS,
    ),
    "a user that is there again has left": (
        Edit(HISTORY, "left.pop(key, None)  # the user is there again", "now.pop(key, None)"),
        OF_WALKS,
    ),
    "places that a user left in the order of names stay when it is deleted": (
        Edit(INDEX, "return all_entries(said, times, rule)", "return words_in(said, times, rule)"),
        OF_INDEX,
    ),
    "a write keeps the time that it had before it waited": (
        Edit(INDEX, "if self._clock() > now + WRITE_SECONDS:", "if self._clock() < now:"),
        OF_INDEX,
    ),
    "a change of many words is one transaction": (
        Edit(INDEX, "if whole := len(actions) <= MOST_ACTIONS:", "if whole := bool(actions):"),
        OF_INDEX,
    ),
    "earlier versions expire with their last cursor still good": (
        Edit(HISTORY, "KEPT_SECONDS = 25 * 60 * 60", "KEPT_SECONDS = 23 * 60 * 60"),
        OF_INDEX,
    ),
    "emails come before names": (
        Edit(QUERY, "(0 if whole else 2) + (field == EMAIL)", "(0 if whole else 2) + (field != EMAIL)"),
        OF_ORACLE,
    ),
    "a range includes the position": (Edit(WALK, "if not self._query.beyond(rank, after):", "if False:"), OF_PAGES),
    "the next name that can match is skipped too": (
        Edit(SKIPPING, "low = word + after", "low = word + after + END"),
        OF_SKIPPING,
    ),
    "a search backwards skips the next name": (Edit(SKIPPING, "high = after", "high = after[:-1]"), OF_SKIPPING),
    "words that only emails have are not asked": (
        Edit(SKIPPING, "if beginning.domain else (NAME, EMAIL)", "if beginning.domain else (NAME,)"),
        OF_SKIPPING,
    ),
    "a look-up counts for names before it": (Edit(SKIPPING, "else name < self._asked", "else False"), OF_SKIPPING),
    "a look-up counts for names behind it": (Edit(SKIPPING, "name <= self._found", "name <= LAST"), OF_SKIPPING),
    "the end of a word is the end of its beginning": (
        Edit(SKIPPING, "AFTER_WORD if word else LAST", "LAST if word else LAST"),
        OF_SKIPPING,
    ),
    "of many words, the first are enough": (
        Edit(SKIPPING, "return None if place else words", "return words"),
        OF_SKIPPING,
    ),
    "the furthest of a beginning's words counts": (
        Edit(SKIPPING, "max(found) if self._backward else min(found)", "min(found) if self._backward else max(found)"),
        OF_SKIPPING,
    ),
    "all names are read": (Edit(SKIPPING, "        if after == name:\n", "        if after:\n"), OF_SKIPPING),
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
    "the consumer keeps the index that is served alone": (
        Edit("consumers/keep_search.py", "for index in indexes:", "for index in indexes[:1]:"),
        OF_GENERATIONS,
    ),
    "the consumer is given the index that is served alone": (
        Edit(INDEX, "rule=rule) for rule in words.KEPT", "rule=rule) for rule in words.KEPT[:1]"),
        OF_GENERATIONS,
    ),
    "generations share their orders": (
        Edit(ENTRIES, 'return f"{beginning(rule.generation)}{shard}"', 'return f"1#{shard}"'),
        OF_GENERATIONS,
    ),
    "generations share their counters": (
        Edit(ENTRIES, 'return f"{beginning(rule.generation)}count#{number}", ALL', 'return f"1#count#{number}", ALL'),
        OF_GENERATIONS,
    ),
    "words of the old rule are in the new keys": (
        Edit(ENTRIES, 'words = Words(user["name"], user["email"], rule)', 'words = Words(user["name"], user["email"])'),
        OF_GENERATIONS,
    ),
    "a cursor is good in another generation": (
        Edit("search/cursors.py", "if generation != self._generation:", "if not generation:"),
        OF_GENERATIONS,
    ),
    "the drop of 1 takes 10 too": (
        Edit(
            "../operate/search/index_drop.py",
            "to_value(beginning(self._generation))",
            "to_value(str(self._generation))",
        ),
        OF_GENERATIONS,
    ),
    "a generation that is served is dropped": (
        Edit("../operate/search/index.py", "(*kept, served)", "kept"),
        OF_GENERATIONS,
    ),
    "a backfill believes the file of another generation": (
        Edit("../operate/search/segments.py", "if places.get(_WORK) != self._work:", "if not places:"),
        OF_GENERATIONS,
    ),
    "an erasure leaves the index that is not served": (
        Edit("erasing/searching.py", "for index in self._indexes for key", "for index in self._indexes[:1] for key"),
        OF_GENERATIONS,
    ),
    "all users are in one shard": (Edit(ENTRIES, "return _hash(user_id) % SHARDS", "return 0"), "test_spread.py"),
}
