"""local.aws: one process, one port, one folder; it ends with its parent, and says in one sentence what is wrong."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import botocore.exceptions
import botocore.session
import pytest

from local.aws.emulator.errors import AWSError
from local.aws.start import start
from local.stack.calls import dynamodb
from tests.support.emulator import Emulator
from tests.unit.local.test_options import ipv6

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[4]
TABLE = {
    "TableName": "Things",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}
PARENT = """
import sys, time
from local.aws.start import start
from local.aws.emulator.errors import AWSError
running = start(sys.argv[1])
print(running.process.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def running(tmp_path):
    started = start(tmp_path)
    yield started
    started.stop()


def listening_ports(pid: int) -> set[int]:
    """The TCP ports a process listens on, IPv4 and IPv6."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(descriptor)
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A" and row[9] in inodes}


def gone(pid: int, seconds: float = 10) -> bool:
    """Whether a process ends within some seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


def test_it_listens_on_one_port_of_this_machine_only(running):
    port = int(running.endpoint.rpartition(":")[2])
    assert running.endpoint == f"http://127.0.0.1:{port}"
    assert listening_ports(running.process.pid) == {port}


@ipv6
def test_it_answers_whatever_localhost_means(running):
    port = int(running.endpoint.rpartition(":")[2])
    sqs = client("sqs", f"http://[::1]:{port}")
    assert sqs.create_queue(QueueName="jobs")["QueueUrl"] == f"http://localhost:{port}/000000000000/jobs"
    sqs.send_message(QueueUrl=f"http://[::1]:{port}/000000000000/jobs", MessageBody="by IPv6")
    for host in ("127.0.0.1", "[::1]", "localhost"):
        queue = f"http://{host}:{port}/000000000000/jobs"
        assert client("sqs", f"http://{host}:{port}").receive_message(QueueUrl=queue, VisibilityTimeout=0)["Messages"]


@ipv6
def test_a_port_that_another_program_has_on_ipv6_is_told(tmp_path):
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AWSError, match=f"port {port} of ::1 cannot be used .*; choose another"):
            start(tmp_path, port)


@pytest.mark.parametrize("header", ["X-Forwarded-Proto", "x-forwarded-proto", "X-FORWARDED-PROTO"])
def test_a_header_does_not_choose_the_scheme(running, header):
    pool = client("cognito-idp", running.endpoint).create_user_pool(PoolName="people")["UserPool"]["Id"]
    url = f"{running.endpoint}/{pool}/.well-known/openid-configuration"
    asked = [urllib.request.Request(url, headers=headers) for headers in ({}, {header: "https"})]
    without, with_it = (urllib.request.urlopen(request).read() for request in asked)
    assert with_it == without


def client(service: str, endpoint: str) -> Any:
    """A low-level client."""
    return botocore.session.Session().create_client(
        service,
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def test_a_clean_stop_keeps_everything_and_ends_with_status_0(tmp_path):
    first = start(tmp_path)
    dynamodb(first.endpoint, "CreateTable", TABLE)
    dynamodb(first.endpoint, "PutItem", {"TableName": "Things", "Item": {"id": {"S": "a"}}})
    first.stop()
    assert first.process.returncode == 0
    second = start(tmp_path)
    try:
        assert dynamodb(second.endpoint, "Scan", {"TableName": "Things"})["Items"] == [{"id": {"S": "a"}}]
    finally:
        second.stop()


def test_the_next_run_has_the_same_address(tmp_path):
    first = start(tmp_path)
    first.stop()
    second = start(tmp_path)
    second.stop()
    assert second.endpoint == first.endpoint


def test_when_the_last_port_is_taken_it_takes_another(tmp_path):
    first = start(tmp_path)
    first.stop()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", int(first.endpoint.rpartition(":")[2])))
        taken.listen()
        second = start(tmp_path)
        second.stop()
    assert second.endpoint != first.endpoint


def test_nothing_is_left_in_the_temporary_folder(tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    started = start(tmp_path / "data", settings={"TMPDIR": str(temporary)})
    dynamodb(started.endpoint, "ListTables", {})
    started.stop()
    assert os.listdir(temporary) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_parent_however_that_ends(tmp_path, number):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.send_signal(number)
    parent.wait()
    parent.stdout.close()
    assert gone(child)


def test_ctrl_c_is_for_the_parent_to_decide(running):
    running.process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert dynamodb(running.endpoint, "ListTables", {}) == {"TableNames": []}


def test_by_itself_it_ends_on_ctrl_c(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "local.aws", "--data", str(tmp_path)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert process.stderr.readline().startswith("aws: http://127.0.0.1:")
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=20)
    assert (process.returncode, rest) == (0, "")


def test_with_iam_enforced_a_user_without_rights_has_none():
    with Emulator(AUTH="true") as strict:
        strict.client("iam").create_user(UserName="nobody")
        made = strict.client("iam").create_access_key(UserName="nobody")["AccessKey"]
        with pytest.raises(botocore.exceptions.ClientError, match=r"AccessDenied.*dynamodb:ListTables"):
            strict.client("dynamodb", made["AccessKeyId"], made["SecretAccessKey"]).list_tables()


def test_a_folder_in_use_is_told(tmp_path, running):
    with pytest.raises(AWSError, match="is in use by another run; stop that run or choose another folder with DATA"):
        start(tmp_path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AWSError, match=r"cannot be written .*; free some space or choose another with DATA"):
        start(tmp_path / "file" / "data")


def test_a_port_in_use_is_told(tmp_path, running):
    port = int(running.endpoint.rpartition(":")[2])
    with pytest.raises(AWSError, match=f"port {port} cannot be used .*; choose another"):
        start(tmp_path / "other", port)


def test_the_state_of_another_version_is_told(tmp_path):
    start(tmp_path).stop()
    log = tmp_path / "journal" / "00000000.log"
    log.write_bytes(log.read_bytes().replace(b"journal 1", b"journal 9"))
    with pytest.raises(AWSError, match="was not written by this version; run the version that wrote it"):
        start(tmp_path)


def test_a_state_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "journal" / "00000000.log").mkdir(parents=True)
    with pytest.raises(AWSError, match=r"cannot be read .Is a directory.; fix it or choose another with DATA"):
        start(tmp_path)


def test_a_damaged_state_is_told(tmp_path):
    started = start(tmp_path)
    dynamodb(started.endpoint, "CreateTable", TABLE)
    for name in "abc":
        dynamodb(started.endpoint, "PutItem", {"TableName": "Things", "Item": {"id": {"S": name}}})
    started.stop()
    log = tmp_path / "journal" / "00000000.log"
    data = bytearray(log.read_bytes())
    data[data.index(b'"a"')] ^= 1
    log.write_bytes(data)
    with pytest.raises(AWSError, match=r"is damaged at byte .* restore it from a backup"):
        start(tmp_path)
