"""The composition root of live updates. The five operations of users never load it."""

from __future__ import annotations

import os
import time

import wiring
from utils.config import setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from live.connections import Connections
    from live.recent import Recent
    from live.tickets import Tickets
    from utils.deadline import Deadline


def tickets(deadline: Deadline) -> Tickets:
    """The tickets."""
    from live.tickets import Tickets
    from users.reading import available

    return Tickets(available(wiring._call(deadline)), setting("LIVE_TABLE"), clock=time.time, secret=os.urandom)


def connections(deadline: Deadline) -> Connections:
    """The open connections."""
    from live.connections import Connections

    call, table = wiring._call(deadline), setting("LIVE_TABLE")
    return Connections(call, table, clock=time.time, new_token=wiring.new_token, pause=wiring.pause)


def recent(deadline: Deadline) -> Recent:
    """The log of recent messages."""
    from live.recent import Recent

    return Recent(wiring._call(deadline), setting("LIVE_TABLE"), clock=time.time)


def url(_deadline: Deadline) -> str:
    """The address of the WebSocket API."""
    return setting("LIVE_URL")
