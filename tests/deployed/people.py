"""People of a stack with sign-in: their tokens, and what the user pool and the tables have of them."""

from __future__ import annotations

from typing import Any

from tests.deployed.stack import Stack
from tests.support.events import event


def token(subject: str, *scopes: str, admin: bool = False) -> dict[str, str]:
    """The claims of a person's access token, as API Gateway hands them on."""
    found = {
        "token_use": "access",
        "sub": subject,
        "client_id": "pages",
        "username": subject,
        "scope": " ".join(scopes),
    }
    return {**found, **({"cognito:groups": "admins"} if admin else {})}


def request(method: str, path: str, claims: dict[str, str], *more: Any, **others: Any) -> dict[str, Any]:
    made = event(method, path, *more, **others)
    made["requestContext"]["authorizer"] = {"claims": claims}
    return made


def of_the_pool(subject: str, address: str) -> dict[str, Any]:
    """The event of the user pool before it issues a token."""
    attributes = {"sub": subject, "email": address, "email_verified": "true", "name": "Mary Jackson"}
    return {"triggerSource": "TokenGeneration_HostedAuth", "request": {"userAttributes": attributes}, "response": {}}


def in_pool(stack: Stack, address: str) -> str:
    """The subject of a person whom the user pool knows."""
    made = stack.cloud.client("cognito-idp").admin_create_user(
        UserPoolId=stack.resources()["UserPool"],
        Username=address,
        UserAttributes=[{"Name": "email", "Value": address}, {"Name": "email_verified", "Value": "true"}],
    )
    return str({each["Name"]: each["Value"] for each in made["User"]["Attributes"]}["sub"])


def of_person(stack: Stack, subject: str) -> str:
    """The id of the record of a person."""
    key = {"key": {"S": f"subject#{subject}"}}
    read = stack.cloud.client("dynamodb").get_item
    return str(read(TableName=stack.resources()["UserKeysTable"], Key=key)["Item"]["userId"]["S"])
