"""Details of events, as the publisher writes them."""

from __future__ import annotations

ANN = "5884d48e-e881-4299-834b-3d9881e0fa73"
BEA = "0d0f2a5c-3c0e-4a51-8a4c-7a8f6f3f9c11"


def detail(version, user_id=ANN, **more):
    return {
        "id": f"event-{version}" if user_id == ANN else f"event-{user_id}-{version}",
        "userId": user_id,
        "userVersion": version,
        "time": "2026-11-26T12:00:00.000Z",
        "changed": ["name", "age"],
        "actor": {"type": "key", "id": "abc"},
        "email": "ann@example.com",
        **more,
    }
