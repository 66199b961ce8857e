"""The stand-in Runtime API, spoken to over a socket as AWS's runtime client does."""

from __future__ import annotations

import http.client
import json
import threading

import pytest

from benchmarks.stage.runtime_api import PREFIX, FunctionFailed, RuntimeApi, answer_of


def client_of(api: RuntimeApi, answer: bytes, path: str = "response") -> threading.Thread:
    """A runtime client that takes one event and answers it; then it asks for the next."""

    def run() -> None:
        connection = http.client.HTTPConnection(api.address, timeout=10)
        connection.request("GET", f"{PREFIX}/invocation/next")
        response = connection.getresponse()
        event = response.read()
        request_id = response.headers["Lambda-Runtime-Aws-Request-Id"]
        assert int(response.headers["Lambda-Runtime-Deadline-Ms"]) > 0
        connection.request("POST", f"{PREFIX}/invocation/{request_id}/{path}", answer or event)
        connection.getresponse().read()
        connection.request("GET", f"{PREFIX}/invocation/next")

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_an_event_is_handed_over_and_its_answer_taken_with_both_times():
    with RuntimeApi() as api:
        client_of(api, b"")
        ready = api.wait_until_ready(5)
        body, sent, answered = api.invoke(b'{"large": "%s"}' % (b"x" * 300_000))
        assert len(json.loads(body)["large"]) == 300_000
        assert ready <= sent <= answered


def test_an_error_of_the_function_is_told():
    with RuntimeApi() as api:
        client_of(api, b'{"errorMessage": "no such table"}', path="error")
        with pytest.raises(FunctionFailed, match="no such table"):
            api.invoke(b"{}")


def test_a_function_that_cannot_start_is_told():
    with RuntimeApi() as api:
        connection = http.client.HTTPConnection(api.address, timeout=5)
        connection.request("POST", f"{PREFIX}/init/error", b'{"errorMessage": "No module named x"}')
        with pytest.raises(FunctionFailed, match="No module named x"):
            api.wait_until_ready(5)
        connection.close()


def test_a_function_that_says_nothing_is_not_waited_for():
    with RuntimeApi() as api, pytest.raises(FunctionFailed, match="no request within"):
        api.wait_until_ready(0.05)


def test_an_answer_that_is_no_object_is_refused():
    with pytest.raises(FunctionFailed, match="not a proxy answer"):
        answer_of(b"[]")
