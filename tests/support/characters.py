"""The characters of Unicode, for tests that compare us with tables."""

from __future__ import annotations

from itertools import chain

# Without the long runs of like characters: Han, Hangul, private use, and planes that are all but empty. 0.1 million of
# 1.1 million. The tests that are slow take all.
VARIED = tuple(chain(range(0x80, 0x3400), range(0xA000, 0xAC00), range(0xF900, 0x20000), range(0xE0000, 0xE0200)))
