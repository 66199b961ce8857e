"""The internals of ministack that the emulated AWS uses. The other files named internals have more of their names.

Each class looks up the names it needs when it is created, before the server starts. A version of ministack without one
of them is rejected there. ministack reads its settings at import, so this file does not import it earlier.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from types import FunctionType
from typing import Any, Protocol

from local.aws.emulator.errors import AWSError

# Where calls come from that AWS makes asynchronously: threads started for an event of a bus or a schedule; and topics.
ASYNCHRONOUS_CALLERS = frozenset({"threading", "ministack.services.sns"})
STORES = (  # the state of its DynamoDB besides the tables
    "_tags",
    "_ttl_settings",
    "_pitr_settings",
    "_kinesis_destinations",
    "_contributor_insights",
    "_backups",
    "_resource_policies",
    "_exports",
    "_imports",
)
Scope = tuple[str, str, str]  # account, region, name
Poll = Callable[[], bool]
AtOnce = Callable[..., int]
Execute = Callable[[dict[str, Any], Any, str, str], dict[str, Any]]


class Module:
    """One module of ministack, and its names. Raises AWSError for a name that it does not have."""

    def __init__(self, name: str) -> None:
        self.name = name
        try:
            self.itself: Any = importlib.import_module(name)
        except ModuleNotFoundError as error:
            raise missing(error.name or name) from error

    def take(self, name: str) -> Any:
        """The value of a name in the module."""
        try:
            return getattr(self.itself, name)
        except AttributeError:
            raise missing(f"{self.name}.{name}") from None


def missing(name: str) -> AWSError:
    """The sentence for a name that the installed ministack does not have."""
    return AWSError(
        f"ministack {version('ministack')} has no {name}, which the emulated AWS is built on; "
        "install the version that requirements.txt pins (make install-run)"
    )


class Recording(Protocol):
    """The functions that replace those with which ministack's DynamoDB changes its state."""

    def set_item(self, *arguments: Any, **named: Any) -> Any: ...
    def remove_item(self, *arguments: Any, **named: Any) -> Any: ...
    def items_replaced(self, *arguments: Any, **named: Any) -> Any: ...
    def emit_stream_event(self, *arguments: Any, **named: Any) -> Any: ...
    def store_token(self, *arguments: Any, **named: Any) -> Any: ...
    def handle_request(self, *arguments: Any, **named: Any) -> Any: ...
    def stream_records_since(self, *arguments: Any, **named: Any) -> Any: ...


class DynamoDB:
    """Its DynamoDB: the state, and the functions that change it, as they were before `record_by`."""

    def __init__(self) -> None:
        module = self.module = Module("ministack.services.dynamodb")
        self.tables = module.take("_tables")
        self.streams = module.take("_stream_records")
        self.trimmed = module.take("_stream_trimmed")
        self.tokens = module.take("_txn_idempotency")
        self.lock = module.take("_lock")
        self.stores = {name.removeprefix("_"): module.take(name) for name in STORES}
        self.set_item = module.take("_set_item")
        self.remove_item = module.take("_remove_item")
        self.items_replaced = module.take("_items_replaced")
        self.emit_stream_event = module.take("_emit_stream_event")
        self.store_token = module.take("_txn_token_store")
        self.handle_request = module.take("handle_request")
        self.stream_records_since = module.take("stream_records_since")
        self.build_change_record = module.take("_build_change_record")
        self.token_seconds: float = module.take("_TXN_TOKEN_TTL")
        self.reads = PagedReads(module)
        self.json = Json()
        scoped_key(self.tokens, ""), entries(self.tables)  # a store that has neither is refused now

    def record_by(self, recording: Recording) -> None:
        """Put the recording functions in the place of ministack's."""
        module = self.module.itself
        module._set_item = recording.set_item
        module._remove_item = recording.remove_item
        module._items_replaced = recording.items_replaced
        module._emit_stream_event = recording.emit_stream_event
        module._txn_token_store = recording.store_token
        module.handle_request = recording.handle_request
        module.stream_records_since = recording.stream_records_since

    def keys_by(self, key_text: Callable[[Any], Any]) -> None:
        """Have this return the text of a key."""
        self.module.itself._extract_key_val = self.reads.key_text = key_text


class TooFew(Exception):
    """The items of a window do not fill the page, and there are more."""


class PagedRead:
    """One of its operations that respond in pages."""

    def __init__(self, module: Module, name: str) -> None:
        self.whole: Callable[[dict[str, Any]], Any] = module.take(name)
        self.paginate = module.take("_paginate_evaluated_items")

    def windowed(self, request: dict[str, Any], table: dict[str, Any], *, complete: bool) -> Any:
        """ministack's response, from a table with some of the items. Raises TooFew, if that is not `complete`.

        A copy of its function sees that table: the function takes its table from a name of its module.
        """

        def paginate(*arguments: Any) -> Any:
            page, full = self.paginate(*arguments)
            if not full and not complete:
                raise TooFew
            return page, full

        windowed = {name: value for name, value in table.items() if name != "_index_members"}
        tables = {table["TableName"]: windowed}
        names = {**self.whole.__globals__, "_tables": tables, "_paginate_evaluated_items": paginate}
        return FunctionType(self.whole.__code__, names)(request)


class PagedReads:
    """Its Scan and Query, and how they sort."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.scan, self.query = PagedRead(module, "_scan"), PagedRead(module, "_query")
        self.table_name = module.take("_normalize_table_name")
        self.index = module.take("_index_def")
        self.key_names = module.take("_index_key_lists")
        self.index_partition = module.take("_index_partition")
        self.sort_keys = module.take("_index_order_keys")
        self.order_value = module.take("_index_order_value")
        self.sort_value = module.take("_sort_key_value")
        self.key_text = module.take("_extract_key_val")
        self.canonical_number = module.take("_ddb_canonicalize_number")
        self.tokens = module.take("_tokenize")
        self.clauses = module.take("_key_condition_clauses")
        self.key_of_expression = module.take("_extract_pk_from_condition")
        self.key_of_conditions = module.take("_extract_pk_from_key_conditions")

    def partition(self, request: dict[str, Any], names: list[str]) -> Any:
        """The partition that a Query is about; None if it names none."""
        if old := request.get("KeyConditions"):
            values = [self.key_of_conditions(old, name) for name in names]
        else:
            condition = request.get("KeyConditionExpression", "")
            attributes = request.get("ExpressionAttributeValues", {}), request.get("ExpressionAttributeNames", {})
            values = [self.key_of_expression(condition, *attributes, name) for name in names]
        if None in values:
            return None
        return values[0] if len(values) == 1 else tuple(values)

    def read_by(self, scan: Callable[[dict[str, Any]], Any], query: Callable[[dict[str, Any]], Any]) -> None:
        """Have these respond to Scan and Query."""
        module = self.module.itself
        module._scan, module._query = scan, query


def entries(store: Any) -> dict[Any, Any]:
    """The dictionary inside a store of ministack's, its keys with account and region."""
    try:
        found: dict[Any, Any] = store._data
    except AttributeError:
        raise missing(f"{type(store).__name__}._data") from None
    return found


def scoped_key(store: Any, key: str) -> Scope:
    """A key of a store, with the account and the region of the request being handled."""
    try:
        found: Scope = store._scoped(key)
    except AttributeError:
        raise missing(f"{type(store).__name__}._scoped") from None
    return found


class Json:
    """How ministack writes its own types as JSON, for `json.dumps` and `json.loads`."""

    def __init__(self) -> None:
        module = Module("ministack.core.persistence")
        self.default = module.take("_json_default")
        self.object_hook = module.take("_json_object_hook")


class App:
    """Its application: where requests go, and the states of its services."""

    def __init__(self) -> None:
        module = Module("ministack.app")
        self.asgi = module.take("app")
        self.enforces_iam = bool(module.take("AUTH"))
        self.registry = module.take("SERVICE_REGISTRY")
        self.modules_by_state = module.take("_state_map")
        self.readers = module.take("_build_persistence_save_dict")
        self.load_module = module.take("_get_module")
        self.service_of = module.take("detect_service")
        self.queues = Module("ministack.services.sqs").take("_queues")
        self.json = Json()
        responses, router = Module("ministack.core.responses"), Module("ministack.core.router")
        self.set_account = responses.take("set_request_account_id")
        self.set_region = responses.take("set_request_region")
        self.access_key_of = router.take("extract_access_key_id")
        self.region_of = router.take("extract_region")

    def act_for(self, headers: Mapping[str, str]) -> None:
        """Handle what follows in the account and region that a request is signed for."""
        key = self.access_key_of(headers)
        # a session comes from STS, which is slow to load and not used for anything else here
        known = key.isdigit() or "ministack.services.sts" in sys.modules
        self.set_account(key if known else "")
        self.set_region(self.region_of(headers))

    def module_of(self, method: str, path: str, headers: Mapping[str, str]) -> str:
        """The module that a request goes to, as far as its headers tell."""
        service = self.service_of(method, path, headers, {})
        return str(self.registry.get(service, {}).get("module", service))

    def state_of(self, module: str) -> str:
        """The name of the state of a module."""
        return next((state for state, name in self.modules_by_state.items() if name == module), module)

    def states(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        """The states of the services loaded so far: name, and what reads it."""
        yield from self.readers().items()

    def load(self, name: str, state: Any) -> None:
        """Give a service the state it had."""
        self.load_module(self.modules_by_state[name]).load_persisted_state(state)


class Lambda:
    """Its Lambda service, which decides when a function is invoked; who runs it can be replaced."""

    def __init__(self) -> None:
        module = self.module = Module("ministack.services.lambda_svc")
        self.run = module.take("_execute_function_with_config_scope")
        self.run_with_retries = module.take("invoke_async_with_retry")
        self.mappings = module.take("_iter_all_esms")
        self.poll_kinesis: Poll = module.take("_poll_kinesis")
        self.poll_dynamodb: Poll = module.take("_poll_dynamodb_streams")
        self.batches_at_once: AtOnce = module.take("_sqs_esm_concurrency")
        for replaced in (
            *("_proxy_url_for", "_execute_function_proxy", "_emit_lambda_logs", "_emit_lambda_metrics"),
            "_ESM_IDLE_WAKE_GAP_SECONDS",
        ):
            module.take(replaced)

    def run_by(self, execute: Execute) -> None:
        """Have every invocation made by `execute`, and those whose result nobody waits for tried again.

        ministack keeps no log and no metrics of them: both would grow with each, for good.
        """
        module = self.module.itself
        module._execute_function_with_config_scope = self.run_as_called
        module._proxy_url_for = lambda config: "the host of the functions"
        module._execute_function_proxy = execute
        module._emit_lambda_logs = module._emit_lambda_metrics = nothing

    def run_as_called(self, function: dict[str, Any], event: Any) -> dict[str, Any]:
        """ministack's, with retries for asynchronous callers.

        All callers call this one function in the same way. Only the stack frame shows the caller. To replace the
        callers instead would load each of their services at the start.
        """
        if sys._getframe(1).f_globals["__name__"] in ASYNCHRONOUS_CALLERS:
            self.run_with_retries(function, event)
            return {}
        return dict(self.run(function, event))

    def limit_by(self, batches_at_once: AtOnce) -> None:
        """Have this say how many batches of a queue's mapping are under way at once."""
        self.module.itself._sqs_esm_concurrency = batches_at_once

    def pause_by(self, seconds: float) -> None:
        """Have the poller of event sources pause so long after it was woken and has found nothing."""
        module = self.module.itself
        module._ESM_IDLE_WAKE_GAP_SECONDS = seconds

    def poll_by(self, mappings: Callable[[], Iterator[Any]], poll_kinesis: Poll, poll_dynamodb: Poll) -> None:
        """Have the poller of event sources see these mappings, and poll streams in this way."""
        module = self.module.itself
        module._iter_all_esms = mappings
        module._poll_kinesis = poll_kinesis
        module._poll_dynamodb_streams = poll_dynamodb


def nothing(*_arguments: Any, **_named: Any) -> None:
    """Do nothing."""
