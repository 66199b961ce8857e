"""CodeDeploy: deployments that wait for the report of a hook."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Deployments:
    """The deployments of an account. `client` is one of CodeDeploy."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def report(self, deployment: str, execution: str, succeeded: bool) -> None:
        """Let a deployment go on, or end it. `execution` is the id of the hook's execution."""
        self._client.put_lifecycle_event_hook_execution_status(
            deploymentId=deployment,
            lifecycleEventHookExecutionId=execution,
            status="Succeeded" if succeeded else "Failed",
        )
