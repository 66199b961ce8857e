"""Authorizers: Lambda authorizers (TOKEN and REQUEST) and Cognito user pools."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.direct import fetch
from local.functions.function import Function, FunctionError
from local.gateway.access import policies, tokens
from local.gateway.events import Exchange
from local.gateway.responses import Refusal, Variables
from local.gateway.routes import FUNCTION, Method
from local.template.intrinsics import ACCOUNT, REGION

DEFAULT_TTL = 300
EXPLICIT = "User is not authorized to access this resource with an explicit deny"
WAIT = 29.0
JWKS_SECONDS = 300.0  # how long a pool's keys are believed


@dataclass(frozen=True)
class Scheme:
    """One authorizer as the definition states it. `source` is the header of a token, `ttl` in seconds."""

    name: str
    kind: str  # token, request, cognito_user_pools
    header: str
    block: Mapping[str, Any]

    @property
    def ttl(self) -> int:
        found = self.block.get("authorizerResultTtlInSeconds")
        return DEFAULT_TTL if found is None else int(found)

    @property
    def sources(self) -> list[str]:
        """The identity sources, as mapping expressions."""
        given = [part.strip() for part in str(self.block.get("identitySource") or "").split(",") if part.strip()]
        if not given and self.kind != "request":
            given = [f"method.request.header.{self.header}"]
        return given

    @property
    def function_arn(self) -> str:
        found = FUNCTION.search(str(self.block.get("authorizerUri", "")))
        return found["arn"] if found else ""

    @property
    def pools(self) -> list[str]:
        """Ids of the user pools."""
        return [str(arn).rpartition("/")[2] for arn in self.block.get("providerARNs") or []]


class Authorizers:
    """All authorizers of one API."""

    def __init__(
        self,
        functions: Callable[[str], Function | None],
        endpoint: str,
        event: Callable[[Exchange], dict[str, Any]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.functions, self.event, self.clock = functions, event, clock
        self.pools = Pools(endpoint, clock)
        self.results: dict[tuple[str, ...], tuple[float, dict[str, Any]]] = {}

    async def authorize(
        self, scheme: Scheme, scopes: list[str], exchange: Exchange, method: Method, arn: str, variables: Variables
    ) -> None:
        """Let a request pass and note who it is, or raise Refusal. `arn` is the method's, as called."""
        if scheme.kind == "cognito_user_pools":
            exchange.authorizer = await self.cognito(scheme, scopes, exchange, variables)
            return
        identity = self.identity(scheme, variables)
        result = await self.result(scheme, identity, exchange, arn)
        self.check(result, arn)
        exchange.authorizer = {**context_of(result), "principalId": str(result["principalId"])}
        exchange.usage_key = result.get("usageIdentifierKey")

    def identity(self, scheme: Scheme, variables: Variables) -> tuple[str, ...]:
        """The values of the identity sources: all must be there, and a token must look as it should."""
        values = tuple(str(variables.mapped(source) or "") for source in scheme.sources)
        if not all(values):
            raise Refusal("UNAUTHORIZED", reason=f"{scheme.name}: an identity source is missing or empty")
        expression = scheme.block.get("identityValidationExpression")
        if scheme.kind == "token" and expression and not re.fullmatch(expression, values[0]):
            raise Refusal("UNAUTHORIZED", reason=f"{scheme.name}: the token does not match {expression}")
        return values

    async def result(self, scheme: Scheme, identity: tuple[str, ...], exchange: Exchange, arn: str) -> dict[str, Any]:
        """The result of the function, now or up to `ttl` seconds ago for the same identity."""
        name = (scheme.name, *identity)
        kept = self.results.get(name)
        if scheme.ttl and kept and kept[0] > self.clock():
            return kept[1]
        result = await self.ask(scheme, identity, exchange, arn)
        if scheme.ttl and identity:
            self.results[name] = (self.clock() + scheme.ttl, result)
        return result

    async def ask(self, scheme: Scheme, identity: tuple[str, ...], exchange: Exchange, arn: str) -> dict[str, Any]:
        """Call the authorizer's function."""
        function = self.functions(scheme.function_arn)
        if function is None:
            raise Refusal(
                "AUTHORIZER_CONFIGURATION_ERROR",
                reason=f"{scheme.name}: no AWS::Lambda::Permission lets API Gateway call its function",
            )
        if scheme.kind == "token":
            event: dict[str, Any] = {"type": "TOKEN", "methodArn": arn, "authorizationToken": identity[0]}
        else:
            event = {"type": "REQUEST", "methodArn": arn, **self.event(exchange)}
        try:
            answer, _ = await function.invoke(event, WAIT)
        except FunctionError as error:
            if error.message == "Unauthorized":
                raise Refusal("UNAUTHORIZED", reason=f"{scheme.name} raised Unauthorized") from error
            raise Refusal(
                "AUTHORIZER_CONFIGURATION_ERROR", reason=f"{scheme.name}: {error.kind}\n{error.detail}"
            ) from error
        except TimeoutError as error:
            raise Refusal("AUTHORIZER_FAILURE", reason=f"{scheme.name}: no answer in {WAIT:g} s") from error
        return sound(scheme, answer)

    @staticmethod
    def check(result: Mapping[str, Any], arn: str) -> None:
        """Hold the policy against the method. Raises Refusal."""
        try:
            found = policies.decision(result["policyDocument"], arn)
        except policies.BadPolicy as error:
            raise Refusal("AUTHORIZER_CONFIGURATION_ERROR", reason=str(error)) from error
        if found != "allow":
            raise Refusal("ACCESS_DENIED", EXPLICIT if found == "deny" else None)

    async def cognito(
        self, scheme: Scheme, scopes: list[str], exchange: Exchange, variables: Variables
    ) -> dict[str, Any]:
        """Verify a user pool's token: an access token with one of the scopes, or an id token when there are none."""
        token = str(variables.mapped(scheme.sources[0]) or "")
        token = token[7:] if token[:7].lower() == "bearer " else token
        if not token:
            raise Refusal("UNAUTHORIZED", reason=f"{scheme.name}: no token")
        try:
            claims = await self.pools.verified(token, scheme.pools)
        except tokens.Expired as error:
            raise Refusal("UNAUTHORIZED", "The incoming token has expired", reason=f"{scheme.name}: {error}") from error
        except tokens.InvalidToken as error:
            raise Refusal("UNAUTHORIZED", reason=f"{scheme.name}: {error}") from error
        self.check_use(scheme, scopes, claims)
        return {"claims": tokens.claims_for_functions(claims)}

    @staticmethod
    def check_use(scheme: Scheme, scopes: list[str], claims: Mapping[str, Any]) -> None:
        """Whether this kind of token, for this client, with these scopes, will do."""
        wanted = "access" if scopes else "id"
        if claims.get("token_use") != wanted:
            raise Refusal("UNAUTHORIZED", reason=f"{scheme.name}: the method takes {wanted} tokens")
        audience = scheme.block.get("identityValidationExpression")
        if audience and not re.fullmatch(audience, str(claims.get("aud") or claims.get("client_id") or "")):
            raise Refusal("UNAUTHORIZED", reason=f"{scheme.name}: the token is for another client")
        if scopes and not set(scopes) & set(str(claims.get("scope", "")).split()):
            raise Refusal(
                "ACCESS_DENIED", reason=f"{scheme.name}: the token has none of the scopes {', '.join(scopes)}"
            )


class Pools:
    """The public keys of user pools, from the emulated AWS."""

    def __init__(self, endpoint: str, clock: Callable[[], float]) -> None:
        self.endpoint, self.clock = endpoint, clock
        self.known: dict[str, tuple[float, dict[str, Mapping[str, str]]]] = {}

    async def verified(self, token: str, pools: list[str]) -> dict[str, Any]:
        """The claims of a token of one of the pools. Raises InvalidToken, Refusal."""
        claims = tokens.parts(token)[1]
        pool = str(claims.get("iss", "")).rpartition("/")[2]
        if pool not in pools:
            raise tokens.InvalidToken(f"its issuer is {claims.get('iss')!r}, no pool of the authorizer")
        return tokens.verified(token, await self.keys(pool), f"https://cognito-idp.{REGION}.amazonaws.com/{pool}")

    async def keys(self, pool: str) -> dict[str, Mapping[str, str]]:
        """A pool's keys by key id."""
        kept = self.known.get(pool)
        if kept is None or kept[0] < self.clock():
            try:
                document = await asyncio.to_thread(fetch, f"{self.endpoint}/{pool}/.well-known/jwks.json")
            except (OSError, ValueError) as error:
                raise Refusal(
                    "AUTHORIZER_CONFIGURATION_ERROR", reason=f"the keys of {pool} cannot be loaded ({error})"
                ) from error
            kept = (self.clock() + JWKS_SECONDS, {key["kid"]: key for key in document["keys"]})
            self.known[pool] = kept
        return kept[1]


def sound(scheme: Scheme, answer: Any) -> dict[str, Any]:
    """A Lambda authorizer's answer, its shape checked. Raises Refusal."""
    reason = ""
    if not isinstance(answer, dict):
        reason = "the response is not an object"
    elif not isinstance(answer.get("principalId"), str | int):
        reason = "the response has no principalId"
    elif "policyDocument" not in answer:
        reason = "the response has no policyDocument"
    elif any(isinstance(value, dict | list) for value in (answer.get("context") or {}).values()):
        reason = "context can only have strings, numbers and booleans"
    if reason:
        raise Refusal("AUTHORIZER_CONFIGURATION_ERROR", reason=f"{scheme.name}: {reason}")
    return dict(answer)


def context_of(result: Mapping[str, Any]) -> dict[str, Any]:
    """The authorizer's context as functions get it: all text."""
    return {
        name: value if isinstance(value, str) or value is None else json.dumps(value)
        for name, value in (result.get("context") or {}).items()
    }


def method_arn(api_id: str, stage: str, verb: str, path: str) -> str:
    """The ARN of a method as called."""
    return (
        f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api_id}/{stage}/{verb}{path if path.startswith('/') else '/' + path}"
    )
