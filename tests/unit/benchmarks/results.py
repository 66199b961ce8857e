"""A set of results as a run makes them, small."""

from __future__ import annotations

from typing import Any

from benchmarks.peers.table import PEERS

COLD = {"empty": 30.0, "ours": 42.0, "boto3_resource": 210.0, "powertools_parser": 330.0, "fastapi_mangum": 420.0}


def times(value: float) -> dict[str, float]:
    return {"n": 3, "min": value, "p25": value, "p50": value, "p75": value, "p99": value, "max": value}


def subject(name: str, live: bool) -> dict[str, Any]:
    cold = COLD.get(name, 200.0) * (1.0 if live or name == "ours" else 2.5)
    found = {
        "starts": 3,
        "cold_ms": times(cold),
        "init_ms": times(cold - 1),
        "first_ms": times(1.0),
        "init_processor_ms": times(cold - 3),
        "cold_processor_ms": times(cold - 2),
        "cold_over_empty": times(cold / COLD["empty"]),
        "processor_over_empty": times((cold - 2) / (COLD["empty"] - 2)),
        "resident_bytes": times(20e6),
    }
    if live:
        weight = {"empty": 0.7e6, "ours": 1.2e6}.get(name, 8e6)
        found |= {
            "warm_ms": times(weight / 4e6),
            "warm_median_ms": times(weight / 4e6),
            "warm_processor_ms": times(weight / 5e6),
            "log_bytes": 0.0,
            "modules": 150,
            "cold_instructions": 100e6,
            "warm_instructions": weight,
        }
    return found


def results() -> dict[str, Any]:
    subjects = {}
    for peer in PEERS:
        for operation in ("get", "create"):
            if operation in peer.handlers:
                subjects[f"{peer.name}.{operation}"] = subject(peer.name, live=True)
                subjects[f"{peer.name}.{operation}.dead"] = subject(peer.name, live=False)
    return {
        "date": "2026-01-01",
        "command": "make bench",
        "rounds": 3,
        "warm_calls": 10,
        "raw_round_trip_ms": 0.09,
        "machine": {
            "processor": "A & B",
            "cores": 2,
            "kernel": "6",
            "system": "Linux",
            "architecture": "x86_64",
            "python": "3.13.0",
            "wanted_python": "3.13",
            "own_core_for_the_function": True,
            "load_at_start": 0.1,
        },
        "packages": {peer.name: {"unzipped_bytes": 1e6, "zip_bytes": 1e5, "deployed_zip_bytes": 6e4} for peer in PEERS},
        "modules_beyond_runtime": {"get": 34, "create": 35},
        "subjects": subjects,
        "floor_ms": times(COLD["empty"]),
        "versions": {"awslambdaric": "4.0", "boto3": "1.44.5", "aws-lambda-powertools": "3.37.0"},
    }


def growth() -> dict[str, Any]:
    def units(calls: list[str], reads: float, writes: float) -> dict[str, Any]:
        return {"calls": calls, "reads": reads, "writes": writes, "expected_reads": reads, "expected_writes": writes}

    operations = {"create": units(["TransactWriteItems"], 0, 4), "get": units(["GetItem"], 1, 0)}
    return {"date": "2026-01-01", "sizes": {"1000": operations, "10000": operations}}
