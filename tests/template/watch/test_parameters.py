"""The parameters of infra/watch.yaml, and what it leaves to the stack that it watches."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from local.template.parameters import parameter_values
from local.template.source import TemplateError, read_template
from local.template.transform import ROOT
from tests.template.stack import actual
from tests.template.watch.stack import METRIC, NAMES, ON, TEMPLATE, of, resolved
from tools.deployment import WATCHED, watched

EVERYTHING = {
    **dict.fromkeys(("Events", "Webhooks", "Pictures", "LiveUpdates", "Bulk", "Search", "SignIn"), "true"),
    "MailSender": "users@example.com",
    "MailIdentityArn": "arn:aws:ses:us-east-1:000000000000:identity/example.com",
}
ADVISED = {"PageTopicArn", "TicketTopicArn", "AccountConcurrency", "TrafficExpected"}


def test_deploy_fills_in_all_that_nobody_chooses() -> None:
    required = set(read_template(TEMPLATE).tree["Parameters"])
    assert required - ADVISED == {"ApiStack", *WATCHED, "Queues", "DeadLetterQueues"}
    assert set(WATCHED) <= set(actual().resources)


def test_nothing_of_consumers_or_of_traffic_is_there_by_default() -> None:
    assert set(of(METRIC, resolved(**ON))) - set(of(METRIC, resolved())) == {
        "QueueGrows",
        "DeadLettersExpire",
        "NoTraffic",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [("PageTopicArn", "topic"), ("AccountConcurrency", "1"), ("TrafficExpected", "yes"), ("ApiStack", "")],
)
def test_a_wrong_value_is_refused(name: str, value: str) -> None:
    with pytest.raises(TemplateError, match=name):
        parameter_values(read_template(TEMPLATE), {**NAMES, name: value})


def test_the_example_has_parameters_of_the_watch() -> None:
    example = tomllib.loads((ROOT / "samconfig.toml.example").read_text())
    (given,) = [it["watch"]["parameters"]["parameter_overrides"] for it in example.values() if "watch" in str(it)]
    assert parameter_values(read_template(TEMPLATE), {**NAMES, **given}).items() >= given.items()
    assert set(given) <= ADVISED


def test_the_file_is_small_enough_to_be_deployed_without_a_bucket() -> None:
    assert TEMPLATE.stat().st_size <= 51_200


def queues(stack: dict[str, Any]) -> dict[str, str]:
    """A name as long as CloudFormation makes them, 80 characters, by logical id."""
    found = [name for name, block in stack["Resources"].items() if block["Type"] == "AWS::SQS::Queue"]
    return {name: f"https://sqs/1/{name:x<80}" for name in found}


def test_the_queues_of_every_consumer_fit_into_a_query() -> None:
    """CloudWatch takes expressions of 2,048 characters."""
    named = queues(actual().resolved(**EVERYTHING))
    assert len(named) > 25
    given = watched([[name, "AWS::SQS::Queue", url] for name, url in named.items()])
    alarms = of(METRIC, resolved(**given))
    for name in ("QueueGrows", "DeadLettersExpire"):
        assert len(alarms[name]["Metrics"][0]["Expression"]) <= 2048


def test_the_stack_itself_watches_the_age_of_each_queue_and_each_dead_letter() -> None:
    """What infra/watch.yaml does not repeat."""
    stack = actual().resolved(**EVERYTHING)
    watching = of(METRIC, stack).values()
    seen = {(it["MetricName"], str(each["Value"])) for it in watching for each in it.get("Dimensions", [])}
    for name in queues(stack):
        metric = "NumberOfMessagesVisible" if name.endswith("DeadLetters") else "AgeOfOldestMessage"
        assert (f"Approximate{metric}", f"users-api-{name}") in seen
