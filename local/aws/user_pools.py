"""The behaviour of user pools on AWS that ministack's do not have.

- A code that confirms a sign-up is checked, and verifies the email that it was sent to.
- The function after a confirmation is called (PostConfirmation). If it fails, the caller is told, and the person is
  confirmed.
- If the function before tokens fails (PreTokenGeneration), there are no tokens.
"""

from __future__ import annotations

import os

from local.aws.emulator.internals_of_pools import REFUSED, Operation, Pools, Record, Response, when_loaded

STRICT = "MINISTACK_COGNITO_PRETOKEN_STRICT"
CHECKED = ("ConfirmSignUp", "ConfirmForgotPassword")
BY_ADMIN = "CLIENT_ID_NOT_APPLICABLE"
REFUSAL = "UserLambdaValidationException"


def install() -> None:
    """Change Cognito as soon as it is loaded."""
    os.environ[STRICT] = "1"
    when_loaded(lambda: UserPools(Pools()).install())


class UserPools:
    """The operations that replace ministack's."""

    def __init__(self, pools: Pools) -> None:
        self.pools = pools

    def install(self) -> None:
        """Have Cognito use them."""
        self.pools.replace(self.confirm, self.confirm_by_admin, self.tokens, self.handle)

    def confirm(self, request: Record) -> Response:
        """ConfirmSignUp."""
        answer = self.pools.confirm(request)
        if answer[0] != 200:
            return answer
        pool, name = self.pools.of_client(request["ClientId"])
        user = self.pools.user(pool, request["Username"])
        if "email" in pool.get("AutoVerifiedAttributes", ()):
            verified = [{"Name": "email_verified", "Value": "true"}]
            user["Attributes"] = self.pools.merged(user["Attributes"], verified)
        return self.told(pool, name, user, request, request["ClientId"]) or answer

    def confirm_by_admin(self, request: Record) -> Response:
        """AdminConfirmSignUp, which verifies nothing."""
        answer = self.pools.confirm_by_admin(request)
        if answer[0] != 200:
            return answer
        pool = self.pools.of_id[request["UserPoolId"]]
        user = self.pools.user(pool, request["Username"])
        return self.told(pool, request["UserPoolId"], user, request, BY_ADMIN) or answer

    def told(self, pool: Record, name: str, user: Record, request: Record, client: str) -> Response | None:
        """Call the function that follows a confirmation, if the pool names one; its error."""
        function = pool.get("LambdaConfig", {}).get("PostConfirmation")
        if not function:
            return None
        asked = {"userAttributes": {**self.pools.attributes_of(user["Attributes"]), "cognito:user_status": "CONFIRMED"}}
        if "ClientMetadata" in request:
            asked["clientMetadata"] = request["ClientMetadata"]
        event = {
            "version": "1",
            "triggerSource": "PostConfirmation_ConfirmSignUp",
            "region": self.pools.region_of(name),
            "userPoolId": name,
            "userName": user["Username"],
            "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client},
            "request": asked,
            "response": {},
        }
        result = self.pools.invoke(function, event)
        return self.refusal("PostConfirmation", result["body"]) if "error" in result else None

    def handle(self, operation: Operation, action: str, request: Record) -> Response:
        """Any operation, with its code checked."""
        if action in CHECKED:
            self.pools.pin(request)
            if error := self.pools.code_error(action, request):
                return error
        try:
            return self.pools.handle(operation, action, request)
        except RuntimeError as error:
            return self.refusal("PreTokenGeneration", reason(error))

    def tokens(self, *arguments: object) -> Response:
        """The token endpoint."""
        try:
            return self.pools.tokens(*arguments)
        except RuntimeError as error:
            return self.pools.token_error("invalid_grant", failed("PreTokenGeneration", reason(error)))

    def refusal(self, trigger: str, why: object) -> Response:
        """The error of an operation whose trigger has failed."""
        return self.pools.error(REFUSAL, failed(trigger, why))


def failed(trigger: str, why: object) -> str:
    """The sentence of Cognito for it."""
    return f"{trigger} failed with error {why}"


def reason(error: RuntimeError) -> str:
    """The sentence of the function. Raises the error if no function caused it."""
    if not str(error).startswith(REFUSED):
        raise error
    return str(error).removeprefix(REFUSED)
