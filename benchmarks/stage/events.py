"""The API Gateway events the functions are called with."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from benchmarks.stage.stub import USER_ID

USER = {"name": "Ada Lovelace", "email": "ada@example.com", "age": 36}
HEADERS = {
    "Accept": "application/json",
    "Content-Type": "application/json",
    "Host": "abc123.execute-api.us-east-1.amazonaws.com",
    "User-Agent": "curl/8.5.0",
    "X-Amzn-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
}
IDENTITY = {
    "sourceIp": "203.0.113.7",
    "userAgent": HEADERS["User-Agent"],
    "apiKey": None,
    "apiKeyId": None,
    "caller": None,
    "user": None,
    "userArn": None,
    "accountId": None,
}
REQUEST_ID = "0b0e6a2c-5f0f-4b7e-8a57-6f8f1f9d2f11"


def event(
    operation: str,
    binary: bool = True,
    *,
    user_id: str = USER_ID,
    body: object = None,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    claims: Mapping[str, str] | None = None,
) -> bytes:
    """The event of one operation, as the Runtime API hands it over.

    `binary`: the body is base64-encoded, as it is where the API declares the media type */*.
    """
    method, resource, default = SHAPES[operation]
    one = "{userId}" in resource
    sent = default if body is None else body
    text = None if sent is None else json.dumps(sent)
    if text and binary:
        text = base64.b64encode(text.encode()).decode()
    made = proxy_event(
        method,
        resource,
        resource.replace("{userId}", user_id),
        {"userId": user_id} if one else None,
        text,
        binary and text is not None,
    )
    fields = {**HEADERS, **(headers or {})}
    made |= {"headers": fields, "multiValueHeaders": {name: [value] for name, value in fields.items()}}
    if claims:
        context = request_context(method, resource, str(made["path"]))
        made["requestContext"] = {**context, "authorizer": {"claims": claims}}
    if query := query or QUERIES.get(operation):
        made |= {
            "queryStringParameters": query,
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
        }
    return json.dumps(made).encode()


def proxy_event(
    method: str, resource: str, path: str, parameters: dict[str, str] | None, body: str | None, is_base64: bool
) -> dict[str, object]:
    """A REST proxy event, with every member API Gateway sends."""
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": HEADERS,
        "multiValueHeaders": {name: [value] for name, value in HEADERS.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": parameters,
        "stageVariables": None,
        "requestContext": request_context(method, resource, path),
        "body": body,
        "isBase64Encoded": is_base64,
    }


def request_context(method: str, resource: str, path: str) -> dict[str, object]:
    """What API Gateway says of the request, the API and the caller."""
    return {
        "accountId": "123456789012",
        "apiId": "abc123",
        "domainName": HEADERS["Host"],
        "domainPrefix": "abc123",
        "extendedRequestId": "JJbxmFjDIAMFaXw=",
        "httpMethod": method,
        "identity": IDENTITY,
        "path": f"/Prod{path}",
        "protocol": "HTTP/1.1",
        "requestId": REQUEST_ID,
        "requestTime": "01/Jan/2026:00:00:00 +0000",
        "requestTimeEpoch": 1767225600000,
        "resourceId": "r1",
        "resourcePath": resource,
        "stage": "Prod",
    }


ONE, ALL = "/users/{userId}", "/users"
SHAPES: dict[str, tuple[str, str, object]] = {
    "get": ("GET", ONE, None),
    "create": ("POST", ALL, USER),
    "list": ("GET", ALL, None),
    "search": ("GET", ALL, None),
    "update": ("PUT", ONE, {"name": "Ada King"}),
    "delete": ("DELETE", ONE, None),
}
QUERIES = {"search": {"q": "ada"}}
GOOD = {"get": 200, "create": 201, "list": 200, "search": 200, "update": 200, "delete": 200}
