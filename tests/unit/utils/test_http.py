"""Requests, and the endpoint that answers for everything."""

from __future__ import annotations

import base64
import json
import logging

import pytest

from dynamodb.errors import RequestRejected
from tests.support.events import Context, event
from tests.support.problems import assert_error
from utils.deadline import Deadline
from utils.errors import (
    BodyTooLarge,
    InvalidHeader,
    InvalidJson,
    InvalidQuery,
    ServiceUnavailable,
    UnsupportedMediaType,
)
from utils.http import MAX_BODY, RESERVE_SECONDS, Request, endpoint, whole_number
from utils.response import ok


@pytest.fixture(autouse=True)
def _settings(monkeypatch):
    monkeypatch.setenv("CORS_ORIGIN", "https://app.example")


def request(*arguments, parameters=None, **more):
    return Request(event(*arguments, **more), Deadline(1), parameters or {})


def posted(body, **headers):
    return request("POST", "/users", body, {name.replace("_", "-"): value for name, value in headers.items()}).json()


# -- requests -----------------------------------------------------------------------------------------------------


def test_headers_are_found_in_any_case_and_repeated_ones_joined():
    sent = event("GET", "/users")
    sent["multiValueHeaders"] = {"If-None-Match": ['"1"', '"2"'], "if-none-match": ['"3"'], "X": ["y"]}
    assert Request(sent, Deadline(1), {}).headers == {"if-none-match": '"1", "2", "3"', "x": "y"}


def test_headers_that_come_once_only_are_read_too():
    sent = {**event("GET", "/users"), "multiValueHeaders": None, "headers": {"Content-Type": "text/plain"}}
    assert Request(sent, Deadline(1), {}).headers == {"content-type": "text/plain"}


def test_an_event_with_nothing_in_it_is_a_request_with_nothing_in_it():
    empty = Request({}, Deadline(1), {})
    assert (empty.method, empty.headers, empty.query, empty.path, empty.location) == ("", {}, {}, {}, "")
    assert empty.caller == "anonymous"


def test_the_location_is_the_path_as_the_client_called_it():
    assert request("POST", "/users").location == "/Prod/users"
    assert Request({"path": "/users/"}, Deadline(1), {}).location == "/users"


def test_the_caller_is_the_token_s_subject_or_the_key_s_id():
    sent = event("POST", "/users", caller="abc")
    assert Request(sent, Deadline(1), {}).caller == "key:abc"
    sent["requestContext"]["authorizer"] = {"claims": {"sub": "42"}}
    assert Request(sent, Deadline(1), {}).caller == "sub:42"
    sent["requestContext"]["authorizer"] = {"claims": {}}
    assert Request(sent, Deadline(1), {}).caller == "key:abc"
    assert request("POST", "/users").caller == "anonymous"


def test_a_body_is_read_as_it_was_sent():
    assert posted({"name": "Zoë"}) == {"name": "Zoë"}
    assert Request({"body": '{"a":1}'}, Deadline(1), {}).json() == {"a": 1}


def test_no_body_is_no_json():
    for sent in ({}, {"body": None}, {"body": ""}, {"body": "", "isBase64Encoded": True}):
        with pytest.raises(InvalidJson):
            Request(sent, Deadline(1), {}).json()


def test_what_is_not_base64_is_no_json():
    with pytest.raises(InvalidJson):
        Request({"body": "a", "isBase64Encoded": True}, Deadline(1), {}).json()


def test_a_body_has_a_size():
    fits = b'"' + b"x" * (MAX_BODY - 2) + b'"'
    assert posted(fits)
    with pytest.raises(BodyTooLarge, match="16384 bytes"):
        posted(fits + b" ")
    with pytest.raises(BodyTooLarge):
        Request({"body": '"' + "é" * (MAX_BODY // 2) + '"'}, Deadline(1), {}).json()


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json; charset=utf8",
        " application/json ",
        "application/json; profile=x",
    ],
)
def test_json_is_read(media_type):
    assert posted("{}", content_type=media_type) == {}


@pytest.mark.parametrize(
    "media_type",
    [
        "",
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "application/merge-patch+json",
        "application/jsonp",
        "application/json, text/plain",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
    ],
)
def test_anything_else_is_not(media_type):
    with pytest.raises(UnsupportedMediaType):
        posted("{}", content_type=media_type)


def test_a_merge_patch_is_read_where_patches_are():
    kind = {"Content-Type": "application/merge-patch+json"}
    assert request("PATCH", "/users/1", "{}", kind).json() == {}
    with pytest.raises(UnsupportedMediaType):
        request("PUT", "/users/1", "{}", kind).json()


def refused(method, body="{}", **headers):
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(UnsupportedMediaType) as caught:
        request(method, "/users", body, sent).json()
    return caught.value.headers


PATCHES = "application/json, application/merge-patch+json"


def test_a_refused_media_type_comes_with_what_is_accepted():
    """RFC 9110, 15.5.16; RFC 5789, 2.2; RFC 7694, 3: never Accept-Encoding for another reason than a coding."""
    for more in ({"content_type": "text/plain"}, {"content_type": "application/json; charset=latin-1"}):
        assert refused("POST", **more) == refused("PUT", **more) == {"Accept": "application/json"}
        assert refused("PATCH", **more) == {"Accept": PATCHES, "Accept-Patch": PATCHES}
    for method in ("POST", "PUT", "PATCH"):
        assert refused(method, content_encoding="gzip") == {"Accept-Encoding": "identity"}


@pytest.mark.parametrize("value", ["bytes 0-4/10", "bytes */*", "items 1-2/3", ""])
def test_a_part_of_a_PUT_is_refused(value):
    """RFC 9110, 14.5; where a method says nothing of Content-Range it means nothing (14.4)."""
    with pytest.raises(InvalidHeader, match="Content-Range"):
        request("PUT", "/users/1", "{}", {"Content-Range": value}).json()
    for method in ("POST", "PATCH"):
        assert request(method, "/users", "{}", {"Content-Range": value}).json() == {}


def test_a_coded_body_is_refused():
    assert posted("{}", content_encoding="identity") == {}
    with pytest.raises(UnsupportedMediaType, match="Content-Encoding"):
        posted("{}", content_encoding="gzip")


def test_an_idempotency_key_is_the_caller_s():
    key = request("POST", "/users", {}, {"Idempotency-Key": "k"}, caller="abc").idempotency_key({})
    assert (key.caller, key.value) == ("key:abc", "k")
    assert request("POST", "/users").idempotency_key({}) is None


def test_a_precondition_is_read_from_the_headers():
    assert request("GET", "/users/1", headers={"If-Match": '"3"'}).precondition.match == [3]


# -- query parameters ---------------------------------------------------------------------------------------------

KNOWN = {"limit": whole_number("limit", 1, 1000), "lastKey": str}


def queried(text, parameters=None):
    return request("GET", "/users", query=text, parameters=KNOWN if parameters is None else parameters).query


def test_known_parameters_are_read():
    assert queried("limit=7&lastKey=abc") == {"limit": 7, "lastKey": "abc"}
    assert queried("") == {}
    assert queried("limit=1") == {"limit": 1}
    assert queried("limit=1000") == {"limit": 1000}
    assert queried("limit=0005") == {"limit": 5}


@pytest.mark.parametrize(
    "value",
    ["", "0", "-1", "+1", "abc", "1.5", "1e2", "%205", "5%20", "1_0", "1001", "00001", "9" * 5000, "%D9%A1", "%C2%B2"],
)
def test_a_limit_is_a_whole_number_in_ascii_digits(value):
    with pytest.raises(InvalidQuery, match="limit must be an integer from 1 to 1000"):
        queried(f"limit={value}")


@pytest.mark.parametrize("text", ["limit=1&limit=1", "limit=1&limit=100", "lastKey=a&lastKey=b"])
def test_a_repeated_parameter_is_refused(text):
    with pytest.raises(InvalidQuery, match="more than once"):
        queried(text)


def test_an_unknown_parameter_is_refused_with_what_is_known():
    with pytest.raises(InvalidQuery, match="accepts these query parameters: limit, lastKey"):
        queried("Limit=1")
    with pytest.raises(InvalidQuery, match="accepts no query parameters"):
        queried("x=", parameters={})


# -- the endpoint -------------------------------------------------------------------------------------------------


def answered(action, sent=None, context=None, **providers):
    handler = endpoint(action, **providers)
    return handler(event("GET", "/users") if sent is None else sent, context or Context())


def test_an_action_gets_the_request_and_what_it_asked_for():
    def action(request, number):
        return ok({"method": request.method, "number": number})

    answer = answered(action, number=lambda deadline: 7)
    assert json.loads(answer["body"]) == {"method": "GET", "number": 7}
    assert answer["headers"]["Access-Control-Allow-Origin"] == "https://app.example"


def test_a_provider_gets_the_time_that_is_left():
    left = []
    answered(lambda request, clock: ok({}), context=Context(seconds=3), clock=lambda d: left.append(d.remaining()))
    assert 2.5 < left[0] <= 3 - RESERVE_SECONDS


def test_a_failure_with_an_answer_is_answered_as_itself():
    def action(request):
        raise BodyTooLarge("It is over 16384 bytes.")

    sent = event("POST", "/users")
    answer = answered(action, sent)
    document = assert_error(answer["statusCode"], answer["headers"], answer["body"], 413, "body_too_large")
    assert document["requestId"] == sent["requestContext"]["requestId"]


def test_a_bad_query_is_answered_before_the_action():
    answer = answered(lambda request: pytest.fail("was run"), event("GET", "/users", query="x=1"))
    assert_error(answer["statusCode"], answer["headers"], answer["body"], 400, "invalid_query")


SECRET = "ann@example.com"


def _fails(request):
    try:
        raise RequestRejected("ValidationException", f"item {SECRET}")
    except RequestRejected as error:
        raise ValueError(SECRET) from error


def test_a_fault_is_one_fixed_sentence_and_one_log_line_without_what_the_user_sent(caplog):
    answer = answered(_fails)
    document = assert_error(answer["statusCode"], answer["headers"], answer["body"], 500, "internal_error")
    assert document["detail"] == "Something went wrong on our side."
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "request_failed"
    assert record.apiRequestId == document["requestId"]
    assert record.cause == ["ValueError", "RequestRejected ValidationException"]
    assert "_fails" in record.stack[-1]
    assert SECRET not in repr(vars(record)) + answer["body"]


def test_a_fault_of_a_provider_is_a_fault_too():
    def provider(deadline):
        raise KeyError("x")

    assert answered(lambda request, users: ok({}), users=provider)["statusCode"] == 500


def test_a_database_out_of_reach_leaves_a_warning(caplog):
    def action(request):
        raise ServiceUnavailable from RequestRejected("ThrottlingException")

    answer = answered(action)
    assert answer["headers"]["Retry-After"] == "1"
    assert_error(answer["statusCode"], answer["headers"], answer["body"], 503, "unavailable")
    [record] = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.WARNING, "unavailable")
    assert record.cause[1] == "RequestRejected ThrottlingException"


def test_what_a_client_did_wrong_leaves_no_line(caplog):
    answered(lambda request: ok({}), event("GET", "/users", query="x=1"))
    assert not caplog.records


def test_without_a_gateway_s_id_the_invocation_s_is_used():
    context = Context()
    answer = answered(lambda request: ok({}), {"body": base64.b64encode(b"x").decode()}, context)
    assert answer["headers"]["X-Request-Id"] == context.aws_request_id


@pytest.mark.parametrize("sent", [{}, {"requestContext": None, "multiValueHeaders": None}, [], None, "x"])
def test_an_event_of_another_kind_is_answered_too(sent):
    handler = endpoint(lambda request: ok({}))
    assert handler(sent, Context())["statusCode"] in (200, 500)


def test_a_body_with_half_a_surrogate_pair_is_not_utf_8():
    with pytest.raises(InvalidJson):
        Request({"body": '"\ud800"'}, Deadline(1), {}).json()
