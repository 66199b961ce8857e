"""API Gateway's proxy events, as the functions receive them, and a stand-in for Lambda's context."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any
from urllib.parse import parse_qs

ROUTES = {"users": "/users", "user": "/users/{userId}"}  # and what is below a user


class Context:
    """What a function asks of its context."""

    function_name = "function"

    def __init__(self, seconds: float = 10) -> None:
        self.aws_request_id = str(uuid.uuid4())
        self._milliseconds = int(seconds * 1000)

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


def event(
    method: str,
    path: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
    query: str = "",
    caller: str = "",
) -> dict[str, Any]:
    """The event of one request to a path without its stage, such as `/users`.

    `body` is sent as JSON, or as it is when it is bytes or str; `query` is the text after the question mark;
    `caller` the id of the API key used.
    """
    raw = (
        body
        if isinstance(body, bytes)
        else body.encode("utf-8", "surrogatepass")
        if isinstance(body, str)
        else (None if body is None else json.dumps(body).encode())
    )
    parameters = parse_qs(query, keep_blank_values=True)
    many = {name: [value] for name, value in (headers or {}).items()}
    of_users = path.startswith("/users")
    user_id, _, below = path.removeprefix("/users").strip("/").partition("/") if of_users else ("", "", "")
    return {
        "resource": ROUTES["user" if user_id else "users"] + (f"/{below}" if below else "") if of_users else path,
        "path": path,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in many.items()} or None,
        "multiValueHeaders": many or None,
        "queryStringParameters": {name: values[-1] for name, values in parameters.items()} or None,
        "multiValueQueryStringParameters": parameters or None,
        "pathParameters": {"userId": user_id} if user_id else None,
        "stageVariables": None,
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "path": f"/Prod{path}",
            "stage": "Prod",
            "httpMethod": method,
            "identity": {"sourceIp": "127.0.0.1", "apiKeyId": caller or None},
        },
        "body": None if raw is None else base64.b64encode(raw).decode(),
        "isBase64Encoded": raw is not None,
    }
