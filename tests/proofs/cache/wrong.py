"""Wrong versions of the cache, each with one fault."""

from __future__ import annotations

from tests.proofs.seeded import Edit

LEASES, CACHED = "cache/leases.py", "dynamodb/cached.py"
CALL = """        try:
            return self._database.call(operation, request, deadline)
        finally:
            keys = [key_of(self._table, key) for key in _named(request, self._table)]
            if keys:
                self._leases.forget(keys)
"""
KEYS = "[key_of(self._table, key) for key in _named(request, self._table)]"
FORGOTTEN = "            keys = [key_of(self._table, key) for key in _named(request, self._table)]\n"

# By what is wrong: the fault, and a schedule from which on it is soon caught. Most orders show no fault.
STALE: dict[str, tuple[Edit, int]] = {
    "a writer forgets before its write": (
        Edit(
            CACHED,
            CALL,
            f"        self._leases.forget({KEYS} or ['none'])\n"
            "        return self._database.call(operation, request, deadline)\n",
        ),
        0,
    ),
    "a writer forgets only after a success": (
        Edit(
            CACHED,
            CALL,
            "        answer = self._database.call(operation, request, deadline)\n"
            f"        self._leases.forget({KEYS} or ['none'])\n"
            "        return answer\n",
        ),
        1050,
    ),
    "a writer forgets nothing after a read": (
        Edit(CACHED, FORGOTTEN, f"            keys = {KEYS} if operation != 'GetItem' else []\n"),
        0,
    ),
    "a writer forgets nothing after a refusal": (
        Edit(
            CACHED,
            CALL,
            "        from dynamodb.errors import ConditionalCheckFailed\n\n"
            "        try:\n"
            "            answer = self._database.call(operation, request, deadline)\n"
            "        except ConditionalCheckFailed:\n"
            "            raise\n"
            "        except BaseException:\n"
            f"            self._leases.forget({KEYS} or ['none'])\n"
            "            raise\n"
            f"        self._leases.forget({KEYS} or ['none'])\n"
            "        return answer\n",
        ),
        1000,
    ),
    "a writer forgets nothing of a transaction": (
        Edit(CACHED, 'request.get("TransactItems") or [{"": request}]', '[{"": request}]'),
        0,
    ),
    "a value is stored without a lease": (
        Edit(LEASES, "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n", ""),
        0,
    ),
    "a value is stored where any lease is": (
        Edit(
            LEASES,
            "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n",
            "if string.sub(redis.call('GET', KEYS[1]) or '', 1, 6) ~= 'lease:' then return 0 end\n",
        ),
        0,
    ),
    "all leases are the same": (Edit(LEASES, "lambda: os.urandom(12).hex()", 'lambda: "0"'), 0),
    "a value was read before its lease was given": (
        Edit(
            CACHED,
            "        value, lease = self._leases.read(key)\n"
            '        item = _item(value, request["Key"]) if value else None\n'
            "        if item:\n"
            '            return {"Item": item}\n'
            "        answer = self._database.call(operation, request, deadline)\n",
            "        answer = self._database.call(operation, request, deadline)\n"
            "        value, lease = self._leases.read(key)\n"
            '        item = _item(value, request["Key"]) if value else None\n'
            "        if item:\n"
            '            return {"Item": item}\n',
        ),
        0,
    ),
}
