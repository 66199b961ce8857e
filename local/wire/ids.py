"""The ids that the gateway and Lambda give to requests.

Their random bytes are asked of the system for many ids at once: each such call lets go of the interpreter, and a thread
that runs a function takes it.
"""

from __future__ import annotations

import base64
import os
import time

SIZE, AHEAD = 16, 256  # bytes of one piece of randomness; pieces that are asked for at once
_pieces: list[bytes] = []


def piece() -> bytes:
    """SIZE random bytes that nobody else has had, whatever thread asks."""
    try:
        return _pieces.pop()
    except IndexError:
        block = os.urandom(SIZE * (AHEAD + 1))
        _pieces.extend(block[start : start + SIZE] for start in range(SIZE, len(block), SIZE))
        return block[:SIZE]


def request_id() -> str:
    """A UUID of version 4."""
    random = piece()
    digits = random.hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{'89ab'[random[8] >> 6]}{digits[17:20]}-{digits[20:]}"


def extended_id() -> str:
    """API Gateway's second id of a request, 16 characters."""
    return base64.b64encode(piece()[:11]).decode()


def trace_root() -> str:
    """The root of a new trace, with the time in seconds in it."""
    return f"Root=1-{int(time.time()):08x}-{piece()[:12].hex()}"
