"""The settings of `make run`, and the port it listens on."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.template.parameters import parse_parameters
from local.wire import loopback
from local.wire.allowed import Allowed, is_name, is_origin

ROOT = Path(__file__).resolve().parent.parent


class StartError(Exception):
    """The error that keeps the server from starting; its text is one sentence that says what to do."""


@dataclass
class Options:
    """The settings of the caller."""

    port: int
    data: Path
    parameters: dict[str, str]
    template: Path
    allowed: Allowed
    history_bytes: int | None = None  # None is the default of the emulated AWS


def read_options(environ: Any) -> Options:
    """The settings of this run. Raises StartError, TemplateError."""
    return Options(
        read_port(environ.get("PORT") or "3000"),
        read_path("DATA", environ.get("DATA") or ROOT / ".local" / "data"),
        parse_parameters(environ.get("PARAMETERS") or ""),
        read_path("TEMPLATE", environ.get("TEMPLATE") or ROOT / "template.yaml"),
        read_allowed(environ.get("HOSTS") or "", environ.get("ORIGINS") or ""),
        read_megabytes(environ.get("HISTORY_MB") or ""),
    )


def read_port(text: str) -> int:
    """The port to listen on; 0 takes a free one. Raises StartError."""
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > 65535:
        raise StartError(f"PORT={text} is not a port; use a number from 1 to 65535, or 0 for any free port")
    return int(text)


def read_megabytes(text: str) -> int | None:
    """The size of HISTORY_MB in bytes; None if it is not set. Raises StartError."""
    if text and not re.fullmatch("[0-9]{1,6}", text):
        raise StartError(f"HISTORY_MB={text} is not a number of megabytes; use 0 to 999999")
    return int(text) << 20 if text else None


def read_path(name: str, value: str | Path) -> Path:
    """The path of a setting; no shell replaces the ~ of `make run DATA=~/x`. Raises StartError."""
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError as error:  # ~nobody
        raise StartError(f"{name}={value} is not a path: {error}") from error


def read_allowed(hosts: str, origins: str) -> Allowed:
    """The hosts and origins that are allowed besides this machine. Raises StartError."""
    for host in hosts.split():
        if not is_name(host):
            raise StartError(f'HOSTS={host} is not a name; use names without scheme and port: HOSTS="dev.example.com"')
    for origin in origins.split():
        if not is_origin(origin):
            raise StartError(f'ORIGINS={origin} is not an origin; use ORIGINS="https://app.example.com"')
    return Allowed(frozenset(hosts.lower().split()), frozenset(origins.lower().split()))


def scrub(environ: Any) -> None:
    """Forget the developer's own AWS account: nothing here may reach it."""
    for name in [name for name in environ if name.startswith("AWS_")]:
        del environ[name]
    dummy = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "test")
    nowhere = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull)
    environ.update({**dummy, **nowhere, "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"})


def listen(port: int) -> list[socket.socket]:
    """Listening sockets of one port, on both addresses of `localhost`. Raises StartError."""
    try:
        return loopback.listening(port)
    except loopback.PortError as error:
        raise StartError(
            f"port {error.where} is in use or not allowed ({error.reason}); "
            f"stop the other program, or choose another port: PORT={port + 1} make run"
        ) from error


def address(listeners: Sequence[socket.socket]) -> str:
    """The URL of the API."""
    return f"http://localhost:{listeners[0].getsockname()[1]}"
