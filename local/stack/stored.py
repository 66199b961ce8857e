"""The values that the parameter store and the secrets manager of the emulated AWS keep."""

from __future__ import annotations

import json
from typing import Any

from local.stack.calls import post

TARGETS = {"ssm": "AmazonSSM.GetParameter", "secretsmanager": "secretsmanager.GetSecretValue"}
ARN_PARTS = 7  # arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME


def stored(endpoint: str, name: str) -> str | None:
    """The value of a dynamic reference, such as ssm:/app/table; None if there is none."""
    service, _, key = name.partition(":")
    if service != "secretsmanager":  # ssm and ssm-secure
        answer = call(endpoint, "ssm", {"Name": key, "WithDecryption": True})
        return None if answer is None else str(answer["Parameter"]["Value"])
    parts = key.split(":")
    length = ARN_PARTS if key.startswith("arn:") else 1
    answer = call(endpoint, service, {"SecretId": ":".join(parts[:length])})
    return None if answer is None else field(str(answer.get("SecretString", "")), [*parts[length:], "", ""][1])


def field(secret: str, key: str) -> str | None:
    """One field of a secret that is a JSON object, or with no key the whole."""
    if not key:
        return secret
    try:
        found = json.loads(secret)[key]
    except (ValueError, LookupError, TypeError):
        return None
    return found if isinstance(found, str) else json.dumps(found)


def call(endpoint: str, service: str, request: dict[str, Any]) -> dict[str, Any] | None:
    """The answer of one call; None if the service rejects it."""
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": TARGETS[service]}
    status, body = post(endpoint, service, json.dumps(request).encode(), headers)
    return dict(json.loads(body)) if status == 200 else None
