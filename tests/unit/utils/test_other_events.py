"""Events of other services are refused in one line that says what is expected; no handler misreads one."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from handlers import create_user, delete_user, get_user, list_users, update_user
from tests.support.events import Context, event
from tests.support.problems import assert_error
from utils.http import endpoint
from utils.other_events import EXPECTED, WARM_UPS
from utils.response import ok

HANDLERS = [it.lambda_handler for it in (create_user, delete_user, get_user, list_users, update_user)]
ID = "00000000-0000-4000-8000-000000000000"
SECRET = "ann@example.com"
BODY = json.dumps({"name": "Ann", "email": SECRET})


def payload_2(domain: str = "abc.execute-api.eu-west-1.amazonaws.com", **more: Any) -> dict[str, Any]:
    """HTTP API, payload format 2.0; a function URL sends the same without path parameters."""
    return {
        "version": "2.0",
        "routeKey": "GET /users",
        "rawPath": "/users",
        "rawQueryString": "limit=1",
        "headers": {"content-type": "application/json"},
        "queryStringParameters": {"limit": "1"},
        "requestContext": {
            "domainName": domain,
            "http": {"method": "GET", "path": "/users"},
            "requestId": "JKJaXmPLvHcESHA=",
        },
        "body": BODY,
        "isBase64Encoded": False,
        **more,
    }


def balancer(**more: Any) -> dict[str, Any]:
    """An Application Load Balancer's event."""
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/x/1"}},
        "httpMethod": "GET",
        "path": f"/users/{ID}",
        "queryStringParameters": {"limit": "1"},
        "headers": {"content-type": "application/json", "host": "lb.example"},
        "body": BODY,
        "isBase64Encoded": False,
        **more,
    }


OTHERS: dict[str, tuple[Any, str]] = {
    "HTTP API 2.0": (payload_2(pathParameters={"userId": ID}), "payload format 2.0"),
    "function URL": (payload_2("xyz.lambda-url.eu-west-1.on.aws"), "payload format 2.0"),
    "load balancer": (balancer(), "an Application Load Balancer"),
    "load balancer, many values": (
        balancer(multiValueHeaders={}, multiValueQueryStringParameters={"limit": ["1"]}),
        "an App",
    ),
    "WebSocket": (
        {"requestContext": {"connectionId": "a", "eventType": "CONNECT"}, "isBase64Encoded": False},
        "a WebSocket",
    ),
    "authorizer": ({**event("GET", "/users"), "methodArn": "arn", "type": "REQUEST"}, "an authorizer"),
    "authorizer 2.0": ({"version": "2.0", "type": "REQUEST", "routeArn": "arn"}, "an authorizer"),
    "schedule": (
        {"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}},
        "EventBridge",
    ),
    "queue": ({"Records": [{"eventSource": "aws:sqs", "body": SECRET}]}, "a queue, a stream"),
    "user pool": ({"triggerSource": "PreSignUp_SignUp", "request": {}}, "Cognito"),
    "warm-up plugin": ({"source": "serverless-plugin-warmup"}, "a warm-up ping"),
    "lambda-warmer": ({"warmer": True, "concurrency": 3}, "a warm-up ping"),
    "console test": ({"key1": "value1", "key2": "value2", "key3": "value3"}, "Lambda console"),
    "by hand": ({"httpMethod": "GET", "path": "/users", "body": BODY}, "a test by hand"),
    "empty": ({}, "another kind"),
    "odd context": ({"requestContext": [SECRET], "source": {}}, "another kind"),
    "list": ([SECRET], "not an object"),
    "text": (SECRET, "not an object"),
    "null": (None, "not an object"),
}
del OTHERS["authorizer"][0]["isBase64Encoded"]  # API Gateway sends an authorizer no body


@pytest.fixture(autouse=True)
def _settings(monkeypatch):
    monkeypatch.setenv("CORS_ORIGIN", "*")


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda it: it.__module__)
@pytest.mark.parametrize(("sent", "got"), OTHERS.values(), ids=list(OTHERS))
def test_another_event_is_refused_in_one_line(handler, sent, got, caplog):
    answer = handler(sent, Context())
    assert_error(answer["statusCode"], answer["headers"], answer["body"], 500, "internal_error")
    [record] = caplog.records
    assert (record.levelno, record.getMessage(), record.expected) == (logging.WARNING, "event_refused", EXPECTED)
    assert got in record.got
    assert record.apiRequestId == json.loads(answer["body"])["requestId"]
    assert SECRET not in str(vars(record)) + answer["body"]


@pytest.mark.parametrize("source", WARM_UPS)
def test_a_warm_up_is_known_by_its_source(source, caplog):
    endpoint(lambda request: ok({}))({"source": source}, Context())
    assert caplog.records[0].got == "a warm-up ping"


@pytest.mark.parametrize("parameters", [None, {}, {"proxy": f"users/{ID}"}])
def test_a_resource_without_the_parameter_is_refused_too(parameters, caplog):
    handler = endpoint(lambda request: ok({"userId": request.path["userId"]}))
    answer = handler({**event("GET", "/users"), "resource": "/{proxy+}", "pathParameters": parameters}, Context())
    assert_error(answer["statusCode"], answer["headers"], answer["body"], 500, "internal_error")
    assert [record.getMessage() for record in caplog.records] == ["event_refused"]
    assert "{userId}" in caplog.records[0].got


def seen(sent: dict[str, Any]) -> dict[str, Any]:
    """What a handler sees of an event."""

    def action(request):
        return ok(
            {"query": request.query, "location": request.location, "path": dict(request.path), "by": request.caller}
        )

    answer = endpoint(action, {"limit": int})(sent, Context())
    assert answer["statusCode"] == 200
    found: dict[str, Any] = json.loads(answer["body"])
    return found


def test_an_HTTP_API_with_payload_1_0_is_served():
    """It has the members of a REST API's event, and `version`."""
    sent = {**event("GET", f"/users/{ID}", query="limit=1"), "version": "1.0"}
    sent["requestContext"] |= {
        "path": f"/users/{ID}",
        "stage": "$default",
        "authorizer": {"claims": {"sub": "7"}, "scopes": None},
    }
    assert seen(sent) == {"query": {"limit": 1}, "location": f"/users/{ID}", "path": {"userId": ID}, "by": "sub:7"}


def test_a_console_test_of_a_REST_event_with_one_value_each_is_read():
    sent = {**event("GET", "/users", query="limit=1"), "multiValueQueryStringParameters": None}
    assert seen(sent)["query"] == {"limit": 1}
