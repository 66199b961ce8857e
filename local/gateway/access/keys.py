"""API keys, usage plans, and the limits of rate and number that API Gateway holds requests to."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from local import private
from local.gateway.api import Api, of_type
from local.gateway.events import Exchange
from local.gateway.responses import Refusal
from local.gateway.routes import Method

ACCOUNT_RATE, ACCOUNT_BURST = 10_000.0, 5_000  # default limits of an account in a region
Clock = Callable[[], float]


@dataclass
class Bucket:
    """A token bucket: `burst` requests at once, refilled at `rate` a second."""

    rate: float
    burst: float
    clock: Clock = time.monotonic
    tokens: float = field(init=False)
    filled: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens, self.filled = self.burst, self.clock()

    def take(self) -> bool:
        """Take a token; False when there is none."""
        now = self.clock()
        self.tokens = min(self.burst, self.tokens + (now - self.filled) * self.rate)
        self.filled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass(frozen=True)
class Key:
    """One API key."""

    id: str
    value: str
    enabled: bool


@dataclass
class Plan:
    """One usage plan as it holds for the stage: limits for each key, for each key and method, and the quota."""

    throttle: tuple[float, float] | None
    methods: Mapping[str, tuple[float, float]]  # "/users/GET" -> rate, burst
    quota: tuple[int, str] | None  # number, period
    keys: list[Key]
    clock: Clock = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    buckets: dict[Any, Bucket] = field(default_factory=dict)
    used: dict[tuple[str, datetime], int] = field(default_factory=dict)

    def admit(self, key: Key, method: Method) -> None:
        """Count one request of a key. Raises Refusal."""
        name = f"{method.resource}/{method.verb}"
        for limits, whose in ((self.methods.get(name), (key.id, name)), (self.throttle, key.id)):
            if limits and not self.bucket(whose, limits).take():
                raise Refusal("THROTTLED", reason="the usage plan's rate")
        if self.quota:
            self.count(key, *self.quota)

    def bucket(self, whose: Any, limits: tuple[float, float]) -> Bucket:
        """The bucket of a key, or of a key and a method."""
        if whose not in self.buckets:
            self.buckets[whose] = Bucket(*limits, self.clock)
        return self.buckets[whose]

    def count(self, key: Key, limit: int, period: str) -> None:
        """Count against the quota."""
        start = period_start(self.now(), period)
        used = self.used.get((key.id, start), 0)
        if used >= limit:
            raise Refusal("QUOTA_EXCEEDED", reason=f"the usage plan's {limit} requests a {period.lower()}")
        self.used[key.id, start] = used + 1


def period_start(now: datetime, period: str) -> datetime:
    """When the day, week (Monday) or month began, UTC."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "WEEK":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "MONTH" else day


class Limits:
    """All keys and limits of one stage."""

    def __init__(self, api: Api, values: Path, clock: Clock = time.monotonic) -> None:
        self.clock = clock
        self.source = api.key_source
        self.plans = read_plans(api, values, clock)
        self.settings = method_settings(api.stage)
        self.account = Bucket(ACCOUNT_RATE, ACCOUNT_BURST, clock)
        self.methods: dict[tuple[str, str], Bucket | None] = {}

    def admit(self, exchange: Exchange, method: Method, needs_key: bool, given: str | None) -> None:
        """Let a request pass, or raise Refusal. `given` is the key's value from where the API says it comes from."""
        if needs_key:
            exchange.key, plan = self.key(given)
            plan.admit(exchange.key, method)
        bucket = self.method_bucket(method)
        if bucket and not bucket.take():
            raise Refusal("THROTTLED", reason="the stage's rate for the method")
        if not self.account.take():
            raise Refusal("THROTTLED", reason="the account's rate")

    def key(self, value: str | None) -> tuple[Key, Plan]:
        """The key with a value and its plan. Raises Refusal."""
        for plan in self.plans:
            for key in plan.keys:
                if value and key.enabled and secrets.compare_digest(key.value.encode(), value.encode()):
                    return key, plan
        raise Refusal("INVALID_API_KEY")

    def method_bucket(self, method: Method) -> Bucket | None:
        """A method's own bucket: the stage's limits hold for each method by itself."""
        name = (method.resource, method.verb)
        if name not in self.methods:
            own = self.settings.get(name) or self.settings.get(("*", "*"))
            self.methods[name] = Bucket(*own, self.clock) if own else None
        return self.methods[name]


def method_settings(stage: Mapping[str, Any]) -> dict[tuple[str, str], tuple[float, float]]:
    """Rate and burst by resource path and method; ("*", "*") for all."""
    found = {}
    for setting in stage.get("MethodSettings") or []:
        rate, burst = setting.get("ThrottlingRateLimit"), setting.get("ThrottlingBurstLimit")
        if rate is None and burst is None:
            continue
        path = str(setting.get("ResourcePath", "/*")).replace("~1", "/")
        path = "/" + path.lstrip("/")
        name = ("*", "*") if path == "/*" else (path, str(setting.get("HttpMethod", "*")).upper().replace("*", "ANY"))
        found[name] = rate_and_burst({"RateLimit": rate, "BurstLimit": burst})
    return found


def rate_and_burst(throttle: Mapping[str, Any]) -> tuple[float, float]:
    """Rate and burst; what is not said is the account's."""
    rate, burst = throttle.get("RateLimit"), throttle.get("BurstLimit")
    return (ACCOUNT_RATE if rate is None else float(rate), ACCOUNT_BURST if burst is None else float(burst))


def read_plans(api: Api, values: Path, clock: Clock) -> list[Plan]:
    """The usage plans of this stage with their keys."""
    keys = read_keys(api, values)
    found = []
    for logical_id, plan in of_type(api.template, "AWS::ApiGateway::UsagePlan"):
        for stage in plan.get("ApiStages") or []:
            if stage.get("Stage") == api.stage_name and stage.get("ApiId") == api.stage.get("RestApiId"):
                quota = plan.get("Quota")
                found.append(
                    Plan(
                        throttle=rate_and_burst(plan["Throttle"]) if plan.get("Throttle") else None,
                        methods={name: rate_and_burst(block) for name, block in (stage.get("Throttle") or {}).items()},
                        quota=(int(quota["Limit"]), str(quota.get("Period", "DAY"))) if quota else None,
                        keys=[keys[name] for name in keys_of(api, logical_id) if name in keys],
                        clock=clock,
                    )
                )
    return found


def keys_of(api: Api, plan: str) -> list[str]:
    """The logical ids of the keys that belong to a plan."""
    names = api.references
    return [
        names.get(str(block["KeyId"]), "")
        for _, block in of_type(api.template, "AWS::ApiGateway::UsagePlanKey")
        if names.get(str(block["UsagePlanId"])) == plan
    ]


def read_keys(api: Api, values: Path) -> dict[str, Key]:
    """Every API key by logical id. One without a value in the template gets one, which is kept in the file `values`."""
    kept = json.loads(values.read_text()) if values.is_file() else {}
    found = {}
    for logical_id, block in of_type(api.template, "AWS::ApiGateway::ApiKey"):
        value = block.get("Value") or kept.setdefault(logical_id, secrets.token_hex(20))
        found[logical_id] = Key(api.physical_id(logical_id), str(value), block.get("Enabled", True) is not False)
    if kept:
        values.parent.mkdir(parents=True, exist_ok=True)
        with open(values, "w", encoding="utf-8", opener=private.opener) as stream:
            stream.write(json.dumps(kept, indent=2) + "\n")
    return found
