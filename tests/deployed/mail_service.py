"""SES with the authorization of AWS, before that of ministack, which asks IAM about no sender and no resource.

A letter needs `ses:SendEmail` on the identity of its sender and on its configuration set, if it names one.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from local.template.intrinsics import ACCOUNT, REGION
from tests.support.forwarder import Answer, Request, forwarded
from tests.support.policies import ALLOW, asked, of_role

SEND = "/v2/email/outbound-emails"
ACTION = "ses:SendEmail"
PREFIX = f"arn:aws:ses:{REGION}:{ACCOUNT}"


def resources(letter: dict[str, Any]) -> list[str]:
    """The resources that a letter is sent on: each must be granted."""
    identity = f"{PREFIX}:identity/{letter['FromEmailAddress'].rpartition('@')[2]}"
    name = letter.get("ConfigurationSetName")
    return [identity, f"{PREFIX}:configuration-set/{name}"] if name else [identity]


def allowed(policies: Collection[Any], letter: dict[str, Any]) -> bool:
    """Whether policies let a role send this letter."""
    sender = {"ses:fromaddress": letter["FromEmailAddress"]}
    return all(of_role(policies, asked(ACTION, each, **sender)) == ALLOW for each in resources(letter))


@dataclass
class MailService:
    """Takes the letters of one role. `policies()` are those that the role has in the account now."""

    upstream: str
    policies: Any
    throttled: int = 0  # so many of the next letters are refused
    taken: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, request: Request) -> Answer:
        """Authorize a letter, and send it as the root of the account."""
        letter = json.loads(request.body)
        if not allowed(self.policies(), letter):
            return refusal(403, "AccessDeniedException")
        if self.throttled:
            self.throttled -= 1
            return refusal(429, "TooManyRequestsException")
        self.taken.append(letter)
        return forwarded(self.upstream, as_root(request))


def refusal(status: int, code: str) -> Answer:
    """A refusal in the form of SES."""
    headers = {"content-type": "application/json", "x-amzn-errortype": code}
    return Answer(status, headers, json.dumps({"message": code}).encode())


def as_root(request: Request) -> Request:
    """The request as the root of the account makes it, whose signature ministack does not check."""
    signed = re.sub(r"Credential=[^/]+/", "Credential=test/", request.headers["authorization"])
    headers = {name: value for name, value in request.headers.items() if name != "x-amz-security-token"}
    return replace(request, headers={**headers, "authorization": signed})
