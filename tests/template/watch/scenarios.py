"""Traffic, and which alarms have to ring for it, how soon, and which must not.

The figures come from the objectives (99.9 % without a 5xx, 99 % within 300 ms) and from what each alarm promises, not
from the template: a template with other thresholds must be wrong for at least one scenario.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.template.watch.stack import Alarms
from tests.template.watch.states import at, state
from tests.template.watch.traffic import History, Phase

MONTH = 30 * 24 * 60
FAST, SLOW, LOW = (14.4, 60, 5), (6.0, 6 * 60, 30), (1.0, 3 * 24 * 60, 6 * 60)  # times the budget, long, short window
BURNS = {"Fast": FAST, "Slow": SLOW, "Low": LOW}
BUDGETS = {"Availability": ("failed", 0.001), "Latency": ("slow", 0.01)}
OBJECTIVES = [objective + burn for objective in BUDGETS for burn in BURNS]
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Scenario:
    """`rings`: within how many minutes of the first change. `over`: alarms that are not in ALARM at the end.

    `quiet`: alarms that never ring; None means all that `rings` and `over` do not name. With less than a request in
    5 minutes nobody turns NoTraffic on.
    """

    name: str
    phases: tuple[Phase, ...]
    rings: dict[str, int] = field(default_factory=dict)
    quiet: frozenset[str] | None = None
    over: frozenset[str] = NOBODY

    def faults(self, alarms: Alarms, only: frozenset[str] | None = None) -> Iterator[str]:
        """What the alarms do otherwise; `only` these alarms if given."""
        history = History(*self.phases)
        for name in sorted(self.named(alarms) & (only or set(alarms))):
            changes = state(name, alarms, history)
            first = next((minute for minute, rings in changes if rings), None)
            if name in self.rings and (first is None or first > self.rings[name]):
                yield f"{self.name}: {name} rings at {first}, not by {self.rings[name]}"
            elif name in self.over and at(changes, history.changes[-1]):
                yield f"{self.name}: {name} still rings at the end"
            elif name not in self.rings and name not in self.over and first is not None:
                yield f"{self.name}: {name} rings at {first}"

    def named(self, alarms: Alarms) -> set[str]:
        """The alarms that this says something about. The windows of a composite have no say of their own."""
        own = {name for name in alarms if not name.endswith(("Long", "Short"))}
        if min(phase.requests for phase in self.phases) < 1 / 5:
            own.discard("NoTraffic")
        quiet = own if self.quiet is None else self.quiet
        return set(self.rings) | self.over | quiet


def objective(name: str) -> Iterator[Scenario]:
    """Of one burn alarm: what it must find, what is too short, what is over, and too few requests to tell."""
    kind, burn = next((kind, name.removeprefix(kind)) for kind in BUDGETS if name.startswith(kind))
    what, budget = BUDGETS[kind]
    times, long, short = BURNS[burn]
    calm = _phase(long, what, 0)
    limit = budget * times

    def some(minutes: int, share: float) -> Phase:
        return _phase(minutes, what, share)

    yield Scenario(f"{name}: a quarter too fast", (calm, some(2 * long, 1.25 * limit)), {name: long}, NOBODY)
    burst = some(short, 0.75 * limit * long / short)  # in the long window three quarters of what is allowed
    yield Scenario(f"{name}: a burst, too short to matter", (calm, burst, calm), quiet=frozenset([name]))
    rest = some(2 * short, 0.75 * limit)
    ended = (calm, some(long // 2, 4 * limit), rest)
    yield Scenario(f"{name}: what has ended", ended, {name: long}, NOBODY)
    yield Scenario(f"{name}: what has ended is over", ended, quiet=NOBODY, over=frozenset([name]))
    lonely = Phase(60, requests=1 / 30, **{what: 0.0})
    yield Scenario(f"{name}: four of few", (lonely, _all(what, 4), lonely), quiet=frozenset([name]))
    yield Scenario(f"{name}: seven of few", (lonely, _all(what, 7), lonely), {name: 10}, NOBODY)


def _phase(minutes: int, what: str, share: float) -> Phase:
    return Phase(minutes, **{"slow": 0.0, what: share})


def _all(what: str, requests: int) -> Phase:
    return Phase(1, requests=requests, **{what: 1.0})


def one_of(alarm: str, within: int, just_under: dict[str, Any], just_over: dict[str, Any]) -> list[Scenario]:
    """Of one alarm on a level: three quarters of it, and a quarter more than it, for an hour."""
    return [
        Scenario(f"{alarm}: under", (Phase(60), Phase(60, **just_under)), quiet=frozenset([alarm])),
        Scenario(f"{alarm}: over", (Phase(60), Phase(60, **just_over)), {alarm: within}, NOBODY),
    ]


def few(alarm: str, window: int, **what: Any) -> list[Scenario]:
    """So few requests that a share of them says nothing: 75 in the window, and 125."""
    little, enough = (Phase(60, requests=each / window) for each in (75, 125))
    return [
        Scenario(f"{alarm}: too few", (little, replace(little, **what)), quiet=frozenset([alarm])),
        Scenario(f"{alarm}: enough", (enough, replace(enough, **what)), {alarm: 15}, NOBODY),
    ]


def levels() -> Iterator[Scenario]:
    """The alarms that are no objectives, each on both sides of its threshold."""
    yield from one_of("LatencyHigh", 15, {"slow": 0.02, "slow_ms": 750}, {"slow": 0.02, "slow_ms": 1250})
    yield from one_of("GatewayGap", 15, {"gap_ms": 75}, {"gap_ms": 125})
    yield from one_of("Refusals", 15, {"rejected": 0.375}, {"rejected": 0.625})
    yield from one_of("Concurrency", 5, {"concurrency": 600}, {"concurrency": 999})
    yield from one_of("TableThrottles", 15, {"throttled": 15 / 5}, {"throttled": 25 / 5})
    yield from one_of("TableFaults", 5, {"faults": 7.5 / 5}, {"faults": 12.5 / 5})
    yield from one_of("QueueGrows", 15, {"waiting": 7500}, {"waiting": 12_500})
    yield from one_of("DeadLettersExpire", 5, {"dead_for_s": 0.75 * 9 * 86400}, {"dead_for_s": 1.25 * 9 * 86400})
    yield from one_of("NoTraffic", 15, {"requests": 1.25 / 5}, {"requests": 0})
    yield from few("LatencyHigh", 5, slow=0.02, slow_ms=1250)
    yield from few("GatewayGap", 5, gap_ms=125)
    yield from few("Refusals", 15, rejected=0.6)


def events() -> Iterator[Scenario]:
    """What must never happen: once is enough, and nothing else rings for it."""
    for alarm, what in [
        ("Crashes", "crashes"),
        ("FunctionThrottles", "refused_functions"),
        ("QuotaExceeded", "quota_refusals"),
        ("BrokenClaims", "broken_claims"),
        ("ItemsLeftOut", "left_out"),
    ]:
        yield Scenario(f"{alarm}: once", (Phase(60), Phase(1, **{what: 1}), Phase(60)), {alarm: 6})


def stories() -> Iterator[Scenario]:
    """Days as they come. Each says for every alarm whether it rings."""
    yield Scenario("a quiet month", (Phase(60), Phase(MONTH)))
    drops = (Phase(60, requests=1000), Phase(MONTH, requests=1000, failed=0.0005))
    yield Scenario("0.05 % of the requests fail for a month", drops, {"ServerErrorsAlarm": 2})
    outage = (Phase(60), Phase(60, failed=1))
    soon = {"AvailabilityFast": 2, "AvailabilitySlow": 6, "AvailabilityLow": 60, "ServerErrorsAlarm": 1}
    yield Scenario("a full outage", outage, soon)
    lonely = Phase(60, requests=10 / 60, slow=0)
    one_error = (lonely, Phase(1, requests=1, failed=1), replace(lonely, minutes=MONTH))
    yield Scenario("ten requests an hour, one of them fails", one_error, {"ServerErrorsAlarm": 1})
    twelve = Phase(60, requests=12 / 60, slow=0)
    dead = (twelve, replace(twelve, minutes=180, failed=1))
    late = {"AvailabilityFast": 30, "AvailabilitySlow": 30, "AvailabilityLow": 60, "ServerErrorsAlarm": 5}
    yield Scenario("a full outage with twelve requests an hour", dead, late)
    slow = (Phase(60), Phase(60, slow=1, slow_ms=900))
    yield Scenario("every request takes 900 ms", slow, {"LatencyFast": 10, "LatencySlow": 60, "LatencyLow": 60})


def everything() -> list[Scenario]:
    """All scenarios."""
    burns = [each for name in OBJECTIVES for each in objective(name)]
    return [*burns, *levels(), *events(), *stories()]
