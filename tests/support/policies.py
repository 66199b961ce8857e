"""What policies of IAM decide about one request, by the evaluator that the emulated AWS itself asks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate, evaluate_resource_policy, parse_policy_document

from local.template.intrinsics import ACCOUNT, REGION

ALLOW, DENY, SILENT = "Allow", "Deny", "ImplicitDeny"


def asked(action: str, resource: str, *, secure: bool = True, **context: str) -> Any:
    """A request of a role of this account."""
    return EvalContext(
        principal_arn=f"arn:aws:iam::{ACCOUNT}:role/caller",
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action=action,
        resource_arn=resource,
        region=REGION,
        source_ip="127.0.0.1",
        secure_transport=secure,
        service_context=context,
    )


def of_role(policies: Iterable[Any], request: Any) -> str:
    """What the policies of a role decide: ALLOW, DENY or SILENT."""
    return str(evaluate(request, [parse_policy_document(policy) for policy in policies]).decision)


def of_resource(policy: Any, request: Any, service: str | None = None) -> str:
    """What the policy of a resource decides: ALLOW, DENY, or SILENT, which leaves it to those of the role.

    `service` is the service of AWS that asks, such as cloudfront.amazonaws.com; it has no role.
    """
    return str(evaluate_resource_policy(policy, request, service).decision)
