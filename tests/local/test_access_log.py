"""The access log: the template's own format, one line for each request.

Source: AWS documentation, "Variables for access logging for API Gateway",
/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html.
"""

from __future__ import annotations

import json

import pytest

from local.gateway.access_log import AccessLog
from local.gateway.events import exchange
from local.gateway.responses import Refusal
from local.gateway.rest_api import Outcome
from local.wire.messages import Request, Response

pytestmark = pytest.mark.local_only
CONTEXT = {"requestId": "r-1", "identity": {"sourceIp": "127.0.0.1"}}


def written(tmp_path, line_format, outcome=None, status=200):
    log = AccessLog(tmp_path / "logs" / "access.log", line_format)
    log.write(exchange(Request("GET", "/", [], b"", "127.0.0.1"), "Prod"), Response(status, [], b"12345"),
              outcome or Outcome(), CONTEXT)  # fmt: skip
    log.close()
    return (tmp_path / "logs" / "access.log").read_text()


def test_variables_are_replaced_and_what_is_not_there_is_a_hyphen(tmp_path):
    line = written(
        tmp_path, '{"id":"$context.requestId","ip":"$context.identity.sourceIp","key":"$context.identity.apiKey"}'
    )
    assert json.loads(line) == {"id": "r-1", "ip": "127.0.0.1", "key": "-"}


def test_status_length_and_latencies_are_those_of_the_answer(tmp_path):
    outcome = Outcome()
    outcome.integration_latency = 7
    line = written(tmp_path, "$context.status $context.responseLength $context.integration.latency", outcome, 204)
    assert line == "204 5 7\n"


def test_a_refusal_names_its_type(tmp_path):
    outcome = Outcome()
    outcome.refusal = Refusal("THROTTLED")
    line = written(tmp_path, "$context.error.responseType $context.error.messageString", outcome, 429)
    assert line == 'THROTTLED "Too Many Requests"\n'


def test_a_format_of_several_lines_makes_one_line(tmp_path):
    assert written(tmp_path, "$context.status\n$context.requestId") == "200 r-1\n"


def test_lines_are_appended(tmp_path):
    written(tmp_path, "$context.status")
    assert written(tmp_path, "$context.status") == "200\n200\n"


def test_a_full_log_is_kept_once_and_begun_anew(tmp_path, monkeypatch):
    monkeypatch.setattr("local.gateway.access_log.ROTATE_BYTES", 3)
    written(tmp_path, "$context.status")
    written(tmp_path, "$context.requestId")
    assert sorted(path.name for path in (tmp_path / "logs").iterdir()) == ["access.1.log", "access.log"]


def test_a_line_is_in_the_file_once_it_has_been_flushed(tmp_path):
    log = AccessLog(tmp_path / "access.log", "$context.status")
    log.write(exchange(Request("GET", "/", [], b"", "127.0.0.1"), "Prod"), Response(200), Outcome(), CONTEXT)
    log.flush()
    assert (tmp_path / "access.log").read_text() == "200\n"
    log.close()


def test_no_line_is_lost_and_none_is_cut_when_the_file_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr("local.gateway.access_log.ROTATE_BYTES", 50)
    log = AccessLog(tmp_path / "access.log", "$context.status")
    for number in range(100, 120):
        log.write(exchange(Request("GET", "/", [], b"", "127.0.0.1"), "Prod"), Response(number), Outcome(), CONTEXT)
    log.close()
    older, newer = (tmp_path / "access.1.log").read_text(), (tmp_path / "access.log").read_text()
    assert older + newer == "".join(f"{number}\n" for number in range(100, 120))
    assert newer
