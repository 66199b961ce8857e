"""Rules for the API: routes, who may call them, what API Gateway answers by itself, what it logs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.template.resource_rules import LIVE_ROUTE
from tests.template.stack import METHODS, Stack, dig

ALIAS = "AWS::Lambda::Alias"
INTEGRATION = "x-amazon-apigateway-integration"
ANY = "x-amazon-apigateway-any-method"
RESPONSES = "x-amazon-apigateway-gateway-responses"
ORIGIN = {"Fn::Sub": "'${CorsOrigin}'"}
VARY = {"Fn::If": ["AnyOrigin", {"Ref": "AWS::NoValue"}, "'Origin'"]}
EXPOSED = "'ETag, Location, Link, Retry-After, X-Request-Id, Idempotency-Replayed'"
MEMBERS = ["type", "title", "status", "detail", "instance", "requestId", "code", "error"]

# Every refusal that API Gateway knows (GatewayResponse, API reference), with the contract's status and code for it.
REFUSALS = {
    "ACCESS_DENIED": (403, "forbidden"),
    "API_CONFIGURATION_ERROR": (500, "internal_error"),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, "internal_error"),
    "AUTHORIZER_FAILURE": (500, "internal_error"),
    "BAD_REQUEST_BODY": (400, "invalid_user"),
    "BAD_REQUEST_PARAMETERS": (400, "invalid_query"),
    "DEFAULT_4XX": (400, "bad_request"),
    "DEFAULT_5XX": (502, "bad_gateway"),
    "EXPIRED_TOKEN": (401, "unauthorized"),
    "INTEGRATION_FAILURE": (502, "bad_gateway"),
    "INTEGRATION_TIMEOUT": (504, "gateway_timeout"),
    "INVALID_API_KEY": (403, "forbidden"),
    "INVALID_SIGNATURE": (404, "route_not_found"),
    "MISSING_AUTHENTICATION_TOKEN": (404, "route_not_found"),
    "QUOTA_EXCEEDED": (429, "too_many_requests"),
    "REQUEST_TOO_LARGE": (413, "body_too_large"),
    "RESOURCE_NOT_FOUND": (404, "route_not_found"),
    "THROTTLED": (429, "too_many_requests"),
    "UNAUTHORIZED": (401, "unauthorized"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "unsupported_media_type"),
    "WAF_FILTERED": (403, "forbidden"),
}

# What the access log may hold. No address, no user agent, no path or query as sent.
LOGGED = {
    "requestId", "requestTime", "httpMethod", "resourcePath", "status", "responseLatency", "integration.latency",
    "integration.status", "integration.requestId", "error.responseType", "responseLength", "identity.apiKeyId",
    "xrayTraceId",
}  # fmt: skip


def each_refusal_is_a_problem(stack: Stack) -> Iterator[str]:
    given = stack.api.get(RESPONSES) or {}
    for kind in REFUSALS.keys() ^ given.keys():
        yield f"{kind} is not answered" if kind in REFUSALS else f"{kind} is no refusal of API Gateway's"
    for kind in REFUSALS.keys() & given.keys():
        status, code = REFUSALS[kind]
        if given[kind].get("statusCode") != str(status):
            yield f"{kind} has the status {given[kind].get('statusCode')}, not {status}"
        yield from _no_problem(kind, dig(given[kind], "responseTemplates", "application/json"), status, code)
        yield from _wrong_headers(kind, given[kind].get("responseParameters") or {}, "gatewayresponse.header.", status)


def each_path_answers_other_methods(stack: Stack) -> Iterator[str]:
    for path, item in stack.api["paths"].items():
        answer = dig(item, ANY, INTEGRATION, "responses", "default") or {}
        allowed = {method.upper() for method in METHODS if method in item}
        headers = answer.get("responseParameters") or {}
        allow = str(headers.get("method.response.header.Allow"))
        if set(allow.strip("'").split(", ")) != allowed:
            yield f"{path} allows {allow}, but has {', '.join(sorted(allowed))}"
        yield from _no_problem(path, dig(answer, "responseTemplates", "application/json"), 405, "method_not_allowed")
        yield from _wrong_headers(path, headers, "method.response.header.", 405)


def each_path_answers_preflight(stack: Stack) -> Iterator[str]:
    for path, item in stack.api["paths"].items():
        answer = dig(item, "options", INTEGRATION, "responses", "default") or {}
        headers = answer.get("responseParameters") or {}
        methods = {method.upper() for method in METHODS if method in item}
        if answer.get("statusCode") != "204":
            yield f"{path} does not answer preflight with 204"
        if (
            set(str(headers.get("method.response.header.Access-Control-Allow-Methods")).strip("'").split(", "))
            != methods
        ):
            yield f"{path} does not tell a browser its methods"
        allowed = str(headers.get("method.response.header.Access-Control-Allow-Headers")).strip("'").lower().split(", ")
        for name in {"content-type", "x-api-key", "authorization"} | _header_parameters(stack, item):
            if name not in allowed:
                yield f"{path} does not let a browser send {name}"
        yield from _wrong_headers(path, headers, "method.response.header.", 204)


def mocks_can_answer(stack: Stack) -> Iterator[str]:
    for place, operation in _mocks(stack):
        mock = operation[INTEGRATION]
        for part in (mock, dig(mock, "responses", "default") or {}):
            if part.get("contentHandling") != "CONVERT_TO_TEXT":
                yield f"{place} answers 500 while every media type is binary"
        if mock.get("passthroughBehavior") != "never":
            yield f"{place} answers 500 to a body of another type"
        declared = {name.lower() for item in operation["responses"].values() for name in item.get("headers") or {}}
        for name in dig(mock, "responses", "default", "responseParameters") or {}:
            if name.removeprefix("method.response.header.").lower() not in declared:
                yield f"{place} sends {name}, which the method does not declare"


# A person opens the pages by a link of a message, whose seal stands for a key. Health checks cannot send a key.
SCOPES = {f"users/{name}" for name in ("self", "read", "write", "admin")}
OPEN = ("/users/{userId}/email-verification/{token}", "/health")


def _asked(path: str, operation: dict[str, Any]) -> dict[str, Any]:
    """What a method asks for: a key, a token with one of at least one scope, or both."""
    own = path == "/users/me" or path.startswith(("/admin/users", "/admin/stats"))  # there with sign-in only
    found = dig(operation, "security") if own else dig(operation, "security", "Fn::If", 1)
    scopes = dig(found, "Fn::If", 2, 0, "signIn")
    scopes = scopes if isinstance(scopes, list) and scopes and set(scopes) <= SCOPES else ["a scope"]
    with_token = {"Fn::If": ["KeyRequired", [{"apiKey": [], "signIn": scopes}], [{"signIn": scopes}]]}
    without = {"Fn::If": ["KeyRequired", [{"apiKey": []}], []]}
    return with_token if own else {"Fn::If": ["SignInOn", with_token, without]}


def each_operation_needs_a_key_if_asked(stack: Stack) -> Iterator[str]:
    for path, method, operation in stack.operations():
        wanted = None if method == "options" else [] if path in OPEN else _asked(path, operation)
        if operation.get("security") != wanted:
            yield f"{method.upper()} {path} has the security {operation.get('security')}"
    for path, item in stack.api["paths"].items():
        if "security" in (item.get(ANY) or {}):
            yield f"{path} asks for credentials before it says 405"


def each_operation_calls_its_function(stack: Stack) -> Iterator[str]:
    granted = set(_granted(stack))
    called = set()
    for path, method, operation in stack.operations():
        if dig(operation, INTEGRATION, "type") != "aws_proxy":
            continue
        uri = str(dig(operation, INTEGRATION, "uri", "Fn::Sub"))
        target = re.search(r"\$\{(\w+)\.Arn\}((?::\w+)?)/invocations$", uri)
        called.add((target[1] + target[2] if target else "nothing", method.upper(), re.sub(r"\{\w+\}", "*", path)))
    for function, method, path in called ^ granted:
        missing = "may not be called by" if (function, method, path) in called else "may be called without reason by"
        yield f"{function} {missing} {method} {path}"


def stage_is_watched_and_throttled(stack: Stack) -> Iterator[str]:
    for name, block in stack.of("AWS::ApiGateway::Stage").items():
        settings = dig(block, "MethodSettings", 0) or {}
        wanted = {
            "HttpMethod": "*", "ResourcePath": "/*", "MetricsEnabled": True, "DataTraceEnabled": False,
            "ThrottlingRateLimit": {"Ref": "ThrottleRate"}, "ThrottlingBurstLimit": {"Ref": "ThrottleBurst"},
        }  # fmt: skip
        for key, value in wanted.items():
            if settings.get(key) != value:
                yield f"{name} has {key} {settings.get(key)}, not {value}"
        if block.get("TracingEnabled") is not True:
            yield f"{name} is not traced"
        if dig(block, "AccessLogSetting", "DestinationArn") != {"Fn::GetAtt": ["UsersApiLogGroup", "Arn"]}:
            yield f"{name} has no access log"


def access_log_names_no_person(stack: Stack) -> Iterator[str]:
    for name, block in stack.of("AWS::ApiGateway::Stage").items():
        text = str(dig(block, "AccessLogSetting", "Format"))
        for variable in re.findall(r"\$context\.([A-Za-z.]+)", text):
            if variable not in LOGGED:
                yield f"{name} logs {variable}"
        line = _json(re.sub(r"\$context\.[A-Za-z.]+", "-", text))
        if not (isinstance(line, dict) and line and all(isinstance(value, str) for value in line.values())):
            yield f"{name} logs lines that are no JSON of texts"


def usage_plan_belongs_to_the_key(stack: Stack) -> Iterator[str]:
    for kind in ("ApiKey", "UsagePlan", "UsagePlanKey"):
        blocks = [block for block in stack.resources.values() if block["Type"] == f"AWS::ApiGateway::{kind}"]
        if [block.get("Condition") for block in blocks] != ["KeyRequired"]:
            yield f"{kind} does not depend on whether a key is required"
    for name, plan in stack.of("AWS::ApiGateway::UsagePlan").items():
        if plan.get("Throttle") != {"RateLimit": {"Ref": "ThrottleRate"}, "BurstLimit": {"Ref": "ThrottleBurst"}}:
            yield f"{name} does not throttle"
        if plan.get("Quota") != {"Limit": {"Ref": "DailyQuota"}, "Period": "DAY"}:
            yield f"{name} has no daily quota"


def bodies_reach_functions_as_bytes(stack: Stack) -> Iterator[str]:
    if stack.api.get("x-amazon-apigateway-binary-media-types") != ["*/*"]:
        yield "bodies are decoded before the functions can check their UTF-8"


def definition_is_one_that_api_gateway_reads(stack: Stack) -> Iterator[str]:
    if stack.api.get("openapi") != "3.0.1":
        yield f"API Gateway does not read OpenAPI {stack.api.get('openapi')}"
    deployed_with = {str(item) for item in stack.api.get("x-deployed-with") or []}
    used = set(re.findall(r"\$\{(\w+)\}", json.dumps(stack.definition))) & set(stack.transformed["Parameters"])
    for condition in set(re.findall(r'"Fn::If": \["(\w+)"', json.dumps(stack.definition))):
        used |= _parameters_of(stack, condition)
    for parameter in used:
        if str({"Ref": parameter}) not in deployed_with:
            yield f"a changed {parameter} makes no new deployment"


def only_new_tls_is_accepted(stack: Stack) -> Iterator[str]:
    """By the API itself too, which accepts TLS 1.0 unless it is told otherwise."""
    policies = stack.transformed["Parameters"]["TlsPolicy"]["AllowedValues"]
    if old := [policy for policy in policies if not re.match("TLS_1_2$|SecurityPolicy_TLS13_1_[23]_", policy)]:
        yield f"{old} may accept versions before TLS 1.2"
    if stack.defaults["TlsPolicy"] == "TLS_1_2":
        yield "by default the policy is one that AWS calls legacy"
    mode = {"Fn::If": ["NewTls", {"Ref": "EndpointAccessMode"}, {"Ref": "AWS::NoValue"}]}
    for name, block in {**stack.of("AWS::ApiGateway::RestApi"), **stack.of("AWS::ApiGateway::DomainName")}.items():
        if block.get("SecurityPolicy") != {"Ref": "TlsPolicy"}:
            yield f"{name} has the policy {block.get('SecurityPolicy')}"
        if block.get("EndpointAccessMode") != mode:
            yield f"{name} has no access mode, or one that its policy does not take"


def a_client_certificate_cannot_be_avoided(stack: Stack) -> Iterator[str]:
    endpoint = dig(stack.api, "x-amazon-apigateway-endpoint-configuration", "disableExecuteApiEndpoint")
    if endpoint != {"Fn::If": ["MutualTls", True, False]}:
        yield "with mutual TLS the API's own address stays open, which asks for no certificate"
    for name, block in stack.of("AWS::ApiGateway::DomainName").items():
        if dig(block, "MutualTlsAuthentication", "Fn::If", 0) != "MutualTls":
            yield f"{name} does not ask for one"


def _parameters_of(stack: Stack, condition: str) -> set[str]:
    """The parameters that a condition depends on, through other conditions too."""
    written = str(stack.transformed["Conditions"][condition])
    found = set(re.findall(r"'Ref': '(\w+)'", written))
    for other in re.findall(r"'Condition': '(\w+)'", written):
        found |= _parameters_of(stack, other)
    return found


def _mocks(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in stack.api["paths"].items():
        for method in (*METHODS, ANY):
            if dig(item, method, INTEGRATION, "type") == "mock":
                yield f"{method} {path}", item[method]


def _granted(stack: Stack) -> Iterator[tuple[str, str, str]]:
    """(function, method, path) that API Gateway may call, routes of the WebSocket API left out.

    A function is its logical id, with `:` and the name of the alias if the alias is what may be called.
    """
    aliases = {name: f"{block['FunctionName']['Ref']}:{block['Name']}" for name, block in stack.of(ALIAS).items()}
    for block in stack.of("AWS::Lambda::Permission").values():
        source = dig(block, "SourceArn", "Fn::Sub")
        if LIVE_ROUTE.fullmatch(str(source)) or block.get("Principal") != "apigateway.amazonaws.com":
            continue
        found = re.search(r"/([A-Z]+)(/.*)$", str(source[0] if isinstance(source, list) else source))
        method, path = found.groups() if found else ("ANY", "*")
        function = block["FunctionName"]
        name = function.get("Ref") or function["Fn::GetAtt"][0]
        yield aliases.get(name, name), method, path


def _header_parameters(stack: Stack, item: dict[str, Any]) -> set[str]:
    """The names of the headers that the operations of a path read."""
    references = [entry["$ref"] for method in METHODS for entry in dig(item, method, "parameters") or []]
    parameters = [stack.api["components"]["parameters"][reference.rsplit("/", 1)[1]] for reference in references]
    return {parameter["name"].lower() for parameter in parameters if parameter["in"] == "header"}


def _no_problem(place: str, template: Any, status: int, code: str) -> Iterator[str]:
    """What is wrong with a body template, which knows nothing but $context.requestId."""
    text = str(template)
    problem = _json(text.replace("$context.requestId", "ID"))
    if "$" in text.replace("$context.requestId", ""):
        yield f"{place} puts something of the request into its body"
    if not isinstance(problem, dict) or list(problem) != MEMBERS:
        yield f"{place} does not answer a problem"
        return
    if (problem["status"], problem["code"], problem["type"]) != (status, code, f"urn:problem-type:users-api:{code}"):
        yield f"{place} is {problem['status']} {problem['code']}, not {status} {code}"
    if (problem["requestId"], problem["instance"]) != ("ID", "urn:uuid:ID"):
        yield f"{place} does not name the request"
    if not text.endswith("}\n"):
        yield f"{place} does not end in a newline"


def _wrong_headers(place: str, headers: dict[str, Any], prefix: str, status: int) -> Iterator[str]:
    wanted = {
        "Access-Control-Allow-Origin": ORIGIN, "Access-Control-Expose-Headers": EXPOSED, "Cache-Control": "'no-store'",
        "Vary": VARY, "X-Request-Id": "context.requestId",
    }  # fmt: skip
    if status != 204:
        wanted["Content-Type"] = "'application/problem+json'"
    for name, value in wanted.items():
        if headers.get(prefix + name) != value:
            yield f"{place} sends {name} as {headers.get(prefix + name)}"
    if (status == 429) != (f"{prefix}Retry-After" in headers):
        yield f"{place} does not say when to try again, or should not"


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
