"""The goals are judged by the figures."""

from __future__ import annotations

import pytest

from benchmarks.peers.table import BY_NAME
from benchmarks.report.goals import GOALS, judged
from tests.unit.benchmarks.results import results, times


def verdicts(found):
    return {
        verdict.goal.name: verdict.text for verdict in judged(found) if not verdict.goal.name.startswith("the same")
    }


def test_a_good_run_meets_its_goals_and_names_what_it_did_not_measure():
    found = verdicts(results())
    assert found["cold get / empty function"] == "met"
    assert found["local GET at 10 clients: ours / ministack's gateway"] == "not measured"


def test_a_slow_start_misses_its_goal():
    found = results()
    found["subjects"]["ours.get"]["cold_over_empty"] = times(2.0)
    assert verdicts(found)["cold get / empty function"].startswith("MISSED")
    assert verdicts(found)["cold create / empty function"] == "met"


def test_starts_are_compared_in_pairs():
    found = results()
    found["subjects"]["empty.get"]["cold_ms"] = times(60.0)
    found["subjects"]["ours.get"]["cold_over_empty"] = {**times(1.3), "p50": 1.4}
    [verdict] = [one for one in judged(found) if one.goal.name == "cold get / empty function"]
    assert verdict.value == pytest.approx(1.4)


def test_a_goal_against_a_peer_is_the_quotient_of_both_pairs():
    found = results()
    found["subjects"]["ours.get"]["cold_over_empty"] = times(1.5)
    found["subjects"]["boto3_resource.get"]["cold_over_empty"] = times(7.5)
    [verdict] = [one for one in judged(found) if one.goal.name == "cold: boto3 tutorial / ours (get)"]
    assert verdict.value == pytest.approx(5.0)


def test_a_goal_against_a_peer_names_one_whose_version_is_known():
    for goal in GOALS:
        assert bool(goal.peer) == any(
            peer in goal.name for peer in ("tutorial", "Powertools", "FastAPI", "the same with")
        )
        assert not goal.peer or BY_NAME[goal.peer].named


def test_too_many_modules_miss_their_goal_and_the_cause_is_named():
    found = results()
    found["modules_beyond_runtime"] = {"get": 36, "create": 36}
    texts = {verdict.goal.name: verdict.text for verdict in judged(found)}
    assert texts["modules beyond the bare runtime client, get"] == "MISSED"
    assert texts["the same, create"].startswith("MISSED: ")


def test_a_figure_on_the_bound_meets_it():
    for goal in GOALS:
        assert goal.met(goal.bound)


def test_the_local_goal_compares_requests_per_second():
    one = {"requests_per_second": 100.0}
    local = {"get": {"ours": {"10": {"requests_per_second": 401.0}}, "gateway": {"10": one}}}
    assert verdicts({**results(), "local": local})["local GET at 10 clients: ours / ministack's gateway"] == "met"


def test_a_figure_below_its_own_floor_is_no_figure():
    found = results()
    found["subjects"]["ours.get"]["warm_ms"] = times(0.01)
    assert verdicts(found)["warm p50 over empty + round trip: tutorial / ours"] == "not measured"
