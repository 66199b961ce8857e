"""The network and the cache of the API, and the API with both, in parameters and resolved."""

from __future__ import annotations

from typing import Any

from local.template.transform import ROOT, load

NETWORK, CACHE = ROOT / "infra" / "network.yaml", ROOT / "infra" / "cache.yaml"
TABLES = {"UsersTable": "Users", "UserKeysTable": "UserKeys"}
PLACE = {"VpcId": "vpc-1", "SubnetIds": "subnet-1,subnet-2", "FunctionsGroup": "sg-1"}
ENDPOINT = {("Cache", "Endpoint.Address"): "cache.example.com", ("Cache", "Endpoint.Port"): "6379"}
CACHED = {
    "CacheEndpoint": "rediss://cache.example.com:6379",
    "SubnetIds": "subnet-1,subnet-2",
    "SecurityGroupIds": "sg-1",
}


def network(**more: str) -> dict[str, Any]:
    """infra/network.yaml with nothing left to resolve."""
    return dict(load(NETWORK, {**TABLES, **more}))


def cache(**more: str) -> dict[str, Any]:
    """infra/cache.yaml, likewise."""
    return dict(load(CACHE, {**PLACE, **more}, attributes=ENDPOINT))
