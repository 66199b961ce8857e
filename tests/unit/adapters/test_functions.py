"""Functions of Lambda: what they return, and how they fail, by the model of the API."""

from __future__ import annotations

import io

import botocore.session
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from adapters.functions import Functions, NoAnswer


def called(payload: bytes, **more: str):
    """What comes of an invocation with this response."""
    client = botocore.session.Session().create_client(
        "lambda", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as stub:
        body = StreamingBody(io.BytesIO(payload), len(payload))
        expected = {"FunctionName": "users-CreateUser", "Payload": b'{"a": 1}'}
        stub.add_response("invoke", {"StatusCode": 200, "Payload": body, **more}, expected)
        return Functions(client, {"CreateUser": "users-CreateUser"}).call("CreateUser", {"a": 1})


def test_the_function_of_a_name_is_called_and_its_answer_read():
    assert called(b'{"statusCode": 201}') == {"statusCode": 201}


@pytest.mark.parametrize(
    ("payload", "more", "reason"),
    [
        (
            b'{"errorType": "KeyError", "errorMessage": "ada@example.com"}',
            {"FunctionError": "Unhandled"},
            "failed: KeyError",
        ),
        (b"Task timed out", {"FunctionError": "Unhandled"}, "failed: without a reason"),
        (b"<html>", {}, "returned no JSON"),
    ],
)
def test_a_function_that_gives_no_answer_is_told_without_its_text(payload, more, reason):
    with pytest.raises(NoAnswer, match=f"^{reason}$"):
        called(payload, **more)


def test_a_function_that_cannot_be_called_is_told():
    client = botocore.session.Session().create_client(
        "lambda", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as stub:
        stub.add_client_error("invoke", "AccessDeniedException")
        with pytest.raises(NoAnswer, match="could not be called: ClientError"):
            Functions(client, {"GetUser": "g"}).call("GetUser", {})
