"""infra/firewall.yaml: it stands before the stage, blocks no valid request for its content, and logs no secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.template.parameters import parameter_values
from local.template.source import TemplateError, read_template
from local.template.transform import ROOT, load
from tests.docs.pages import page
from tests.docs.test_references import rows
from tests.template.stack import actual, contract

FIREWALL = ROOT / "infra" / "firewall.yaml"
API = {"ApiStack": "users-api", "ApiId": "abc123"}
GROUPS = {"reputation": "AmazonIpReputationList", "bad-inputs": "KnownBadInputsRuleSet", "common": "CommonRuleSet"}
# Where clients write freely, and what of it is longer than the common rules take.
FREE = {
    f"{rule}_{part}"
    for rule in ("CrossSiteScripting", "GenericLFI", "GenericRFI")
    for part in ("BODY", "QUERYARGUMENTS")
} | {"RestrictedExtensions_QUERYARGUMENTS", "SizeRestrictions_BODY", "SizeRestrictions_QUERYSTRING"}
SECRET = ["x-api-key", "authorization", "cookie"]
Resources = dict[str, Any]


def resources(**parameters: str) -> Resources:
    return dict(load(FIREWALL, {**API, **parameters})["Resources"])


def rules(found: Resources) -> dict[str, Any]:
    return {rule["Name"]: rule for rule in found["WebAcl"]["Properties"]["Rules"]}


def common(found: Resources) -> list[dict[str, Any]]:
    statement = rules(found)["common"]["Statement"]["ManagedRuleGroupStatement"]
    return list(statement["RuleActionOverrides"])


def faults(found: Resources) -> Iterator[str]:
    """What a firewall that blocks must not be."""
    acl, logging = found["WebAcl"]["Properties"], found["Logging"]["Properties"]
    groups = {
        name: rule["Statement"]["ManagedRuleGroupStatement"] for name, rule in rules(found).items() if name != "rate"
    }
    if {name: group["Name"] for name, group in groups.items()} != {it: f"AWSManagedRules{GROUPS[it]}" for it in GROUPS}:
        yield "other groups of rules"
    if any(rule["OverrideAction"] != {"None": {}} for name, rule in rules(found).items() if name != "rate"):
        yield "a group that blocks nothing"
    if rules(found)["rate"]["Action"] != {"Block": {}}:
        yield "no limit for an address"
    if {it["Name"] for it in common(found) if it["ActionToUse"] == {"Count": {}}} != FREE | {"NoUserAgent_HEADER"}:
        yield "it blocks what is free, or lets through what is not"
    if any(it["VisibilityConfig"]["SampledRequestsEnabled"] is not False for it in (acl, *acl["Rules"])):
        yield "samples show keys"
    redacted = [str(it.get("SingleHeader", {}).get("Name") or next(iter(it))) for it in logging["RedactedFields"]]
    if redacted != [*SECRET, "UriPath", "QueryString"]:
        yield "the log has secrets"
    if not found["LogGroup"]["Properties"]["LogGroupName"].startswith("aws-waf-logs-"):
        yield "WAF does not write to this log group"
    if logging["LoggingFilter"]["DefaultBehavior"] != "DROP":
        yield "addresses of clients that did nothing are logged"
    if not found["Association"]["Properties"]["ResourceArn"].endswith("::/restapis/abc123/stages/Prod"):
        yield "it stands before something else"


def test_it_is_what_it_should_be() -> None:
    found = resources()
    assert set(found) == {"WebAcl", "Association", "LogGroup", "Logging"}
    assert list(faults(found)) == []


def block_bodies(found: Resources) -> None:
    rules(found)["common"]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"].pop(0)


def count_a_group(found: Resources) -> None:
    rules(found)["bad-inputs"]["OverrideAction"] = {"Count": {}}


def drop_a_group(found: Resources) -> None:
    found["WebAcl"]["Properties"]["Rules"].pop()


def count_the_rate(found: Resources) -> None:
    rules(found)["rate"]["Action"] = {"Count": {}}


def log_keys(found: Resources) -> None:
    found["Logging"]["Properties"]["RedactedFields"].pop(0)


def log_everybody(found: Resources) -> None:
    found["Logging"]["Properties"]["LoggingFilter"]["DefaultBehavior"] = "KEEP"


def show_samples(found: Resources) -> None:
    rules(found)["rate"]["VisibilityConfig"]["SampledRequestsEnabled"] = True


def rename_the_log(found: Resources) -> None:
    found["LogGroup"]["Properties"]["LogGroupName"] = "users-api"


def stand_elsewhere(found: Resources) -> None:
    found["Association"]["Properties"]["ResourceArn"] = "arn:aws:apigateway:us-east-1::/restapis/abc123/stages/Stage"


SEEDED = [
    (block_bodies, "it blocks what is free"),
    (count_a_group, "a group that blocks nothing"),
    (count_the_rate, "no limit"),
    (log_keys, "secrets"),
    (log_everybody, "did nothing"),
    (show_samples, "samples"),
    (rename_the_log, "does not write"),
    (stand_elsewhere, "something else"),
]


@pytest.mark.parametrize(("change", "words"), SEEDED)
def test_a_wrong_firewall_is_found(change: Callable[[Resources], None], words: str) -> None:
    found = resources()
    change(found)
    assert any(words in fault for fault in faults(found))


def test_it_can_count_first() -> None:
    found = rules(resources(FirewallMode="count"))
    assert found["rate"]["Action"] == {"Count": {}}
    assert {str(rule["OverrideAction"]) for name, rule in found.items() if name != "rate"} == {"{'Count': {}}"}


def test_a_key_may_send_from_one_address_what_the_throttle_lets_it() -> None:
    statement = rules(resources())["rate"]["Statement"]["RateBasedStatement"]
    throttle = int(actual().written["Parameters"]["ThrottleRate"]["Default"])
    assert (statement["EvaluationWindowSec"], int(statement["Limit"])) == (300, 300 * throttle)
    assert int(rules(resources(FirewallRate="500"))["rate"]["Statement"]["RateBasedStatement"]["Limit"]) == 500


def test_no_operation_asks_for_a_user_agent() -> None:
    """If one did, the rule about it could block."""
    text = str(contract()).lower()
    assert "'name': 'user-agent'" not in text
    assert "'name': 'if-match'" in text


@pytest.mark.parametrize(("name", "value"), [("FirewallMode", "off"), ("FirewallRate", "9"), ("ApiId", "a/b")])
def test_a_wrong_value_is_refused(name: str, value: str) -> None:
    with pytest.raises(TemplateError, match=name):
        parameter_values(read_template(FIREWALL), {**API, name: value})


def test_the_settings_and_the_page_are_those_of_the_template() -> None:
    settings, how = page("docs/reference/settings.md").text, page("docs/how-to/protect-the-edge.md").text
    parameters = read_template(FIREWALL).tree["Parameters"]
    said = {row[0].strip("`"): row[1].strip("`") for row in rows(settings, "## The firewall")[1:]}
    assert said == {name: str(block["Default"]) for name, block in parameters.items() if name not in API}
    counted = {row[0].strip("`") for row in rows(how, "### What it blocks") if len(row) == 2 and "_" in row[0]}
    assert counted == {rule["Name"] for rule in common(resources())}
