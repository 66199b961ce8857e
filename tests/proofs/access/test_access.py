"""The promises of access hold, and each wrong version breaks the one that its name says."""

from __future__ import annotations

import pytest

from tests.proofs.access import promises
from tests.proofs.access.stage import handlers, staged
from tests.proofs.access.wrong import VERSIONS
from tests.proofs.seeded import edited
from tests.proofs.system import System, installed


@pytest.mark.parametrize("promise", promises.PROMISES, ids=lambda it: it.__name__)
def test_a_promise_holds(promise):
    with staged(System()) as stage:
        promise(stage)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_wrong_version_is_caught(version):
    promise, edit = VERSIONS[version]
    with edited((edit,)) as source, installed(source) as system:
        with staged(system) as stage:
            promises.the_rightful_reach_it(stage)
        with staged(system) as stage, pytest.raises(AssertionError):
            promise(stage)


@pytest.mark.parametrize("handler", [it for it in handlers() if not it.startswith(("signed_in.", "administration."))])
def test_a_function_without_the_setting_is_closed(handler):
    with staged(System(), SIGN_IN="") as stage:
        status, problem = stage.call(handler, None, promises.OTHERS, promises.body_of(handler))
        assert (status, problem["code"]) == (500, "internal_error")
        assert not stage.calls


def test_without_sign_in_the_rule_asks_nothing():
    with staged(System(), SIGN_IN="false") as stage:
        assert stage.call(promises.VERIFIED, None, promises.OTHERS)[0] == 200
        assert stage.calls == [("GetItem", "users")]
