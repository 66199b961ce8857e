"""`make run` as a person meets it: how it starts, what it says, how it ends, what it refuses."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.project import copied
from tests.support.server import ROOT, Server, free_port

pytestmark = pytest.mark.local_only


def call(url, method="GET", document=None, headers=()):
    """Status and body of one request."""
    body = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **dict(headers)}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def refused(tmp_path, **settings):
    """Start with settings that cannot work: the exit status and the one line on stderr."""
    environment = {**os.environ, "PORT": "0", "DATA": str(tmp_path / "data"), "PARAMETERS": "", **settings}
    command = [sys.executable, "-m", "local.serve"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return done.returncode, lines[0]


@pytest.fixture(scope="module")
def own_server():
    """A server whose life belongs to these tests."""
    with Server() as running:
        yield running


def test_the_api_answers_with_and_without_the_stage(own_server):
    assert call(f"{own_server.url}/users")[0] == 200
    assert call(f"{own_server.url}/Prod/users")[0] == 200


def test_one_screen_says_what_runs_and_what_to_try(own_server):
    screen = own_server.output.split("One line per request")[0]
    assert f"http://localhost:{own_server.port}/users" in screen
    assert "curl -i" in screen
    assert own_server.data in screen
    assert len(screen.splitlines()) < 25


def test_each_request_is_one_line_without_query_or_body(own_server):
    call(f"{own_server.url}/users?limit=7")
    call(f"{own_server.url}/users", "POST", {"name": "Nobody", "email": "not an address"})
    last = time.monotonic() + 5
    while " 400 " not in own_server.output and time.monotonic() < last:
        time.sleep(0.02)  # the line may come a moment after its answer
    lines = own_server.output.splitlines()
    assert any("GET" in line and " /users " in line and " 200 " in line for line in lines)
    assert any("POST" in line and " 400 " in line for line in lines)
    assert "limit=7" not in own_server.output
    assert "not an address" not in own_server.output


def test_an_exception_in_a_handler_is_told_under_its_request_by_kinds_and_places(tmp_path):
    root = copied(tmp_path / "users api")
    handler = root / "src" / "handlers" / "get_user.py"
    begin = "    precondition = request.precondition\n"
    fault = (
        '    try:\n        {}["ada@example.com"]\n    except KeyError as error:\n'
        '        raise ValueError("Ada") from error\n'
    )
    handler.write_text(handler.read_text().replace(begin, fault + begin, 1))
    line = handler.read_text().split("\n").index('        raise ValueError("Ada") from error') + 1
    with Server(root=root) as server:
        status, document = call(f"{server.url}/users/72bbe200-299e-4b30-b76c-777429add539")
    assert status == 500
    lines = server.output.splitlines()
    start = next(number for number, text in enumerate(lines) if document["requestId"] in text)
    request, *under = lines[start : start + 7]
    assert " 500 " in request
    assert under[:4] == [
        f"    ERROR users_api: request_failed  {document['requestId']}",
        "      cause  ValueError",
        "             KeyError",
        under[3],
    ]
    assert under[3].startswith("      stack  utils/http.py:")
    assert under[4] == f"             handlers/get_user.py:{line} get_user"
    assert "ada@example.com" not in server.output.split("One line per request")[1]


def answers(server, path, wanted):
    """Ask until the answer holds a text; every answer on the way must be one."""
    last = time.monotonic() + 40
    while wanted not in str(found := call(f"{server.url}{path}")) and time.monotonic() < last:
        time.sleep(0.05)
    assert wanted in str(found), server.output[-3000:]


@pytest.mark.slow
def test_a_changed_template_or_definition_is_served_and_nobody_is_refused(tmp_path):
    root = copied(tmp_path / "users api")
    contract, template = root / "openapi.yaml", root / "template.yaml"
    with Server(root=root) as server:
        user = call(f"{server.url}/users", "POST", {"name": "Ada", "email": "ada@example.com"})[1]
        contract.write_text(contract.read_text().replace("summary: List users", "summary: List everybody"))
        answers(server, "/openapi.json", "List everybody")
        assert call(f"{server.url}/users/{user['userId']}") == (200, user)

        good = template.read_text()
        template.write_text(good + "Resources: {}\n")
        answers(server, "/openapi.json", "List everybody")
        last = time.monotonic() + 10
        while "goes on" not in server.output and time.monotonic() < last:
            time.sleep(0.05)
        assert "repeats the key 'Resources'; what was served before goes on" in server.output

        table = "  Notes:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      TableName: Notes\n"
        table += "      BillingMode: PAY_PER_REQUEST\n      KeySchema: [{AttributeName: id, KeyType: HASH}]\n"
        table += "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
        template.write_text(good.replace("\nResources:\n", f"\nResources:\n{table}", 1))
        last = time.monotonic() + 20
        while server.output.count("One line per request follows.") < 3 and time.monotonic() < last:
            call(f"{server.url}/users?limit=1")
            time.sleep(0.05)
        assert "Notes" in server.client("dynamodb").list_tables()["TableNames"]
        assert server.stop() == 0
    assert server.output.count("starting again to serve it") == 2


def test_what_cannot_be_imitated_is_listed(own_server):
    assert "X-Ray" in own_server.output


def test_the_access_log_is_in_the_templates_format(own_server):
    answer = urllib.request.urlopen(f"{own_server.url}/users", timeout=20)
    line = json.loads(access_lines(own_server, containing=answer.headers["X-Request-Id"])[0])
    assert {"requestId", "status", "route", "latency"} <= set(line)


def test_a_line_is_in_the_access_log_and_on_the_console_soon_without_a_further_request(own_server):
    names = [urllib.request.urlopen(f"{own_server.url}/users").headers["X-Request-Id"] for _ in range(3)]
    assert len(access_lines(own_server, containing=names[-1])) == 1
    assert eventually(lambda: names[-1] in own_server.output)
    shown = [line.split()[-1] for line in own_server.output.splitlines() if "  GET " in line]
    assert shown[-3:] == names
    assert [json.loads(line)["requestId"] for line in access_lines(own_server)][-3:] == names


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=lambda how: how.name)
def test_a_clean_end_loses_no_line(tmp_path, how):
    server = Server(data=str(tmp_path))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: urllib.request.urlopen(f"{server.url}/users"), range(40)))
    assert server.stop(how) == 0
    names = {answer.headers["X-Request-Id"] for answer in answers}
    assert {json.loads(line)["requestId"] for line in access_lines(server)} >= names
    assert {line.split()[-1] for line in server.output.splitlines() if "  GET " in line} >= names


def test_once_nobody_reads_what_it_prints_it_goes_on_and_ends_with_0(tmp_path):
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "DATA": str(tmp_path), "PARAMETERS": ""}
    environment.pop("PYTHONUNBUFFERED", None)  # unbuffered, nothing would be left to fail at the end
    command = [sys.executable, "-m", "local.serve"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        while b"Ctrl-C" not in server.stdout.readline():
            pass
        server.stdout.close()
        assert {call(f"http://127.0.0.1:{port}/users")[0] for _ in range(20)} == {200}
        time.sleep(0.2)
        assert call(f"http://127.0.0.1:{port}/users")[0] == 200
        server.send_signal(signal.SIGTERM)
        assert (server.wait(20), server.stderr.read()) == (0, b"")


def access_lines(server, containing=""):
    """The access log's lines with a text in them, which may come a moment after the answer."""
    path = Path(server.data) / "access.log"
    eventually(lambda: containing in path.read_text())
    return [line for line in path.read_text().splitlines() if containing in line]


def eventually(holds):
    """Whether something holds within a second."""
    last = time.monotonic() + 1
    while not holds() and time.monotonic() < last:
        time.sleep(0.01)
    return holds()


@pytest.mark.slow
def test_users_are_still_there_after_a_restart_and_both_signals_end_it_with_0(tmp_path):
    user = {"name": "Ada", "email": "ada@example.com"}
    first = Server(data=str(tmp_path))
    _, made = call(f"{first.url}/users", "POST", user)
    assert first.stop(signal.SIGTERM) == 0
    second = Server(data=str(tmp_path))
    assert call(f"{second.url}/users/{made['userId']}")[1]["email"] == user["email"]
    assert second.stop(signal.SIGINT) == 0
    assert "Traceback" not in first.output + second.output


def test_nothing_is_left_running_or_listening_afterwards():
    server = Server()
    emulated = int(server.dynamodb_endpoint.rpartition(":")[2])
    assert server.stop() == 0
    for port in (server.port, emulated):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_without_the_emulated_aws_it_says_so_and_ends_with_1():
    server = Server()
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    if not children.exists():
        server.stop()
        pytest.skip("needs Linux")
    os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
    assert server.process.wait(10) == 1
    server.stop()
    assert "the emulated AWS ended" in server.output


def test_with_a_key_required_the_screen_shows_the_key_and_it_works():
    with Server("ApiKeyRequired=true ThrottleRate=1 ThrottleBurst=2 DailyQuota=100") as server:
        assert call(f"{server.url}/users")[0] == 403
        key = next(line.split()[-1] for line in server.output.splitlines() if "API key" in line)
        statuses = [call(f"{server.url}/users", headers=[("X-Api-Key", key)])[0] for _ in range(4)]
        assert statuses[:2] == [200, 200]
        assert statuses[-1] == 429
        assert call(f"{server.url}/users", "OPTIONS")[0] == 204


@pytest.mark.parametrize(
    ("table", "loopback"), [("tcp", "0100007F"), ("tcp6", "00000000000000000000000001000000")], ids=["IPv4", "IPv6"]
)
def test_it_listens_on_the_loopback_addresses_only(own_server, table, loopback):
    listening = Path("/proc/net") / table
    if not listening.exists():
        pytest.skip("needs Linux")
    rows = [line.split() for line in listening.read_text().splitlines()[1:]]
    addresses = {
        row[1].split(":")[0] for row in rows if row[3] == "0A" and int(row[1].split(":")[1], 16) == own_server.port
    }
    assert addresses <= {loopback}
    assert addresses or table == "tcp6"  # a machine may have no IPv6


def test_a_taken_port_is_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        status, line = refused(tmp_path, PORT=port)
    assert status == 1
    assert f"port {port} is in use" in line
    assert "PORT=" in line


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"PORT": "eighty"}, "PORT=eighty is not a port"),
        ({"PORT": "70000"}, "PORT=70000 is not a port"),
        ({"PORT": "²"}, "PORT=² is not a port"),
        ({"PORT": " 3000"}, "PORT= 3000 is not a port"),
        ({"PORT": "+1"}, "PORT=+1 is not a port"),
        ({"PORT": "1" * 5000}, "is not a port"),
        ({"DATA": __file__}, "DATA"),
        ({"DATA": "~nobody-of-that-name/x"}, "DATA=~nobody-of-that-name/x is not a path"),
        ({"PARAMETERS": "Nope=1"}, "has no parameter 'Nope'"),
        ({"PARAMETERS": "ApiKeyRequired=maybe"}, "it must be one of true, false"),
        ({"PARAMETERS": "ApiKeyRequired"}, "is not Name=value"),
        ({"PARAMETERS": "'"}, "PARAMETERS cannot be read"),
        ({"PARAMETERS": "ThrottleRate=0"}, "it must be at least 1"),
        ({"TEMPLATE": "/does/not/exist.yaml"}, "cannot be read"),
        ({"DATA": "/proc/nowhere"}, "DATA"),
    ],
    ids=lambda value: " ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else "",
)
def test_a_wrong_setting_is_one_sentence_and_status_1(tmp_path, settings, words):
    status, line = refused(tmp_path, **settings)
    assert (status, words in line) == (1, True), line


BROKEN = {
    "not YAML": ("Resources: [", "is not valid YAML"),
    "a key twice": ("Resources:\n  A: {}\n  A: {}\n", "template.yaml:3: it repeats the key 'A'"),
    "no resources": ("Description: nothing\n", "the template has no REST API"),
    "a bad SAM resource": (
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n"
        "    Properties: {Runtime: python3.13}\n",
        "template.yaml:3: the SAM transform rejects the template",
    ),
    "a reference to nothing": (
        "Resources:\n  Api:\n    Type: AWS::ApiGateway::RestApi\n    Properties: {Name: !Ref Nobody}\n",
        "make run: template.yaml:4: 'Nobody' is referenced but is neither a parameter nor a resource of the template",
    ),
    "a reference to nothing inside a loop": (
        "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::Queues:\n    - Name\n    - [One, Two]\n"
        "    - Queue${Name}:\n        Type: AWS::SQS::Queue\n        Properties:\n"
        "          QueueName: !Sub ${Nme}-jobs\n",
        "make run: template.yaml:9: 'Nme' is referenced",
    ),
    "an attribute that is none": (
        "Resources:\n  Table: {Type: AWS::DynamoDB::Table}\nOutputs:\n  Arn:\n    Value: !GetAtt Table.Ann\n",
        "make run: template.yaml:5: Table.Ann has no value here: AWS::DynamoDB::Table has no such attribute",
    ),
    "a dependency that is none": (
        "Resources:\n  Table:\n    Type: AWS::DynamoDB::Table\n    DependsOn: Nobody\n",
        "make run: template.yaml:4: Table depends on 'Nobody', which is not a resource of the template",
    ),
    "a condition that is none": (
        "Resources:\n  Table:\n    Type: AWS::DynamoDB::Table\n    Condition: Nope\n",
        "make run: template.yaml:4: the condition 'Nope' is used but is not defined under Conditions",
    ),
    "a function that cannot be done": (
        "Resources:\n  Table:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      TableName: !Select [3, [a]]\n",
        "make run: template.yaml:5: Resources.Table.Properties.TableName: Fn::Select cannot be resolved",
    ),
    "a type that is none": (
        "Resources:\n  Table:\n    Type: AWS::DynamoDB::Tabel\n",
        "make run: template.yaml:3: there is no resource type AWS::DynamoDB::Tabel; did you mean AWS::DynamoDB::Table?",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_template_is_one_sentence_with_its_line(tmp_path, name):
    text, words = BROKEN[name]
    path = tmp_path / "template.yaml"
    path.write_text(text)
    status, line = refused(tmp_path, TEMPLATE=str(path))
    assert (status, words in line) == (1, True), line


def with_contract(folder):
    """The template, the contract and the definition in another folder, with the same code."""
    for name in ("template.yaml", "openapi.yaml", "api-gateway.yaml"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("src", "layers"):
        (folder / name).symlink_to(ROOT / name)
    return folder / "template.yaml"


@pytest.mark.slow
def test_a_changed_contract_is_served_and_that_is_said(tmp_path):
    template, contract = with_contract(tmp_path), tmp_path / "openapi.yaml"
    contract.write_text(contract.read_text().replace("  /users:\n", "  /people:\n", 1))
    template.write_text(template.read_text().replace('Path: "/users", ', 'Path: "/people", '))
    with Server(TEMPLATE=str(template)) as server:
        assert call(f"{server.url}/people")[0] == 200
        assert call(f"{server.url}/users")[0] == 404
        assert "/people" in call(f"{server.url}/openapi.json")[1]["paths"]
    assert "api-gateway.yaml did not match openapi.yaml; generated it again\n" in server.output


def test_a_function_without_a_path_stops_the_start_with_its_line(tmp_path):
    template = with_contract(tmp_path)
    function = (
        "  LostFunction: {Type: AWS::Serverless::Function, Properties: {Handler: handlers.lost.lambda_handler}}\n"
    )
    template.write_text(template.read_text().replace("\nResources:\n", f"\nResources:\n{function}"))
    line = template.read_text().split(function)[0].count("\n") + 1
    status, said = refused(tmp_path, TEMPLATE=str(template))
    assert status == 1
    assert f"template.yaml:{line}: LostFunction has a handler, but no operation in openapi.yaml" in said


def test_the_contract_is_served_without_a_key():
    with Server("ApiKeyRequired=true") as server:
        status, document = call(f"{server.url}/openapi.json", headers=[("Origin", "http://localhost:5173")])
        assert (status, document["openapi"]) == (200, "3.0.3")
        assert document["servers"][0]["url"] == f"http://localhost:{server.port}"
        assert call(f"{server.url}/openapi.json", "POST", {})[0] == 404


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"HOSTS": "dev.example.com http://x"}, "HOSTS=http://x is not a name"),
        ({"HOSTS": "*"}, "HOSTS=* is not a name"),
        ({"HOSTS": "dev.example.com:3000"}, "HOSTS=dev.example.com:3000 is not a name"),
        ({"ORIGINS": "app.example.com"}, "ORIGINS=app.example.com is not an origin"),
        ({"ORIGINS": "https://app.example.com/"}, "ORIGINS=https://app.example.com/ is not an origin"),
    ],
)
def test_what_is_allowed_must_be_names_and_origins(tmp_path, settings, said):
    status, line = refused(tmp_path, **settings)
    assert (status, said in line) == (1, True), line


def test_arguments_are_wrong_usage(tmp_path):
    done = subprocess.run([sys.executable, "-m", "local.serve", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "PARAMETERS" in done.stderr
