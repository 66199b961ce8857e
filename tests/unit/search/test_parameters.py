"""The parameters: what each takes, and which go together. Each refusal names the parameter."""

from __future__ import annotations

import itertools

import pytest

from search.parameters import PARAMETERS, check_together
from utils.errors import InvalidQuery

WRONG = {
    "q": ["", "a", "a b", "!!", "x" * 201],
    "sort": ["", "age", "+name", "createdat", "--name"],
    "createdAfter": ["", "2026-01-31", "2026-01-31T12:00:00", "2026-02-30T12:00:00Z", "2026-1-31T012:00:00Z", "now"],
    "createdBefore": ["2026-01-31T12:00:00+00:00", "٢026-01-31T12:00:00Z"],
    "updatedAfter": ["2026-01-31T24:00:00Z", "2026-01-31T12:00:00.1Z"],
    "minAge": ["0", "151", "-1", "1.0", "٣"],
    "maxAge": ["", "0", "151"],
    "domain": ["", "ab--c.co", "xn--.de", "\ud800.de"],
    "fields": ["", "name,", "password", "name,name", "Name"],
    "total": ["", "1", "TRUE"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in WRONG.items() for text in texts])
def test_a_wrong_value_is_refused_by_name(name, text):
    with pytest.raises(InvalidQuery, match=f"^{name} "):
        PARAMETERS[name](text)


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("q", "  maria   schmidt ", "maria schmidt"),
        ("createdAfter", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"),
        ("createdAfter", "2026-01-31T12:00:00.120Z", "2026-01-31T12:00:00.120Z"),
        ("domain", "Müller.DE", "xn--mller-kva.de"),
        ("minAge", "18", 18),
        ("fields", "name,email", "name,email"),
    ],
)
def test_a_right_value_is_read(name, text, read):
    assert PARAMETERS[name](text) == read


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"email": "a@b.co", "q": "ab"}, "email cannot be combined with q"),
        ({"email": "a@b.co", "sort": "name", "total": "true"}, "email cannot be combined with sort, total"),
        ({"email": "a@b.co", "lastKey": "x"}, "email cannot be combined with lastKey"),
        ({"total": "true", "minAge": 3}, "total cannot be combined with minAge"),
        ({"total": "true", "q": "ab", "domain": "b.co"}, "total cannot be combined with q, domain"),
        ({"minAge": 5, "maxAge": 4}, "minAge must not be more than maxAge"),
        ({"createdAfter": "2", "createdBefore": "1"}, "createdAfter must be before createdBefore"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(given, named):
    with pytest.raises(InvalidQuery, match=named):
        check_together(given)


ONE_OF_EACH = {
    "limit": 5,
    "lastKey": "x",
    "email": "a@b.co",
    "q": "ab",
    "sort": "name",
    "domain": "b.co",
    "fields": "name",
    "createdAfter": "1",
    "createdBefore": "2",
    "updatedAfter": "1",
    "minAge": 1,
    "maxAge": 2,
    "total": "true",
}


@pytest.mark.parametrize("pair", list(itertools.combinations(ONE_OF_EACH, 2)), ids="-".join)
def test_each_pair_goes_together_or_is_refused_by_both_names(pair):
    """docs/reference/api.md: an email goes with fields and limit only, and a total with nothing that chooses users."""
    alone = "email" in pair and not {"fields", "limit"} & set(pair)
    counted = "total" in pair and not {"limit", "lastKey", "sort", "fields"} & set(pair)
    if not (alone or counted):
        check_together({name: ONE_OF_EACH[name] for name in pair})
        return
    with pytest.raises(InvalidQuery) as refusal:
        check_together({name: ONE_OF_EACH[name] for name in pair})
    assert all(name in str(refusal.value.detail) for name in pair)


@pytest.mark.parametrize(
    "given",
    [
        {"email": "a@b.co", "fields": "name", "limit": 5},
        {"total": "true", "sort": "name", "fields": "name", "limit": 1, "lastKey": "x"},
        {"total": "false", "q": "ab"},
        {"q": "ab", "sort": "-name", "minAge": 1, "maxAge": 1, "domain": "b.co", "updatedAfter": "1"},
    ],
)
def test_what_goes_together(given):
    check_together(given)
