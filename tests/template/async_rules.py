"""Rules for what happens after an answer: each asynchronous path ends in a queue for failures, with an alarm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.template.stack import Stack, dig

DEPTH, AGE, ITERATOR_AGE = "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage", "IteratorAge"


def each_asynchronous_path_ends_in_a_queue(stack: Stack) -> Iterator[str]:
    for name, block in stack.resources.items():
        if not _has_failure_queue(stack, block["Type"], block.get("Properties") or {}):
            yield f"{name} has no queue for what fails"


def each_failure_queue_has_an_alarm(stack: Stack) -> Iterator[str]:
    for queue in _failure_queues(stack):
        if not _watched(stack, queue, DEPTH, {"Fn::GetAtt": [queue, "QueueName"]}, most=1):
            yield f"{queue} has no alarm on {DEPTH} that rings at the first message"


def each_source_has_an_alarm_on_its_age(stack: Stack) -> Iterator[str]:
    """Nothing waits unseen: the oldest message of a queue, and the oldest record of a stream for its function."""
    for name, mapping in stack.of("AWS::Lambda::EventSourceMapping").items():
        queue = dig(mapping, "EventSourceArn", "Fn::GetAtt", 0)
        if queue in stack.of("AWS::SQS::Queue"):
            if not _watched(stack, queue, AGE, {"Fn::GetAtt": [queue, "QueueName"]}):
                yield f"{queue} has no alarm on {AGE}"
        elif not _watched(stack, _reader(mapping) or name, ITERATOR_AGE, mapping["FunctionName"]):
            yield f"{name} has no alarm on the {ITERATOR_AGE} of its function"


def _reader(mapping: dict[str, Any]) -> str:
    """The function of a mapping, which is there whenever the mapping is; '' if it is none of the stack."""
    function = mapping["FunctionName"]
    return str(function["Ref"]) if isinstance(function, dict) else ""


def _watched(stack: Stack, name: str, metric: str, dimension: object, most: float = float("inf")) -> bool:
    """Whether an alarm watches a metric of the resource `name`, under its condition, and rings at `most` or earlier."""
    condition = stack.resources[name].get("Condition")
    return any(
        alarm.get("MetricName") == metric
        and [it["Value"] for it in alarm.get("Dimensions") or []] == [dimension]
        and alarm["Threshold"] <= most
        and stack.resources[alarm_name].get("Condition") in (None, condition)
        for alarm_name, alarm in stack.of("AWS::CloudWatch::Alarm").items()
    )


def alarms_tell_someone(stack: Stack) -> Iterator[str]:
    wanted = {"Fn::If": ["AlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    for name, block in stack.of("AWS::CloudWatch::Alarm").items():
        if block.get("AlarmActions") != wanted:
            yield f"{name} does not go to AlarmTopicArn"
        if len(block.get("AlarmDescription") or "") < 10:
            yield f"{name} does not say what to do"


def _has_failure_queue(stack: Stack, kind: str, properties: dict[str, Any]) -> bool:
    """Whether a resource that delivers something loses nothing when delivery fails; others have nothing to lose."""
    if kind == "AWS::Lambda::EventSourceMapping":
        source = dig(properties, "EventSourceArn", "Fn::GetAtt", 0)
        queue = stack.of("AWS::SQS::Queue").get(source)
        return bool(dig(queue or properties, *(["RedrivePolicy"] if queue else ["DestinationConfig", "OnFailure"])))
    if kind == "AWS::Events::Rule":
        return all("DeadLetterConfig" in target for target in properties.get("Targets") or [])
    if kind == "AWS::Lambda::EventInvokeConfig":
        return bool(dig(properties, "DestinationConfig", "OnFailure"))
    if kind == "AWS::SNS::Subscription":
        return "RedrivePolicy" in properties
    return True


def _failure_queues(stack: Stack) -> set[str]:
    """Logical ids of the queues that failures go to."""
    found: set[str] = set()
    for properties in stack.of("AWS::SQS::Queue").values():
        found.add(dig(properties, "RedrivePolicy", "deadLetterTargetArn", "Fn::GetAtt", 0))
    for properties in stack.of("AWS::Lambda::EventSourceMapping").values():
        found.add(dig(properties, "DestinationConfig", "OnFailure", "Destination", "Fn::GetAtt", 0))
    for properties in stack.of("AWS::Events::Rule").values():
        found |= {dig(target, "DeadLetterConfig", "Arn", "Fn::GetAtt", 0) for target in properties.get("Targets") or []}
    return {queue for queue in found if queue}
