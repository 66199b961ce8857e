"""The options for production become dollars a month."""

from __future__ import annotations

import pytest

from benchmarks.report import cost, option_cost
from benchmarks.report.option_cost import Option
from tests.unit.benchmarks.results import growth, results

BOOK = cost.prices()


@pytest.fixture(scope="module")
def found() -> dict[str, Option]:
    return {option.name: option for option in option_cost.options(BOOK, results(), growth())}


def test_an_option_costs_its_month_and_its_requests():
    assert [Option("it", 2.0, 0.5).at(count) for count in (0, 1, 100)] == [2.0, 2.5, 52.0]


def test_a_replica_costs_the_writes_and_the_tables_once_more(found):
    replica, alone = found["`ReplicaRegion`"], found["the API alone, with its alarm and its tables"]
    assert replica.million == pytest.approx(option_cost.written(BOOK, growth()) * 0.625)
    assert alone.month - replica.month == pytest.approx(0.10)  # the alarm


def test_the_watch_and_the_backups_are_counted_in_their_templates(found):
    assert found["`deploy.sh --watch`"].month == pytest.approx(11.0)  # as docs/how-to/watch.md adds it up
    assert found["`infra/backup.yaml`"].month == pytest.approx(47 * 0.10)  # 35 days and 12 months


def test_the_firewall_costs_its_web_acl_its_rules_and_each_request(found):
    assert [found["`deploy.sh --firewall`"].at(count) for count in (0, 1, 100)] == pytest.approx([9.0, 9.6, 69.0])


def test_a_cache_pays_from_many_reads_on(found):
    cache = found["`infra/cache.yaml`, `CacheEndpoint`"]
    assert cache.month == pytest.approx(6.13 + 0.20, abs=0.01)  # and two alarms
    reads_that_pay = cache.month / -cache.million * BOOK["assumptions"]["reads_in_mix"]
    assert 60 < reads_that_pay < 70  # millions; docs/how-to/cache.md has 63 at 80 %, without the alarms and writes


def test_an_option_without_requests_costs_the_same_at_any_load(found):
    assert {name for name, option in found.items() if not option.million} == {
        "`GradualDeployment`",
        "`deploy.sh --watch`",
        "`infra/backup.yaml`",
        "`CustomerKeyArn`, `LogKeyArn`",
        "`DomainName`",
        "`infra/network.yaml`",
        "`deploy.sh --console`",
    }


def test_a_row_has_each_load(found):
    header, first, *_ = option_cost.rows(BOOK, results(), growth())
    assert header == ["option", "no request", "1 million", "100 million"]
    assert first[1] == "0.55"
