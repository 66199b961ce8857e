"""The end of the link where functions run: it ends with the other end, whatever that was saying."""

from __future__ import annotations

import asyncio
import socket

import pytest

from local.functions.invocations import Invocations


@pytest.mark.parametrize("last_words", [b"", b'{"id": 0, "fun', b"what?\n"])
def test_it_ends_when_the_other_end_goes(last_words):
    ours, theirs = socket.socketpair()
    theirs.sendall(last_words)
    theirs.close()

    async def serve() -> None:
        await asyncio.wait_for(Invocations({}, lambda _: None).serve(ours), 5)

    asyncio.run(serve())
