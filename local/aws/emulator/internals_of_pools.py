"""The internals of ministack's Cognito that the emulated AWS uses. With internals.py, the only file with such names.

Only a stack with a user pool needs Cognito, and it is slow to load. Therefore its names are looked up when the service
is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.aws.emulator.internals import Module

Record = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Operation = Callable[[Record], Response]
Exchange = Callable[..., Response]
# How an error of the trigger looks that ministack calls before it makes tokens.
REFUSED = "PreTokenGeneration error: "


def when_loaded(then: Callable[[], None]) -> None:
    """Call `then` once, before Cognito handles its first request."""
    app = Module("ministack.app")
    load = app.take("_get_module")
    waiting = [then]

    def loading(name: str) -> Any:
        found = load(name)
        if name == "cognito" and waiting:
            waiting.pop()()
        return found

    app.itself._get_module = loading


class Pools:
    """Its user pools: how it confirms a sign-up and makes tokens, as before `replace`."""

    def __init__(self) -> None:
        module = self.module = Module("ministack.services.cognito")
        self.confirm: Operation = module.take("_confirm_sign_up")
        self.confirm_by_admin: Operation = module.take("_admin_confirm_sign_up")
        self.tokens: Exchange = module.take("_oauth2_token")
        self.handle: Callable[[Operation, str, Record], Response] = module.take("_run_idp_handler")
        self.code_error: Callable[[str, Record], Response | None] = module.take("_confirmation_code_error")
        self.pin = module.take("_pin_unsigned_idp_scope")
        self.of_client = module.take("_pool_for_client")
        self.of_id = module.take("_user_pools")
        self.resolve = module.take("_resolve_user")
        self.merged = module.take("_merge_attributes")
        self.attributes_of = module.take("_attr_list_to_dict")
        self.region_of: Callable[[str], str] = module.take("_pool_region")
        self.error: Callable[[str, str], Response] = module.take("error_response_json")
        self.token_error: Callable[[str, str], Response] = module.take("_oauth2_error")
        functions = self.functions = Module("ministack.services.lambda_svc")
        self.find = functions.take("_get_func_record_for_ref")
        self.executable = functions.take("_execution_record_for_config")
        functions.take("_execute_function_with_config_scope")

    def replace(
        self, confirm: Operation, confirm_by_admin: Operation, tokens: Exchange, handle: Callable[..., Response]
    ) -> None:
        """Have Cognito use these instead."""
        module = self.module.itself
        module._confirm_sign_up = confirm
        module._admin_confirm_sign_up = confirm_by_admin
        module._oauth2_token = tokens
        module._run_idp_handler = handle

    def user(self, pool: Record, name: str) -> Record:
        """A user of a pool, who is there."""
        found: Record = self.resolve(pool, name)[0]
        return found

    def invoke(self, function: str, event: Record) -> Record:
        """The result of a function that a pool names, by its ARN: `body`, and `error` where it failed."""
        record, settings, _ = self.find(function)
        run = self.functions.itself._execute_function_with_config_scope
        return dict(run(self.executable(record, settings), event))
