"""Trails on a real database, and everything that somebody with the right to write to their table can do to them."""

from __future__ import annotations

from audit.form import FIRST, HEAD, digest, place_of
from dynamodb.values import from_item, to_item
from tests.unit.audit.events import ANN, BEA


class Table:
    """The table of the trail, for an attacker."""

    def __init__(self, call, name):
        self.call, self.name = call, name

    def items(self, user=ANN):
        found = self.call("Query", {
            "TableName": self.name,
            "KeyConditionExpression": "userId = :user",
            "ExpressionAttributeValues": to_item({":user": user}),
        })["Items"]  # fmt: skip
        return {item["place"]: item for item in map(from_item, found)}

    def get(self, place, user=ANN):
        return self.items(user)[place]

    def put(self, item, **changes):
        self.call("PutItem", {"TableName": self.name, "Item": to_item({**item, **changes})})

    def remove(self, place, user=ANN):
        self.call("DeleteItem", {"TableName": self.name, "Key": to_item({"userId": user, "place": place})})

    def remove_entry(self, number, user=ANN):
        """An entry with its mark."""
        entry = self.get(place_of(number), user)
        self.remove(f"event#{entry['eventId']}", user)
        self.remove(entry["place"], user)

    def link_again(self, user=ANN):
        """Number, link and digest all entries again, as the recorder would."""
        found = [item for place, item in self.items(user).items() if place.startswith("entry#")]
        previous = FIRST
        for item in found:
            self.remove(item["place"], user)
        for number, item in enumerate(found, 1):
            new = {**item, "place": place_of(number), "previous": previous}
            previous = digest(new)
            self.put(new, digest=previous)
            self.put({"userId": user, "place": f"event#{item['eventId']}", "entry": place_of(number)})
        return previous


def changed(table, number=3, name="actor", value="key:other"):
    table.put(table.get(place_of(number)), **{name: value})


def changed_with_its_digest(table, number=3):
    entry = {**table.get(place_of(number)), "actor": "key:other"}
    table.put(entry, digest=digest(entry))


def reordered(table):
    second, third = table.get(place_of(2)), table.get(place_of(3))
    for item, place in ((second, third["place"]), (third, second["place"])):
        new = {**item, "place": place}
        table.put(new, digest=digest(new))


def moved_in(table):
    """An entry of another user instead of one of this user."""
    entry = {**table.get(place_of(3), BEA), "userId": ANN}
    table.put(entry)


def moved_in_with_its_digest(table):
    entry = {**table.get(place_of(3), BEA), "userId": ANN}
    table.put(entry, digest=digest(entry))


def cut(table):
    for number in (5, 4):
        table.remove_entry(number)


def cut_with_a_forged_head(table):
    cut(table)
    table.put(table.get(HEAD), entries=3, digest=table.get(place_of(3))["digest"])


def added(table):
    entry = {**table.get(place_of(5)), "place": place_of(6), "eventId": "event-6"}
    entry["previous"] = table.get(place_of(5))["digest"]
    table.put(entry, digest=digest(entry))
    table.put({"userId": ANN, "place": "event#event-6", "entry": place_of(6)})


def inserted(table):
    """An entry in the middle, and all linked again."""
    for number in (5, 4, 3):
        table.put(table.get(place_of(number)), place=place_of(number + 1))
    table.link_again()


def written_again(table):
    """The whole chain with another actor, as the recorder would write it; only the signature is missing."""
    changed(table, 1)
    table.put(table.get(HEAD), digest=table.link_again())


ATTACKS = {
    "an actor": (changed, "entry 3 was changed"),
    "a time": (lambda it: changed(it, 1, "time", "2020-01-01T00:00:00.000Z"), "entry 1 was changed"),
    "a link": (lambda it: changed(it, 4, "previous", FIRST), "entry 4 was changed"),
    "a digest": (lambda it: changed(it, 4, "digest", FIRST), "entry 4 was changed"),
    "one attribute more": (lambda it: changed(it, 2, "note", "x"), "entry 2 was changed"),
    "another type": (lambda it: changed(it, 2, "userVersion", "2"), "entry 2 was changed"),
    "an entry with its digest": (changed_with_its_digest, "entry 4 does not follow entry 3"),
    "the last entry with its digest": (
        lambda it: changed_with_its_digest(it, 5),
        "entry 5 is not the one that was signed",
    ),
    "the first entry is gone": (lambda it: it.remove_entry(1), "entry 1 is missing"),
    "an entry is gone": (lambda it: it.remove_entry(3), "entry 3 is missing"),
    "two entries are gone": (lambda it: (it.remove_entry(3), it.remove_entry(2)), "entries 2 to 3 are missing"),
    "the last entries are gone": (cut, "entries 4 to 5 are missing at the end"),
    "all entries are gone": (
        lambda it: [it.remove_entry(each) for each in range(5, 0, -1)],
        "entries 1 to 5 are missing",
    ),
    "the last entries are gone, and the head is forged": (cut_with_a_forged_head, "the head is forged"),
    "two entries changed places": (reordered, "entry 2 does not follow entry 1"),
    "an entry of another user": (moved_in, "entry 3 was changed"),
    "an entry of another user with its digest": (moved_in_with_its_digest, "entry 3 does not follow entry 2"),
    "an entry more at the end": (added, "entry 6 is not signed"),
    "an entry more in the middle": (inserted, "entry 6 is not signed"),
    "all is written again": (written_again, "the head is forged"),
    "the head is gone": (lambda it: it.remove(HEAD), "the signed head was removed"),
    "the head of another user": (lambda it: it.put(it.get(HEAD, BEA), userId=ANN), "the head is forged"),
    "the head has more": (lambda it: it.put(it.get(HEAD), note="x"), "the head was changed"),
    "a mark is gone": (lambda it: it.remove("event#event-2"), "the marks of events are not those of the entries"),
    "a mark more": (
        lambda it: it.put({"userId": ANN, "place": "event#x", "entry": place_of(1)}),
        "the marks of events are not those of the entries",
    ),
    "a mark of another entry": (
        lambda it: it.put(it.get("event#event-2"), entry=place_of(1)),
        "the marks of events are not those of the entries",
    ),
    "a mark has more": (lambda it: it.put(it.get("event#event-2"), note="x"), "the mark of event event-2 was changed"),
    "an item of another kind": (lambda it: it.put({"userId": ANN, "place": "note"}), "it belongs to no trail"),
    "a number too long": (lambda it: it.put({"userId": ANN, "place": "entry#00000000001"}), "it belongs to no trail"),
}
