"""Credentials by the standard variables: from the environment itself, or from the container's endpoint."""

from __future__ import annotations

from dynamodb.errors import ConfigurationError
from dynamodb.signing import Credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamodb.transport import CredentialSource


def from_environment(environ: Mapping[str, str]) -> CredentialSource:
    """A function of a time-out in seconds that returns credentials valid now; NoAnswer if they cannot be had."""
    access_key = environ.get("AWS_ACCESS_KEY_ID", "")
    if access_key:
        secret_key = environ.get("AWS_SECRET_ACCESS_KEY", "")
        if not secret_key:
            raise ConfigurationError("AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not")
        token = environ.get("AWS_SECURITY_TOKEN") or environ.get("AWS_SESSION_TOKEN") or ""
        credentials = Credentials(access_key, secret_key, token)
        return lambda _: credentials
    if environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") or environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        from dynamodb import container_credentials

        return container_credentials.from_environment(environ)
    raise ConfigurationError(
        "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_CONTAINER_CREDENTIALS_FULL_URI;"
        " profiles, web identity and instance metadata need DYNAMODB_CLIENT=boto3"
    )
