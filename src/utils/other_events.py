"""Events that no function here answers: what they are, told in one line. Loaded on the first of them.

The names are those of AWS's documentation of each service's events. Nothing of an event's content is told.
"""

from __future__ import annotations

from utils.errors import InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EXPECTED = "a request of an API Gateway REST API with Lambda proxy integration (payload format 1.0)"

# A field of requestContext -> the service that sends it.
CONTEXTS = {
    "elb": "an Application Load Balancer",
    "http": "an HTTP API or a function URL (payload format 2.0)",
    "connectionId": "a WebSocket API",
}
# A field of an event -> its sender, in the order of the checks.
MEMBERS = {
    "methodArn": "an API Gateway that asks an authorizer",
    "routeArn": "an API Gateway that asks an authorizer",
    "detail-type": "EventBridge: a schedule or a rule",
    "Records": "a queue, a stream, a topic or a bucket",
    "triggerSource": "a Cognito pool",
    "warmer": "a warm-up ping",
    "warmup": "a warm-up ping",
    "httpMethod": "a test by hand: a proxy request without resource or isBase64Encoded",
    "key1": "a test of the Lambda console",
}
WARM_UPS = ("serverless-plugin-warmup", "warmup", "aws.events")


class UnexpectedEvent(InternalError):
    """The function was called with an event of another kind than it answers; the client learns no more than that."""

    event = "event_refused"

    def __init__(self, got: str) -> None:
        super().__init__()
        self.logged = {"expected": EXPECTED, "got": got}


def unexpected(event: Any) -> UnexpectedEvent:
    """The refusal of an event, by its shape."""
    if not isinstance(event, dict):
        return UnexpectedEvent("an event that is not an object")
    context = event.get("requestContext")
    for member, service in CONTEXTS.items():
        if isinstance(context, dict) and member in context:
            return UnexpectedEvent(service)
    for member, sender in MEMBERS.items():
        if member in event:
            return UnexpectedEvent(sender)
    if event.get("source") in WARM_UPS:
        return UnexpectedEvent("a warm-up ping")
    return UnexpectedEvent("an event of another kind")


def without_parameter(name: str) -> UnexpectedEvent:
    """The refusal of a request whose resource has no path parameter of that name, such as `/{proxy+}`."""
    return UnexpectedEvent(f"a request of a resource without {{{name}}} in its path")
