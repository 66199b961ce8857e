"""The report to CodeDeploy, by the model of its API: the emulated AWS has no CodeDeploy."""

from __future__ import annotations

import botocore.session
import pytest
from botocore.exceptions import ParamValidationError
from botocore.stub import Stubber

from adapters.deployments import Deployments


@pytest.mark.parametrize(("succeeded", "status"), [(True, "Succeeded"), (False, "Failed")])
def test_a_report_names_the_execution_and_its_status(succeeded, status):
    client = botocore.session.Session().create_client(
        "codedeploy", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    expected = {"deploymentId": "d-1", "lifecycleEventHookExecutionId": "e-1", "status": status}
    with Stubber(client) as stub:
        stub.add_response(
            "put_lifecycle_event_hook_execution_status", {"lifecycleEventHookExecutionId": "e-1"}, expected
        )
        Deployments(client).report("d-1", "e-1", succeeded)
        stub.assert_no_pending_responses()


def test_what_the_api_does_not_take_is_found():
    client = botocore.session.Session().create_client(
        "codedeploy", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as stub:
        stub.add_response("put_lifecycle_event_hook_execution_status", {})
        with pytest.raises(ParamValidationError):
            Deployments(client).report(7, "e-1", True)
