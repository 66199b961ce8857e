"""Wrong versions of the push and of the subscription, which tests must catch."""

from __future__ import annotations

import contextlib

from consumers.push_live_updates import NotPushed, push_live_updates
from live.messages import at, topics_of, update, user_of
from tests.unit.live.stand_ins import nobody
from users.events import DELETED
from utils.consumer import Event
from utils.response import to_json


def sends_before_it_logs(event, connections, recent, sockets, find):
    """A client that subscribes between the two misses the message."""
    message = to_json(update(event.type, event.detail))
    subscribers = {each for topic in topics_of(event.detail["userId"]) for each in connections.subscribers(topic)}
    gone, failed = sockets.send(subscribers, to_json(at(7, message)))
    recent.append(event.id, event.detail["userId"], message)
    for each in gone:
        connections.close(each)
    if failed:
        raise NotPushed


def forgets_what_failed(event, connections, recent, sockets, find):
    """A message that no one took is lost."""
    message = to_json(update(event.type, event.detail))
    place = recent.append(event.id, event.detail["userId"], message)
    subscribers = {each for topic in topics_of(event.detail["userId"]) for each in connections.subscribers(topic)}
    gone, _ = sockets.send(subscribers, to_json(at(place, message)))
    for each in gone:
        connections.close(each)


def leaves_what_is_gone(event, connections, recent, sockets, find):
    """Each push costs a message to each connection that there ever was."""
    message = to_json(update(event.type, event.detail))
    place = recent.append(event.id, event.detail["userId"], message)
    subscribers = {each for topic in topics_of(event.detail["userId"]) for each in connections.subscribers(topic)}
    if sockets.send(subscribers, to_json(at(place, message)))[1]:
        raise NotPushed


def tells_everything(event, connections, recent, sockets, find):
    """Emails leave the stack, and stay in the log."""
    message = to_json({**update(event.type, event.detail), **event.detail})
    place = recent.append(event.id, event.detail["userId"], message)
    subscribers = {each for topic in topics_of(event.detail["userId"]) for each in connections.subscribers(topic)}
    gone, failed = sockets.send(subscribers, to_json(at(place, message)))
    for each in gone:
        connections.close(each)
    if failed:
        raise NotPushed


def leaves_the_deleted(event, connections, recent, sockets, find):
    """Who is deleted still hears of changes."""
    push_live_updates(event, connections, recent, sockets, nobody if event.type == DELETED else find)


def shuts_everybody_out(event, connections, recent, sockets, find):
    """Each change of a name ends connections."""
    decision = Event(event.type, {**event.detail, "changed": ["status"]})
    push_live_updates(decision, connections, recent, sockets, find)


def forgets_who_is_still_there(event, connections, recent, sockets, find):
    """A connection that API Gateway did not end stays."""
    with contextlib.suppress(NotPushed):
        push_live_updates(event, connections, recent, sockets, find)


def reads_before_it_subscribes(connection_id, message, connections, recent):
    """What is pushed between the two is neither read nor received."""
    place, after = recent.now(), message.get("after")
    missed = [] if after is None else recent.since(after, user_of(message["to"]))
    connections.subscribe(connection_id, message["to"])
    told = [at(*each) for each in missed or ()]
    return {"type": "subscribed", "to": message["to"], "place": place, "gap": missed is None, "missed": told}


def hides_a_gap(connection_id, message, connections, recent):
    """A client that was away for a day believes that it knows everything."""
    connections.subscribe(connection_id, message["to"])
    missed = recent.since(message.get("after"), user_of(message["to"])) or []
    return {"type": "subscribed", "to": message["to"], "place": 7, "gap": False, "missed": missed}


PUSHES = [
    sends_before_it_logs,
    forgets_what_failed,
    leaves_what_is_gone,
    tells_everything,
    leaves_the_deleted,
    shuts_everybody_out,
    forgets_who_is_still_there,
]
SUBSCRIPTIONS = [reads_before_it_subscribes, hides_a_gap]
