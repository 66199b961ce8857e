"""The errors that a client of live updates can receive.

    SocketError
    ├── InvalidMessage            400  invalid_message
    ├── TooManySubscriptions      400  too_many_subscriptions
    ├── NotConnected              400  not_connected
    ├── TicketRefused             401  ticket_refused
    ├── NotPermitted              403  not_permitted
    └── TooManyConnections        429  too_many_connections

A client sees the status of an error only where a connection does not open.
"""

from __future__ import annotations

from utils.websocket import SocketError


class TicketRefused(SocketError):
    """The ticket is missing, unknown, used or expired."""

    status = 401
    code = "ticket_refused"
    detail = "The ticket is missing, used or expired. Request a new one."


class NotPermitted(SocketError):
    """A person asks for something else than their own record."""

    status = 403
    code = "not_permitted"
    detail = "This connection may subscribe to the user whose ticket opened it, and to nothing else."


class TooManyConnections(SocketError):
    """The caller has as many connections as it may have."""

    status = 429
    code = "too_many_connections"
    detail = "This caller has too many open connections. Close one first."


class TooManySubscriptions(SocketError):
    """The connection has as many subscriptions as it may have."""

    code = "too_many_subscriptions"
    detail = "This connection has too many subscriptions. Remove one first, or subscribe to the list."


class NotConnected(SocketError):
    """The connection is not in the table: it has just been closed."""

    code = "not_connected"
    detail = "This connection is closed. Open a new one."
