"""One function as Lambda runs it: AWS's runtime client in a process of its own, on a core of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from benchmarks.ground.interpreter import Cores, Interpreter
from benchmarks.peers.table import Peer
from benchmarks.stage.events import GOOD, event
from benchmarks.stage.runtime_api import FunctionFailed, RuntimeApi, answer_of

Result = TypeVar("Result")
CPUCLOCK_SCHED = 2  # with a process id, the clock of that process: clock_getcpuclockid(3)


@dataclass(frozen=True)
class Machine:
    """Everything a function needs around it."""

    interpreter: Interpreter
    cores: Cores
    runtime: Path  # the folder with AWS's runtime client
    api: RuntimeApi
    endpoint: str  # of the DynamoDB stub
    closing: str  # the same, where each connection ends after one response
    roots: dict[str, Path]  # the CA file each kind of peer trusts
    xray: str  # host:port that swallows trace segments


class Function:
    """A started function; leave the `with` block to end its process."""

    def __init__(
        self,
        machine: Machine,
        peer: Peer,
        operation: str,
        folder: Path,
        wrapper: Sequence[str] = (),
        more: dict[str, str] | None = None,
        handler: str = "",
    ) -> None:
        self._api = machine.api
        self._operation = operation
        self._event = event(operation, peer.binary, claims=peer.claims)
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        command = [
            *wrapper,
            str(machine.interpreter.python),
            "-s",
            "-m",
            "awslambdaric",
            handler or peer.handlers[operation],
        ]
        environment = {**environ(machine, peer, folder), **(more or {})}
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, machine.cores.function)  # inherited by the function
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output
        )
        os.sched_setaffinity(0, before)

    def __enter__(self) -> Function:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def ready(self, timeout: float = 60) -> float:
        """Seconds from the start of the process to the end of init."""
        return self._watched(lambda: self._api.wait_until_ready(timeout)) - self.started

    def call(self, timeout: float = 60, event: bytes = b"") -> tuple[bytes, float, float]:
        """One request: the answer, when it was sent, when it was answered; anything but success is an error."""
        body, sent, answered = self._watched(lambda: self._api.invoke(event or self._event, timeout))
        status = answer_of(body).get("statusCode")
        if status != GOOD[self._operation]:
            raise FunctionFailed(f"{self._operation} answered {status}: {body[:300]!r}\n{self.output()}")
        return body, sent, answered

    def resident_bytes(self) -> int:
        """Memory in use now."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise FunctionFailed("the process has gone")

    def processor_seconds(self) -> float:
        """Processor time the process and its threads have used so far, waiting for the processor not included."""
        return time.clock_gettime(~self.pid << 3 | CPUCLOCK_SCHED)

    def output_bytes(self) -> int:
        """How much the function has logged so far."""
        return os.fstat(self._output.fileno()).st_size

    def output(self) -> str:
        """What it has logged, the last of it."""
        self._output.seek(0)
        return self._output.read().decode(errors="replace")[-1500:]

    def stop(self) -> None:
        """End the process and forget its connections."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)
        self._api.forget()
        self._output.close()

    def _watched(self, step: Callable[[], Result]) -> Result:
        """Do one step; when it fails, say what the function logged."""
        try:
            return step()
        except FunctionFailed as error:
            raise FunctionFailed(f"{error}\n{self.output()}") from None


def environ(machine: Machine, peer: Peer, folder: Path) -> dict[str, str]:
    """What Lambda sets, what the template sets, and where the stub is. Nothing of this process leaks in."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": str(machine.runtime),
        "PYTHONDONTWRITEBYTECODE": "1",  # a function's folder cannot be written
        "LAMBDA_TASK_ROOT": str(folder),
        "LAMBDA_RUNTIME_DIR": str(machine.runtime),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{machine.interpreter.short}",
        "AWS_LAMBDA_RUNTIME_API": machine.api.address,
        "AWS_LAMBDA_FUNCTION_NAME": "benchmark",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/benchmark",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[$LATEST]0",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_SESSION_TOKEN": "IQoJb3JpZ2luX2Vj" + "A" * 480,  # the length of a real one
        "AWS_XRAY_DAEMON_ADDRESS": machine.xray,
        "_X_AMZN_TRACE_ID": "",
        "AWS_ENDPOINT_URL_DYNAMODB": machine.endpoint,
        "AWS_CA_BUNDLE": str(machine.roots[peer.roots]),
        "USERS_TABLE": "Users",
        "USER_KEYS_TABLE": "UserKeys",
        "CORS_ORIGIN": "*",
        **peer.environment,
    }
