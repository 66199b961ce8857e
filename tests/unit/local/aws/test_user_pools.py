"""Which errors of Cognito are a refusal by a function, and which are left as they are."""

from __future__ import annotations

import json

import pytest

from local.aws.emulator.internals_of_pools import REFUSED
from local.aws.functions import Failure
from local.aws.user_pools import failed, reason


def test_the_sentence_of_the_function_is_told():
    body = Failure({"errorType": "SignInRefused", "errorMessage": "Your email is not verified."})
    error = RuntimeError(f"{REFUSED}{body}")
    told = failed("PreTokenGeneration", reason(error))
    assert told == "PreTokenGeneration failed with error Your email is not verified."
    assert json.loads(json.dumps(body))["errorType"] == "SignInRefused"


def test_another_error_goes_on():
    error = RuntimeError("something else")
    with pytest.raises(RuntimeError, match="something else"):
        reason(error)
