"""The template of the stack in a second Region: the same as template.yaml, but its two tables are there already."""

from __future__ import annotations

import re
import shutil

import pytest

from local.template.parameters import parameter_values
from local.template.source import read_template
from local.template.transform import ROOT, resolve, transformed
from tools.roles import grants
from tools.second_region import OF_OWN_TABLES, NotAsExpected, with_replicas

WRITTEN = (ROOT / "template.yaml").read_text(encoding="utf-8")
GIVEN = {"UsersTable": "Users", "UserKeysTable": "Keys", "RegionRole": "standby", "Health": "true"}
ARN = "arn:aws:dynamodb:us-east-1:000000000000:table"


@pytest.fixture(scope="module")
def second(tmp_path_factory):
    """The template of the second Region, read and transformed."""
    folder = tmp_path_factory.mktemp("second")
    shutil.copyfile(ROOT / "api-gateway.yaml", folder / "api-gateway.yaml")
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (folder / "template.yaml").write_text(with_replicas(WRITTEN), encoding="utf-8")
    return read_template(folder / "template.yaml")


def test_it_has_the_same_resources_but_for_the_tables(second):
    here = transformed(read_template(ROOT / "template.yaml"), {})["Resources"]
    there = transformed(second, GIVEN)["Resources"]
    named_by_content = re.compile("UsersApiDeployment|[A-Za-z]+FunctionVersion")
    made_up = {name for name in {*here, *there} if named_by_content.match(name)}
    assert {*here} - {*there} - made_up == {"UsersTable", "UserKeysTable"}
    assert {*there} - {*here} - made_up == set()


def test_its_functions_use_the_replicas(second):
    resources = resolve(transformed(second, GIVEN), parameter_values(second, GIVEN), second)["Resources"]
    variables = resources["CreateUserFunction"]["Properties"]["Environment"]["Variables"]
    assert (variables["USERS_TABLE"], variables["USER_KEYS_TABLE"]) == ("Users", "Keys")
    assert (variables["REGION_ROLE"], variables["EVENTS"]) == ("standby", "false")
    statements = resources["CreateUserPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert {statement["Resource"] for statement in statements} == {f"{ARN}/Users", f"{ARN}/Keys"}


def test_its_roles_grant_the_same_number_of_things(second):
    here = list(grants(transformed(read_template(ROOT / "template.yaml"), {})))
    assert len(list(grants(transformed(second, GIVEN)))) == len(here)


@pytest.mark.parametrize("names", OF_OWN_TABLES.values())
def test_nothing_is_left_of_tables_of_its_own(names):
    made = with_replicas(WRITTEN).partition("\nOutputs:\n")[0]
    parameters = ("UsersTable", "UserKeysTable")
    for name in names:
        assert name in parameters or f"!Ref {name}" not in made
        assert name in parameters or f"\n  {name}:" not in made


def test_a_form_that_is_not_known_stops_it():
    with pytest.raises(NotAsExpected, match="refers to UsersTable in a form"):
        with_replicas(WRITTEN.replace("!GetAtt UsersTable.Arn", "{Fn::GetAtt: [UsersTable, Arn]}", 1))
    with pytest.raises(NotAsExpected, match="no ReplicaRegion in Parameters"):
        with_replicas(WRITTEN.replace("  ReplicaRegion:\n", "  Replica:\n", 1))
