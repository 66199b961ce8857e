"""The responses of API Gateway without a function: preflight, 405, and its own errors, all in the API's one shape."""

from __future__ import annotations

from typing import Any

COMMON = ("Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Cache-Control", "X-Request-Id")
PROBLEM_JSON = "application/problem+json"
ORIGIN = {"Fn::Sub": "'${CorsOrigin}'"}
VARY = {"Fn::If": ["AnyOrigin", {"Ref": "AWS::NoValue"}, "'Origin'"]}
ALWAYS_SENT = ("Content-Type", "X-Api-Key", "Authorization")
# the types that browsers and curl send unasked; a body of another type is a 415
BODIES = (
    "application/json",
    "application/merge-patch+json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "text/plain",
)
OURS = "Something went wrong on our side."

# Problems that belong to no operation, so that the contract does not show them: code -> (status, title).
ELSEWHERE = {"route_not_found": (404, "Route not found"), "method_not_allowed": (405, "Method not allowed")}

# Every refusal of API Gateway: the code of its problem, and the detail.
REFUSALS = {
    # API Gateway's name for a request to a path that it does not know
    "MISSING_AUTHENTICATION_TOKEN": ("route_not_found", "There is nothing at this path."),
    "RESOURCE_NOT_FOUND": ("route_not_found", "There is nothing at this path."),
    # no method here is signed, so only an unknown path with an Authorization header gets as far as a signature
    "INVALID_SIGNATURE": ("route_not_found", "There is nothing at this path."),
    "UNAUTHORIZED": ("unauthorized", "The request has no valid credentials."),
    "EXPIRED_TOKEN": ("unauthorized", "Your credentials have expired."),
    "ACCESS_DENIED": ("forbidden", "You are not allowed to do this."),
    # no key, an unknown one, or one that is switched off
    "INVALID_API_KEY": ("forbidden", "The request needs a valid API key in the X-Api-Key header."),
    "WAF_FILTERED": ("forbidden", "A firewall rule blocked the request."),
    "THROTTLED": ("too_many_requests", "Too many requests. Try again in a second."),
    "QUOTA_EXCEEDED": ("too_many_requests", "This API key has used up its daily quota."),
    "REQUEST_TOO_LARGE": ("body_too_large", "The body is too large."),
    "UNSUPPORTED_MEDIA_TYPE": ("unsupported_media_type", "The body must be JSON."),
    "BAD_REQUEST_PARAMETERS": ("invalid_query", "A parameter of the request is missing or invalid."),
    "BAD_REQUEST_BODY": ("invalid_user", "The body does not describe a valid user."),
    "API_CONFIGURATION_ERROR": ("internal_error", OURS),
    "AUTHORIZER_CONFIGURATION_ERROR": ("internal_error", OURS),
    "AUTHORIZER_FAILURE": ("internal_error", OURS),
    # 504 by default; a function that could not be called has not timed out
    "INTEGRATION_FAILURE": ("bad_gateway", OURS),
    "INTEGRATION_TIMEOUT": ("gateway_timeout", "The request took too long."),
    # errors without their own name; the status is fixed, because the body states it
    "DEFAULT_4XX": ("bad_request", "The request could not be parsed."),
    # above all a function that crashed, ran out of time or answered nonsense
    "DEFAULT_5XX": ("bad_gateway", OURS),
}
RETRY_AFTER = {"THROTTLED": 1, "QUOTA_EXCEEDED": 3600}  # seconds


def refusals(problems: dict[str, tuple[int, str]], exposed: str) -> dict[str, Any]:
    """The gateway responses. `problems` gives status and title of each code."""
    found = {}
    for kind, (code, detail) in REFUSALS.items():
        more = {"Retry-After": f"'{RETRY_AFTER[kind]}'"} if kind in RETRY_AFTER else {}
        found[kind] = {
            "statusCode": str(problems[code][0]),
            "responseParameters": parameters("gatewayresponse", exposed, {"Content-Type": f"'{PROBLEM_JSON}'", **more}),
            "responseTemplates": {"application/json": problem(code, *problems[code], detail)},
        }
    return found


def preflight(
    operation_id: str, methods: list[str], request_headers: list[str], exposed: str, patches: list[str]
) -> dict[str, Any]:
    """OPTIONS: what a browser may send to a path. `patches` are the media types of its PATCH (RFC 5789, 3.1)."""
    allowed = [*ALWAYS_SENT, *request_headers, "X-Request-Id"]
    headers = {
        "Access-Control-Allow-Headers": f"'{', '.join(allowed)}'",
        "Access-Control-Allow-Methods": f"'{', '.join(methods)}'",
        "Access-Control-Max-Age": "'600'",
        **({"Accept-Patch": f"'{', '.join(patches)}'"} if patches else {}),
    }
    return {
        "operationId": operation_id,
        "summary": "CORS preflight; needs no credentials",
        **mock(204, "Requests that a browser may send to this path", headers, exposed, BODIES[:1]),
    }


def not_allowed(methods: list[str], exposed: str) -> dict[str, Any]:
    """405, for every method that a path does not offer, HEAD included."""
    status, title = ELSEWHERE["method_not_allowed"]
    headers = {"Allow": f"'{', '.join(methods)}'", "Content-Type": f"'{PROBLEM_JSON}'"}
    answer = mock(status, "Method not allowed on this path", headers, exposed, BODIES)
    answer["responses"][str(status)]["content"] = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answer["x-amazon-apigateway-integration"]["responses"]["default"]["responseTemplates"] = {
        "application/json": problem("method_not_allowed", status, title, "This path does not support the method.")
    }
    return answer


def mock(
    status: int, description: str, headers: dict[str, Any], exposed: str, bodies: tuple[str, ...]
) -> dict[str, Any]:
    """A mock integration. While every media type is binary, only CONVERT_TO_TEXT lets its template run."""
    sent = parameters("method.response", exposed, headers)
    declared = {name.rsplit(".", 1)[1]: {"schema": {"type": "string"}} for name in sent}
    return {
        "responses": {str(status): {"description": description, "headers": declared}},
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "passthroughBehavior": "never",  # a body of another type is 415; passed on, it would be a 500
            "contentHandling": "CONVERT_TO_TEXT",
            "requestTemplates": dict.fromkeys(bodies, f'{{"statusCode": {status}}}'),
            "responses": {
                "default": {
                    "statusCode": str(status),
                    "contentHandling": "CONVERT_TO_TEXT",
                    "responseParameters": sent,
                }
            },
        },
    }


def parameters(place: str, exposed: str, headers: dict[str, Any]) -> dict[str, Any]:
    """Headers of a response, including those of all responses."""
    every = {
        "Access-Control-Allow-Origin": ORIGIN,
        "Access-Control-Expose-Headers": f"'{exposed}'",
        "Cache-Control": "'no-store'",
        "Vary": VARY,
        "X-Request-Id": "context.requestId",
    }
    return {f"{place}.header.{name}": value for name, value in sorted({**every, **headers}.items())}


def problem(code: str, status: int, title: str, detail: str) -> str:
    """A body template: plain substitution, and nothing in it that a client could have written.

    It ends in a newline, like the bodies of the functions.
    """
    request = "$context.requestId"
    return (
        f'{{"type":"urn:problem-type:users-api:{code}","title":"{title}","status":{status}, "detail":"{detail}", '
        f'"instance":"urn:uuid:{request}","requestId":"{request}","code":"{code}", "error":"{detail}"}}\n'
    )
