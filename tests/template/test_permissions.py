"""Two templates are compared by what their functions may do, whatever the form."""

import subprocess

import pytest

from tests.template.grant_faults import READ, TABLE, allow
from tests.template.stack import actual, copy_files
from tools import permissions

GRANT = f"GetUserFunction may dynamodb:Query on {permissions.text(TABLE)}"


def found(stack):
    return permissions.permissions(stack.transformed)


def spoilt(*spoils):
    stack = actual()
    for spoil in spoils:
        spoil(stack)
    return stack


def test_each_permission_is_one_line():
    lines = found(actual())

    assert 'GetUserFunction may dynamodb:GetItem on {"Fn::GetAtt": ["UsersTable", "Arn"]}' in lines
    assert any(line.startswith("GetUserFunction may kms:Decrypt on") and ", if CustomerKey, " in line for line in lines)
    functions, routes = (len(actual().of(f"AWS::Lambda::{kind}")) for kind in ("Function", "Permission"))
    assert (functions >= 5, routes >= 6) == (True, True)
    assert sum("runs in a role that allows" in line for line in lines) == functions
    assert sum("a call is allowed by" in line for line in lines) == routes


def test_the_form_makes_no_difference():
    forms = [found(spoilt(form(allow("dynamodb:Query", TABLE)))) for form in READ.values()]

    assert all(form == found(actual()) | {GRANT} for form in forms)


def test_what_comes_and_what_goes_is_named():
    before, after = found(spoilt(READ["a policy"](allow("dynamodb:Query", TABLE)))), found(actual())

    assert permissions.difference(before, after) == [f"- {GRANT}"]
    assert permissions.difference(after, before) == [f"+ {GRANT}"]


def test_another_operator_or_trust_is_a_difference():
    changed = actual()
    conditions = changed.resources["ListUsersPolicy"]["Properties"]["PolicyDocument"]["Statement"][1]["Condition"]
    conditions["StringLike"] = conditions.pop("ForAllValues:StringLike")
    changed.resources["GetUserRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = "*"

    assert len(permissions.difference(found(actual()), found(changed))) == 2 * 2 + 2


@pytest.mark.needs("git")
def test_a_revision_is_compared_with_what_is_there(tmp_path, monkeypatch, capsys):
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    copy_files(tmp_path)
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *command], check=True, capture_output=True)
    monkeypatch.setattr(permissions, "ROOT", tmp_path)

    assert permissions.main(["HEAD"]) == 0
    written = (tmp_path / "template.yaml").read_text()
    (tmp_path / "template.yaml").write_text(written.replace("[dynamodb:Scan]", "[dynamodb:Scan, dynamodb:Query]"))
    assert permissions.main(["HEAD"]) == 1
    assert f"+ ListUsersFunction may dynamodb:Query on {permissions.text(TABLE)}" in capsys.readouterr().out
    assert permissions.main(["nowhere"]) == 1
    assert permissions.main([]) == 2
