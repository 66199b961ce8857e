"""Golden: functions run as on Lambda.

Source: AWS documentation, "Using the Lambda context object to retrieve Python function information",
/lambda/latest/dg/python-context.html; "Working with Lambda environment variables",
/lambda/latest/dg/configuration-envvars.html; "Understanding the Lambda execution environment lifecycle",
/lambda/latest/dg/lambda-runtime-environment.html.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from local.functions import host
from tests.local.gateway_api import TEMPLATES

TEMPLATE = "proxy"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def seen(api):
    return api.get("/echo").json()


def test_the_context_names_the_function_and_the_request(api):
    context = seen(api)["context"]
    assert "EchoFunction" in context["function_name"]
    assert context["invoked_function_arn"].endswith(f":function:{context['function_name']}")
    assert context["log_group_name"] == f"/aws/lambda/{context['function_name']}"
    assert (context["memory_limit_in_mb"], context["function_version"]) == ("256", "$LATEST")
    assert re.fullmatch(UUID, context["aws_request_id"])
    assert re.match(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", context["log_stream_name"])


def test_lambdas_request_id_is_not_the_gateways(api):
    answer = seen(api)
    assert answer["context"]["aws_request_id"] != answer["event"]["requestContext"]["requestId"]


def test_the_context_knows_how_much_time_is_left(api):
    assert 5000 < seen(api)["context"]["remaining"] <= 7000


def test_the_environment_is_the_templates_and_lambdas_own(api):
    environment = seen(api)["environment"]
    assert (environment["COLOUR"], environment["SHADE"]) == ("blue", "light")
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == seen(api)["context"]["function_name"]
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    names = "REGION ACCESS_KEY_ID SECRET_ACCESS_KEY SESSION_TOKEN EXECUTION_ENV LAMBDA_LOG_GROUP_NAME"
    own = {f"AWS_{name}" for name in names.split()} | {"LAMBDA_TASK_ROOT", "_HANDLER", "TZ"}
    assert own <= set(environment)


@pytest.mark.local_only
def test_nothing_of_the_developers_own_environment_reaches_a_function(local_api, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA-of-the-developer")
    monkeypatch.setenv("MY_TOKEN", "secret")
    environment = seen(local_api("proxy"))["environment"]
    assert "AWS_PROFILE" not in environment
    assert "MY_TOKEN" not in environment
    assert environment["AWS_ACCESS_KEY_ID"] == "test"


@pytest.mark.local_only
def test_functions_do_not_share_environments_or_the_processs_own(api):
    assert "COLOUR" not in os.environ
    assert seen(api)["environment"]["COLOUR"] == "blue"
    assert "COLOUR" not in os.environ


@pytest.mark.local_only
def test_an_environment_keeps_its_modules_from_call_to_call(local_api):
    api = local_api("proxy")
    numbers = [int(api.get("/count").text.split()[0]) for _ in range(3)]
    assert numbers == [1, 2, 3]


@pytest.mark.local_only
def test_an_environment_serves_one_request_at_a_time(local_api):
    """Two slow calls at once run in two environments; a third, later, finds one of them idle."""
    api = local_api("proxy")
    threads = [threading.Thread(target=api.post, args=("/answer", {"sleep": 0.3, "answer": {}})) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    api.post("/answer", {"answer": {}})
    assert by_name(api, "AnswerFunction").alive == 2


@pytest.mark.local_only
def test_more_requests_than_environments_wait_their_turn(local_api, monkeypatch):
    monkeypatch.setattr(host, "CONCURRENCY", 2)
    api = local_api("proxy")
    statuses = []
    threads = [
        threading.Thread(target=lambda: statuses.append(api.post("/answer", {"sleep": 0.1, "answer": {}}).status))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
    assert by_name(api, "AnswerFunction").alive == 2


@pytest.mark.local_only
def test_an_environment_that_timed_out_is_cut_and_replaced(local_api):
    api = local_api("proxy")
    before = set(threading.enumerate())
    assert api.post("/answer", {"spin": 3.5}).status == 502
    assert api.post("/answer", {"answer": {"statusCode": 200}}).status == 200
    end = time.monotonic() + 2
    while len(started(before, "AnswerFunction")) > 1 and time.monotonic() < end:
        time.sleep(0.05)
    assert len(started(before, "AnswerFunction")) == 1  # the one that span is gone, though it would still be spinning


@pytest.mark.local_only
def test_a_function_goes_on_when_the_gateway_has_given_up_until_its_own_time_is_up(local_api):
    """/soon gives up after 0.3 s; the function's own time-out is 2 s."""
    api = local_api("proxy")
    assert api.post("/soon", {"sleep": 0.8, "answer": {}}).status == 504
    function = by_name(api, "AnswerFunction")
    assert (function.alive, len(function.idle)) == (1, 0)
    time.sleep(0.8)
    assert (function.alive, len(function.idle)) == (1, 1)
    assert api.post("/soon", {"spin": 9}).status == 504
    time.sleep(2.2)
    assert function.alive == 0


@pytest.mark.local_only
def test_a_call_over_the_reserved_concurrency_is_rejected_at_once(local_api):
    """Lambda answers 429, for which API Gateway answers 500 ("Invoking Lambda with API Gateway", error handling)."""
    api = reserved(local_api, 1)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(api.post, "/answer", {"sleep": 1, "answer": {"statusCode": 200}})
        wait_until(lambda: by_name(api, "AnswerFunction").alive)
        assert api.post("/answer", {"answer": {"statusCode": 200}}).status == 500
        assert slow.result().status == 200
    assert "the reserved concurrency is 1" in api.seen[0][2].refusal.reason
    assert api.post("/answer", {"answer": {"statusCode": 200}}).status == 200


@pytest.mark.local_only
def test_a_function_with_a_reserved_concurrency_of_0_is_rejected_at_once(local_api):
    api = reserved(local_api, 0)
    assert api.post("/answer", {"answer": {"statusCode": 200}}).status == 500
    assert by_name(api, "AnswerFunction").alive == 0


@pytest.mark.local_only
def test_without_a_reserved_concurrency_calls_wait(local_api):
    api = reserved(local_api, 1, reserved=False)
    with ThreadPoolExecutor() as pool:
        calls = [pool.submit(api.post, "/answer", {"sleep": 0.1, "answer": {"statusCode": 200}}) for _ in range(3)]
        assert [call.result().status for call in calls] == [200, 200, 200]


def reserved(local_api, concurrency, *, reserved=True):
    """The proxy template with another concurrency of one function."""
    api = local_api("proxy")
    function = by_name(api, "AnswerFunction")
    function.settings = replace(function.settings, concurrency=concurrency, reserved=reserved)
    return api


def wait_until(holds):
    """Ask again until it holds; bounded."""
    for _ in range(200):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("it never held")


@pytest.mark.local_only
def test_a_changed_file_is_served_at_the_next_request(local_api, tmp_path, monkeypatch):
    api = copied(local_api, tmp_path, monkeypatch)
    assert api.get("/count").text.startswith("1 ")
    code = tmp_path / "functions" / "counter.py"
    code.write_text(code.read_text().replace('f"{calls} ', 'f"changed {calls} '))
    assert api.get("/count").text.startswith("changed 1 ")


@pytest.mark.local_only
def test_the_next_request_runs_the_changed_code_every_time(local_api, tmp_path, monkeypatch):
    api = copied(local_api, tmp_path, monkeypatch)
    code = tmp_path / "functions" / "counter.py"
    original = code.read_text()
    for number in range(10, 60):  # each text as long as the last, each written at once after an answer
        code.write_text(original.replace('f"{calls} ', f'f"{number} {{calls}} '))
        assert api.get("/count").text.startswith(f"{number} 1 ")


@pytest.mark.local_only
def test_a_broken_file_is_502_with_its_reason_on_the_console_and_mends(local_api, tmp_path, monkeypatch):
    api = copied(local_api, tmp_path, monkeypatch)
    code = tmp_path / "functions" / "counter.py"
    good = code.read_text()
    code.write_text("def lambda_handler(:\n")
    assert api.get("/count").status == 502
    assert "counter.py" in api.seen[-1][2].refusal.reason
    assert "SyntaxError" in api.seen[-1][2].refusal.reason
    code.write_text(good)
    assert api.get("/count").status == 200


@pytest.mark.local_only
def test_the_reason_of_a_failure_shows_the_functions_own_lines_only(local_api):
    api = local_api("proxy")
    api.post("/answer", {"raise": "no"})
    reason = api.seen[-1][2].refusal.reason
    assert "answer.py" in reason
    assert "ValueError: no" in reason
    assert "local/functions/function.py" not in reason


def by_name(api, name):
    return next(function for function in api.functions.values() if function.settings.logical_id == name)


def started(before, name):
    return [thread for thread in threading.enumerate() if thread.name == name and thread not in before]


def copied(local_api, folder: Path, monkeypatch):
    """The proxy template over code of its own, which a test may change."""
    shutil.copytree(TEMPLATES.parent / "functions", folder / "functions")
    shutil.copytree(TEMPLATES, folder / "templates")
    monkeypatch.setattr("tests.local.gateway_api.TEMPLATES", folder / "templates")
    return local_api("proxy")
