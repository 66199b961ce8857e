"""The user pool: what follows there from a change of a record. A person who is not in it needs nothing any more."""

from __future__ import annotations

from botocore.exceptions import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class UserPool:
    """One user pool. `client` is one of Cognito that tries once. Each call may be repeated."""

    def __init__(self, client: Any, pool: str) -> None:
        self._client = client
        self._pool = pool

    def knows(self, subject: str) -> bool:
        """Whether a person is in the pool."""
        try:
            self._client.admin_get_user(UserPoolId=self._pool, Username=subject)
        except ClientError as error:
            if error.response["Error"]["Code"] != "UserNotFoundException":
                raise
            return False
        return True

    def delete(self, subject: str) -> None:
        """Forget a person."""
        self._for(self._client.admin_delete_user, subject)

    def disable(self, subject: str) -> None:
        """Let a person sign in no more, and refresh no token."""
        self._for(self._client.admin_disable_user, subject)

    def enable(self, subject: str) -> None:
        """Let a person sign in again."""
        self._for(self._client.admin_enable_user, subject)

    def sign_out(self, subject: str) -> None:
        """Take back the refresh tokens of a person."""
        self._for(self._client.admin_user_global_sign_out, subject)

    def set_email(self, subject: str, email: str) -> bool:
        """Let a person sign in with this email, without a message to it. False if another person does."""
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        try:
            self._for(self._client.admin_update_user_attributes, subject, UserAttributes=attributes)
        except ClientError as error:
            if error.response["Error"]["Code"] != "AliasExistsException":
                raise
            return False
        return True

    def set_member(self, subject: str, group: str, member: bool) -> None:
        """Whether a person is in a group."""
        change = self._client.admin_add_user_to_group if member else self._client.admin_remove_user_from_group
        self._for(change, subject, GroupName=group)

    def _for(self, change: Any, subject: str, **more: Any) -> None:
        try:
            change(UserPoolId=self._pool, Username=subject, **more)  # the pool takes the subject for the name
        except ClientError as error:
            if error.response["Error"]["Code"] != "UserNotFoundException":
                raise
