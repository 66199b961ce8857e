"""The API with a cache; infra/network.yaml, which leads to two tables; infra/cache.yaml, which only functions reach."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.emulator import Emulator
from tests.template import networks
from tests.template.parameter_rules import refused
from tests.template.resource_rules import IN_THE_NETWORK
from tests.template.stack import TEMPLATE, actual
from tools.roles import grants

Resources = dict[str, Any]
KINDS = Counter(VPC=1, Subnet=2, RouteTable=1, SubnetRouteTableAssociation=2, VPCEndpoint=1, SecurityGroup=1)
ONLY_FUNCTIONS = {
    "IpProtocol": "tcp",
    "FromPort": 6379,
    "ToPort": 6379,
    "SourceSecurityGroupId": "sg-1",
    "Description": "functions of the API",
}


def functions(**parameters: str) -> Resources:
    """The properties of the functions of a deployment, by logical id."""
    found = actual().resolved(**parameters)["Resources"]
    return {name: it["Properties"] for name, it in found.items() if it["Type"] == "AWS::Lambda::Function"}


def settings(function: Resources) -> dict[str, str]:
    """What a function is told of the cache."""
    variables = function["Environment"]["Variables"]
    return {name: str(value) for name, value in variables.items() if name.startswith(("CACHE_", "DYNAMODB_"))}


def test_without_a_cache_there_is_nothing_of_it() -> None:
    found = functions()
    assert "KeepCacheFunction" not in found
    assert not any(settings(it) or "VpcConfig" in it for it in found.values())
    assert not [name for name in actual().resolved()["Resources"] if "Cache" in name]


def test_with_a_cache_one_function_reads_it_and_those_that_write_remove_from_it() -> None:
    found = functions(**networks.CACHED, CacheSeconds="30", Events="true")
    told = {name: settings(it) for name, it in found.items() if settings(it)}
    place = {"CACHE_URL": networks.CACHED["CacheEndpoint"], "CACHE_SECONDS": "30"}
    assert told == {
        "GetUserFunction": {**place, "DYNAMODB_CLIENT": "cached"},
        "UpdateUserFunction": {**place, "DYNAMODB_CLIENT": "invalidating"},
        "DeleteUserFunction": {**place, "DYNAMODB_CLIENT": "invalidating"},
        "KeepCacheFunction": place,
    }
    inside = {name: it["VpcConfig"] for name, it in found.items() if "VpcConfig" in it}
    place = {name: networks.CACHED[name] for name in ("SubnetIds", "SecurityGroupIds")}  # lists, once they are split
    assert inside == dict.fromkeys(IN_THE_NETWORK, place)


def test_what_cannot_work_is_refused() -> None:
    cache, subnets, groups = ({name: value} for name, value in networks.CACHED.items())
    assert refused(TEMPLATE) == refused(TEMPLATE, **networks.CACHED) == refused(TEMPLATE, **subnets, **groups) == []
    assert refused(TEMPLATE, **cache) == [
        "With CacheEndpoint, give SubnetIds; a cache is reached from its network only"
    ]
    assert refused(TEMPLATE, **subnets) == ["With SubnetIds, give SecurityGroupIds"]


def needed(searching: bool = False) -> set[str]:
    """What the functions in the network do with the two tables, or what the list does besides with the search."""
    found = [it for it in grants(actual().transformed) if it.function in IN_THE_NETWORK]
    tables = [it for it in found if it.resource in ("UsersTable", "UserKeysTable")]
    always = {it.action for it in tables if "SearchOn" not in it.when}
    searches = {it.action for it in found if "SearchOn" in it.when and it.action.startswith("dynamodb:")}
    return searches - always if searching else always


def faults(network: Resources, cache: Resources) -> list[str]:
    """What a network and its cache must not be."""
    kinds = Counter(it["Type"].rpartition("::")[2] for it in network.values())
    subnets = [it["Properties"] for it in network.values() if it["Type"] == "AWS::EC2::Subnet"]
    [statement] = network["TablesEndpoint"]["Properties"]["PolicyDocument"]["Statement"]
    account = {"StringEquals": {"aws:PrincipalAccount": "000000000000"}}
    tables = [f"arn:aws:dynamodb:us-east-1:000000000000:table/{name}" for name in ("Users", "UserKeys")]
    group = network["FunctionsGroup"]["Properties"]
    ingress = cache["CacheGroup"]["Properties"]["SecurityGroupIngress"]
    return [
        *(["a way out"] if kinds != KINDS else []),
        *(["one zone"] if len({it["AvailabilityZone"] for it in subnets}) != 2 else []),
        *(["other actions than needed"] if set(statement["Action"]) != needed() else []),
        *(["other tables"] if statement["Resource"] != tables else []),
        *(["other accounts"] if statement["Condition"] != account else []),
        *(["functions can be reached"] if "SecurityGroupIngress" in group else []),
        *(["ports"] if {it["ToPort"] for it in group["SecurityGroupEgress"]} != {443, 6379} else []),
        *(["others reach the cache"] if ingress != [ONLY_FUNCTIONS] else []),
        *(["snapshots"] if cache["Cache"]["Properties"]["SnapshotRetentionLimit"] != 0 else []),
    ]


def both() -> tuple[Resources, Resources]:
    return networks.network()["Resources"], networks.cache()["Resources"]


def test_the_network_leads_to_the_two_tables_and_the_cache_only() -> None:
    assert faults(*both()) == []


def test_the_outputs_are_the_parameters_of_the_next_stack() -> None:
    told = {name: it["Value"] for name, it in networks.network()["Outputs"].items()}
    assert set(told) == {"VpcId", "SubnetIds", "SecurityGroupIds"}
    assert networks.cache()["Outputs"]["CacheEndpoint"]["Value"] == "rediss://cache.example.com:6379"
    assert "KmsKeyId" not in networks.cache()["Resources"]["Cache"]["Properties"]


def test_with_the_index_of_the_search_the_network_leads_there_too() -> None:
    found = networks.network(UserSearchTable="Index")["Resources"]["TablesEndpoint"]["Properties"]["PolicyDocument"]
    _, statement = found["Statement"]
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table"
    assert set(statement["Action"]) == needed(searching=True) == {"dynamodb:BatchGetItem", "dynamodb:Query"}
    assert statement["Resource"] == [f"{arn}/Users", f"{arn}/Index", f"{arn}/Index/index/*"]
    assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": "000000000000"}}


def endpoint(network: Resources) -> Resources:
    """The statement of the endpoint's policy."""
    [statement] = network["TablesEndpoint"]["Properties"]["PolicyDocument"]["Statement"]
    assert isinstance(statement, dict)
    return statement


WRONG: dict[str, Callable[[Resources, Resources], Any]] = {
    "a gateway": lambda network, _: network.update(Nat={"Type": "AWS::EC2::NatGateway"}),
    "one zone": lambda network, _: network["SecondSubnet"]["Properties"].update(AvailabilityZone="us-east-1a"),
    "a query": lambda network, _: endpoint(network)["Action"].append("dynamodb:Query"),
    "an action less": lambda network, _: endpoint(network)["Action"].pop(),
    "a third table": lambda network, _: endpoint(network)["Resource"].append("*"),
    "any account": lambda network, _: endpoint(network)["Condition"].clear(),
    "a door": lambda network, _: network["FunctionsGroup"]["Properties"].update(SecurityGroupIngress=[]),
    "anybody": lambda _, cache: cache["CacheGroup"]["Properties"]["SecurityGroupIngress"][0].update(ToPort=65535),
    "old users": lambda _, cache: cache["Cache"]["Properties"].update(SnapshotRetentionLimit=1),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_network_is_found(wrong: str) -> None:
    network, cache = both()
    WRONG[wrong](network, cache)
    assert len(faults(network, cache)) == 1


def test_the_network_deploys_to_the_emulated_aws(emulator: Emulator) -> None:
    """Its outputs are the ids that the next stack takes, and both subnets have the routes of the endpoint."""
    cloudformation, ec2 = emulator.client("cloudformation"), emulator.client("ec2")
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in networks.TABLES.items()]
    name = f"network-{uuid.uuid4().hex[:8]}"
    cloudformation.create_stack(StackName=name, TemplateBody=networks.NETWORK.read_text(), Parameters=given)
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    told = {it["OutputKey"]: it["OutputValue"] for it in stack["Outputs"]}
    [endpoint] = [it for it in ec2.describe_vpc_endpoints()["VpcEndpoints"] if it["VpcId"] == told["VpcId"]]
    [routes] = ec2.describe_route_tables(RouteTableIds=endpoint["RouteTableIds"])["RouteTables"]
    assert {it["SubnetId"] for it in routes["Associations"]} == set(told["SubnetIds"].split(","))
    assert told["SecurityGroupIds"].startswith("sg-")
    cloudformation.delete_stack(StackName=name)
