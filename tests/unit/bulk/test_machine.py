"""Starting an execution: signed as Step Functions wants it, once for each name."""

from __future__ import annotations

import datetime
import json

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from bulk.machine import Machine, StatesTransport, endpoint_from
from dynamodb.endpoints import Endpoint
from dynamodb.errors import ConfigurationError, RequestRejected, Throttled
from dynamodb.signing import Credentials
from utils.errors import ServiceUnavailable

NOW = 1_790_000_000.0


def test_a_request_is_signed_as_botocore_signs_it(monkeypatch):
    moment = datetime.datetime.fromtimestamp(NOW, datetime.UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda **_: moment)
    transport = StatesTransport(Endpoint("states.eu-west-1.amazonaws.com", "eu-west-1"), lambda _: None)
    transport._now = lambda: NOW
    sent = transport.request("StartExecution", b"{}", Credentials("AKID", "secret", "token")).decode()
    head = dict(line.split(": ", 1) for line in sent.split("\r\n\r\n")[0].split("\r\n")[1:])

    request = AWSRequest("POST", "https://states.eu-west-1.amazonaws.com/", data=b"{}")
    for name in ("content-type", "x-amz-target"):
        request.headers[name] = head[name]
    SigV4Auth(BotoCredentials("AKID", "secret", "token"), "states", "eu-west-1").add_auth(request)

    assert head["authorization"] == request.headers["Authorization"]
    assert head["x-amz-target"] == "AWSStepFunctions.StartExecution"
    assert sent.endswith("\r\n\r\n{}")


@pytest.mark.parametrize(
    ("environ", "host"),
    [
        ({"AWS_REGION": "eu-west-1"}, "states.eu-west-1.amazonaws.com"),
        ({"AWS_REGION": "cn-north-1"}, "states.cn-north-1.amazonaws.com.cn"),
        ({"AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": "http://localhost:4566"}, "localhost:4566"),
        ({"AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL_SFN": "https://vpce.example"}, "vpce.example"),
    ],
)
def test_the_service_is_where_the_variables_say(environ, host):
    assert endpoint_from(environ).host_header == host


def test_without_a_region_there_is_no_service():
    with pytest.raises(ConfigurationError):
        endpoint_from({})


def test_an_execution_has_its_name_and_its_input():
    sent = []
    Machine(lambda *call: sent.append(call) or {}, "arn").start("n", {"a": 1})
    assert sent == [("StartExecution", {"stateMachineArn": "arn", "name": "n", "input": json.dumps({"a": 1})})]


def raising(error):
    def call(*_):
        raise error

    return call


def test_an_execution_that_an_earlier_attempt_started_is_started():
    Machine(raising(RequestRejected("ExecutionAlreadyExists")), "arn").start("n", {})


def test_other_failures_are_told():
    with pytest.raises(ServiceUnavailable):
        Machine(raising(Throttled("ThrottlingException")), "arn").start("n", {})
    with pytest.raises(RequestRejected):
        Machine(raising(RequestRejected("AccessDeniedException")), "arn").start("n", {})
