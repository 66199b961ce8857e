"""What the edge costs in a month."""

from __future__ import annotations

import pytest

from benchmarks.report import cost, edge_cost

BOOK = cost.prices()


def test_the_firewall_costs_its_web_acl_its_rules_and_each_request():
    assert edge_cost.rules() == 4
    assert edge_cost.firewall(BOOK, 0) == pytest.approx(9)
    assert edge_cost.firewall(BOOK, 100_000_000) == pytest.approx(69)


def test_each_part_has_a_line():
    head, tls, zone, key, firewall = edge_cost.rows(BOOK)
    assert len(head) == len(tls) == len(zone) == len(firewall) == 4
    assert key[1:] == ["1.00"] * 3
    assert (tls[1:], zone[1:]) == (["0.00"] * 3, ["0.50"] * 3)
    assert firewall[1:] == ["9.00", "9.60", "69.00"]
