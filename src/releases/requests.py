"""Requests to the functions of users without API Gateway: the events that it would send, and what comes back."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Call = Callable[[str, dict[str, Any]], Mapping[str, Any]]

CREATE, GET, LIST, UPDATE, DELETE = "CreateUser", "GetUser", "ListUsers", "UpdateUser", "DeleteUser"
CALLER = "release-check"  # as which it asks: a key, and in a stack with sign-in a machine
CLAIMS = {"token_use": "access", "sub": CALLER, "client_id": CALLER, "scope": "users/read users/write"}


class Broken(Exception):
    """A function does not keep the contract; the text says how, and names no person."""


class Answer:
    """The status, the headers by their names in lower case, and the body. Raises Broken if there is no response."""

    def __init__(self, what: str, answer: Mapping[str, Any]) -> None:
        self.what = what
        try:
            self.status: int = answer["statusCode"]
            given = answer.get("multiValueHeaders") or {}
            many = {name: ", ".join(values) for name, values in given.items()}
            headers = {**(answer.get("headers") or {}), **many}
            self.headers: dict[str, str] = {name.lower(): str(value) for name, value in headers.items()}
            text = answer.get("body") or ""
            self.body: dict[str, Any] = json.loads(text) if text else {}
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Broken(f"{what} gives no response that API Gateway could pass on") from None

    def expect(self, status: int, **headers: str) -> None:
        """Raises Broken for another status, or another value of a header: `etag`, `location`."""
        if self.status != status:
            raise Broken(f"{self.what} answers {self.status}, not {status}")
        for name, value in headers.items():
            if self.headers.get(name.replace("_", "-")) != value:
                raise Broken(f"{self.what} has another {name}")

    def refuses(self, status: int, code: str) -> None:
        """Raises Broken if this is not the problem of this status and code."""
        self.expect(status, content_type="application/problem+json")
        if (self.body.get("status"), self.body.get("code")) != (status, code):
            raise Broken(f"{self.what} is not the problem {code}")


class Requests:
    """Sends requests to the functions. `call` gives a function, by one of the five names, an event."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.made: list[str] = []  # ids of the users that were created and not deleted

    def create(self, what: str, body: object, headers: Mapping[str, str] | None = None) -> Answer:
        """POST /users."""
        answer = Answer(what, self._call(CREATE, event("POST", body=body, headers=headers)))
        if answer.status == 201 and answer.body.get("userId") not in (None, *self.made):
            self.made.append(str(answer.body["userId"]))
        return answer

    def get(self, what: str, user_id: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET /users/{userId}."""
        return Answer(what, self._call(GET, event("GET", user_id, headers=headers)))

    def list(self, what: str, **query: str) -> Answer:
        """GET /users."""
        return Answer(what, self._call(LIST, event("GET", query=query)))

    def update(self, what: str, user_id: str, body: object, headers: Mapping[str, str]) -> Answer:
        """PUT /users/{userId}."""
        return Answer(what, self._call(UPDATE, event("PUT", user_id, body=body, headers=headers)))

    def delete(self, what: str, user_id: str) -> Answer:
        """DELETE /users/{userId}."""
        answer = Answer(what, self._call(DELETE, event("DELETE", user_id)))
        if answer.status in (200, 404) and user_id in self.made:
            self.made.remove(user_id)
        return answer


def event(
    method: str,
    user_id: str = "",
    body: object = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The proxy event of API Gateway for a request."""
    path = f"/users/{user_id}" if user_id else "/users"
    return {
        "resource": "/users/{userId}" if user_id else "/users",
        "path": path,
        "httpMethod": method,
        "headers": dict(headers or {}),
        "multiValueHeaders": {name: [value] for name, value in (headers or {}).items()},
        "queryStringParameters": dict(query or {}),
        "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()},
        "pathParameters": {"userId": user_id} if user_id else None,
        "stageVariables": None,
        "requestContext": {
            "requestId": CALLER,
            "path": path,
            "httpMethod": method,
            "identity": {"apiKeyId": CALLER},
            "authorizer": {"claims": CLAIMS},
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }
