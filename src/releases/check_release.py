"""CheckRelease - before CodeDeploy sends traffic to new versions, checks that they keep the contract.

CodeDeploy calls it for each function that it deploys, often at the same time, and waits for the report.
"""

from __future__ import annotations

import logging

from releases import wiring
from releases.contract import check
from releases.requests import Broken
from utils.step import step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from adapters.deployments import Deployments
    from releases.requests import Call

log = logging.getLogger("users_api")


def check_release(
    event: Mapping[str, Any], call: Call, deployments: Deployments, mark: str, versions: str
) -> dict[str, bool]:
    """Whether the release keeps the contract, which CodeDeploy is told too, also if the check itself fails.

    `event` names the deployment and the execution of the hook; `mark` is text that no other check has.
    """
    kept, reason = False, ""
    try:
        check(call, mark)
        kept = True
    except Broken as broken:
        reason = str(broken)
    finally:
        deployments.report(event["DeploymentId"], event["LifecycleEventHookExecutionId"], kept)
    if kept:
        log.info("release_checked", extra={"versions": versions})
    else:
        log.error("release_rejected", extra={"versions": versions, "reason": reason})
    return {"kept": kept}


lambda_handler = step(
    check_release,
    call=wiring.call,
    deployments=wiring.deployments,
    mark=wiring.mark,
    versions=wiring.versions,
)
