"""The local server beside the emulator's own gateway and Lambda executor, with the same functions, under load.

Both serve the same src/ on the same emulated DynamoDB, one after the other, from wrk on the same machine.
"""

from __future__ import annotations

import contextlib
import datetime
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import growth, machine, report, results
from benchmarks.interpreter import ROOT, BenchmarkError, running
from benchmarks.packages import source_files
from benchmarks.peers import OUR_HANDLERS, SOURCE

CLIENTS = (1, 10, 50)
SECONDS = 5
WARM_UP = 6  # seconds under the same load first: the emulator starts a function's processes then
NAMES = ("ours", "gateway")
USERS = 200
START_SECONDS = 30.0
SCRIPT = Path(__file__).resolve().parent / "load.lua"
ROLE = {"Version": "2012-10-17", "Statement": []}
ROUTES = {
    ("/users", "POST"): "create",
    ("/users", "GET"): "list",
    ("/users/{userId}", "GET"): "get",
    ("/users/{userId}", "PUT"): "update",
    ("/users/{userId}", "DELETE"): "delete",
}


def run() -> None:
    """Load both, keep the figures, print them."""
    if not shutil.which("wrk"):
        raise BenchmarkError("wrk is not installed; on Debian or Ubuntu: apt-get install wrk")
    found: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "seconds": SECONDS,
        "machine": machine.description(running()),
        "get": {},
        "post": {},
        "resident_mb": {},
    }
    for name, serving in zip(NAMES, (ours, gateway), strict=True):
        with serving() as (url, pid):
            user = created(url)
            for method, path in (("get", f"/users/{user}"), ("post", "/users")):
                found[method][name] = {
                    str(clients): measured(url + path, method.upper(), clients) for clients in CLIENTS
                }
                found["resident_mb"].setdefault(name, {})[method] = round(resident(pid) / 1e6, 1)
    results.keep("local", found)
    print(report.aligned(rows(found)))


@contextlib.contextmanager
def ours() -> Iterator[tuple[str, int]]:
    """`make run` on a free port: its URL and its process."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="users-api-local-") as data:
        environment = {
            **os.environ,
            "PORT": str(port),
            "DATA": data,
            "PARAMETERS": "ThrottleRate=10000 ThrottleBurst=5000",
        }
        yield from served(
            [sys.executable, "-m", "local.serve"], environment, port, f"http://127.0.0.1:{port}", "/users"
        )


@contextlib.contextmanager
def gateway() -> Iterator[tuple[str, int]]:
    """The emulator alone, with our functions deployed behind its own gateway."""
    port = free_port()
    environment = {
        **os.environ,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "PERSIST_STATE": "0",
        "LOG_LEVEL": "WARNING",
    }
    endpoint = f"http://127.0.0.1:{port}"
    for _, pid in served([sys.executable, "-m", "ministack"], environment, port, endpoint, "/_ministack/health"):
        growth.create_tables(growth.client_of(endpoint))
        yield f"{endpoint}/_aws/execute-api/{deployed(endpoint)}/Prod", pid


def served(
    command: list[str], environment: dict[str, str], port: int, url: str, probe: str
) -> Iterator[tuple[str, int]]:
    """Start a server in a process group of its own, wait until it answers, end the group afterwards."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            if not answers(url + probe, process):
                output.seek(0)
                raise BenchmarkError(f"{command[2]} did not start: {output.read()[-800:].decode(errors='replace')}")
            yield url, process.pid
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)


def answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait until a URL answers anything."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False


def deployed(endpoint: str) -> str:
    """Deploy our functions and a REST API in front of them; the id of the API."""
    api = client(endpoint, "apigateway")
    rest = api.create_rest_api(name="users")["id"]
    parent = api.get_resources(restApiId=rest)["items"][0]["id"]
    resources = {"/users": api.create_resource(restApiId=rest, parentId=parent, pathPart="users")["id"]}
    resources["/users/{userId}"] = api.create_resource(
        restApiId=rest, parentId=resources["/users"], pathPart="{userId}"
    )["id"]
    arns = functions(endpoint)
    for (path, method), operation in ROUTES.items():
        api.put_method(restApiId=rest, resourceId=resources[path], httpMethod=method, authorizationType="NONE")
        uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arns[operation]}/invocations"
        api.put_integration(
            restApiId=rest,
            resourceId=resources[path],
            httpMethod=method,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=uri,
        )
    api.create_deployment(restApiId=rest, stageName="Prod")
    return str(rest)


def functions(endpoint: str) -> dict[str, str]:
    """Our functions, created in the emulator; their ARNs by operation."""
    role = client(endpoint, "iam").create_role(RoleName="benchmark", AssumeRolePolicyDocument=json.dumps(ROLE))["Role"][
        "Arn"
    ]
    lambdas, code = client(endpoint, "lambda"), source_zip()
    variables = {"USERS_TABLE": "Users", "USER_KEYS_TABLE": "UserKeys", "CORS_ORIGIN": "*"}
    return {
        operation: lambdas.create_function(
            FunctionName=f"benchmark-{operation}",
            Runtime="python3.13",
            Role=role,
            Handler=handler,
            Code={"ZipFile": code},
            Timeout=10,
            MemorySize=256,
            Environment={"Variables": variables},
        )["FunctionArn"]
        for operation, handler in OUR_HANDLERS.items()
    }


def source_zip() -> bytes:
    """src/ as a zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in source_files(SOURCE):
            archive.write(path, path.relative_to(SOURCE))
    return made.getvalue()


def client(endpoint: str, service: str) -> Any:
    """A client of the emulator."""
    import botocore.session

    return botocore.session.Session().create_client(
        service, region_name="us-east-1", endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test"
    )


def created(url: str) -> str:
    """Some users, so that the table is not empty; the id of the last."""
    user = ""
    for number in range(USERS):
        body = {"name": f"User {number}", "email": f"{uuid.uuid4().hex}@example.com"}
        request = urllib.request.Request(
            f"{url}/users", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            user = json.load(answer)["userId"]
    return user


def measured(url: str, method: str, clients: int) -> dict[str, float]:
    """Figures of a load, taken after the same load as a warm-up; `sent` is the requests of both."""
    before = loaded(url, method, clients, WARM_UP)
    figures = loaded(url, method, clients, SECONDS)
    return {**figures, "sent": before["sent"] + figures["sent"]}


def loaded(url: str, method: str, clients: int, seconds: int) -> dict[str, float]:
    """What wrk measured with that many connections in that many seconds."""
    done = subprocess.run(
        [
            "wrk",
            "-t1",
            f"-c{clients}",
            f"-d{seconds}s",
            "--timeout",
            "10s",
            "-s",
            str(SCRIPT),
            url,
            "--",
            method,
            uuid.uuid4().hex[:8],
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    raw = json.loads(done.stdout.strip().splitlines()[-1])
    return {
        "sent": raw["requests"],
        "requests_per_second": round(raw["requests"] / raw["microseconds"] * 1e6, 1),
        "p50_ms": raw["p50_us"] / 1e3,
        "p99_ms": raw["p99_us"] / 1e3,
        "not_2xx": raw["not_2xx"],
        "failed": raw["failed"],
    }


def resident(group: int) -> int:
    """Resident memory of a process and all of its group, in bytes."""
    total = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            if os.getpgid(int(entry.name)) == group:
                total += int((entry / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return total


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def rows(found: dict[str, Any]) -> list[list[str]]:
    """The table: requests per second and times, ours beside the emulator's gateway."""
    table = [
        [
            "request",
            "clients",
            "make run req/s",
            "p50 ms",
            "p99 ms",
            "ministack's gateway req/s",
            "p50 ms",
            "p99 ms",
            "times",
        ]
    ]
    for method in ("get", "post"):
        for clients in map(str, CLIENTS):
            here, there = found[method]["ours"][clients], found[method]["gateway"][clients]
            table.append(
                [
                    method.upper(),
                    clients,
                    *cells(here),
                    *cells(there),
                    times(here["requests_per_second"], there["requests_per_second"]),
                ]
            )
    return table


def times(here: float, there: float) -> str:
    """How many times as fast."""
    return f"{here / there:.1f}" if there else "-"


def cells(one: dict[str, float]) -> list[str]:
    """Throughput and times of one server; how many answers were not good, if any."""
    bad = int(one["not_2xx"] + one["failed"])
    return [
        f"{one['requests_per_second']:,.0f}" + (f" ({bad} bad)" if bad else ""),
        f"{one['p50_ms']:.1f}",
        f"{one['p99_ms']:.1f}",
    ]


def text(found: dict[str, Any]) -> str:
    """For the document: the table and how it was taken."""
    load, ours, gateway = found["machine"]["load_at_start"], *(found["resident_mb"][name] for name in NAMES)
    made = sum(one["sent"] for one in found["post"]["ours"].values())
    sentences = [
        f"Taken {found['date']} by `python -m benchmarks local`: wrk, a connection for each request,",
        f"{found['seconds']} s each,",
        f"client and servers on the same {found['machine']['cores']} cores.",
        f"Resident memory of all processes: {ours['get']:.0f} MB and {gateway['get']:.0f} MB after the GETs;",
        f"{ours['post']:.0f} MB and {gateway['post']:.0f} MB after the POSTs, {made:,.0f} users more in `make run`.",
        f"The machine was busy (load {load}): only indicative." if load > report.BUSY else "",
    ]
    return report.markdown(rows(found)) + "\n\n" + " ".join(filter(None, sentences))
