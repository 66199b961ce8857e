"""The callers of an operation: the names that x-lambda uses, and what API Gateway checks for each."""

from __future__ import annotations

from typing import Any

KEY, TOKEN = "apiKey", "signIn"  # security schemes of the contract

# The schemes that an operation names for each kind of callers. Every operation with a key also names scopes, so a stack
# with sign-in has no operation that a key alone opens. Scopes are in `security`, where clients read them.
KINDS: dict[str, tuple[str, ...]] = {
    "anyone": (),
    "key": (KEY, TOKEN),
    "person": (TOKEN,),
}
KEY_REQUIRED, SIGN_IN = "KeyRequired", "SignInOn"  # conditions of the template

# The scheme as API Gateway wants it: it looks for the token in Authorization, and takes any one of the scopes.
AUTHORIZER = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "cognito_user_pools",
    "x-amazon-apigateway-authorizer": {
        "type": "cognito_user_pools",
        "providerARNs": [{"Fn::GetAtt": ["UserPool", "Arn"]}],
    },
}


def schemes(kind: str) -> set[str]:
    """The security schemes that an operation for these callers must name."""
    return set(KINDS[kind])


def security(kind: str, written: list[dict[str, list[str]]], condition: str | None) -> dict[str, Any]:
    """`security` for API Gateway, which reads it on operations only.

    The contract's alternatives differ in scopes, of which API Gateway takes any one. A key and a token are both asked
    for where both are on: API Gateway knows no "or" between them.
    """
    if not KINDS[kind]:
        return {}
    scopes = [scope for each in written for scope in each.get(TOKEN, [])]
    with_token = {"Fn::If": [KEY_REQUIRED, [{KEY: [], TOKEN: scopes}], [{TOKEN: scopes}]]}
    if condition == SIGN_IN:  # the operation is there with sign-in only
        return {"security": with_token}
    without = {"Fn::If": [KEY_REQUIRED, [{KEY: []}], []]}
    return {"security": {"Fn::If": [SIGN_IN, with_token, without]}}


def deployed_schemes(written: dict[str, Any]) -> dict[str, Any]:
    """The contract's security schemes, as API Gateway wants them."""
    return {**written, TOKEN: {"Fn::If": [SIGN_IN, AUTHORIZER, {"Ref": "AWS::NoValue"}]}}
