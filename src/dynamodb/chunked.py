"""Bodies in chunks (RFC 9112, section 7.1). DynamoDB sends none; what stands between it and us may."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MAX_TRAILERS = 100


def read_chunks(
    read: Callable[[int], bytes], line: Callable[[], bytes], size_of: Callable[[str, int, int], int], limit: int
) -> bytes:
    """The body, at most `limit` bytes. `read(size)` gives just as many bytes, `line()` one line without its end, and
    `size_of(text, base, limit)` reads a length.

    ValueError for anything malformed; extensions and trailers are read over.
    """
    chunks: list[bytes] = []
    while size := size_of(line().partition(b";")[0].decode("latin-1"), 16, limit):
        limit -= size
        chunks.append(read(size))
        if read(2) != b"\r\n":
            raise ValueError("a chunk does not end where it should")
    for _ in range(MAX_TRAILERS):
        if not line():
            return b"".join(chunks)
    raise ValueError("too many trailers")
