"""Wrong versions of the code between a change and its effects: one fault each, and the promise that it breaks."""

from __future__ import annotations

from collections.abc import Callable

from tests.proofs.events import faulted, mailing, picturing, promises, publishing
from tests.proofs.events.running import Running
from tests.proofs.seeded import Edit

LOOP, PUBLISHER, BUS = "utils/consumer.py", "consumers/publish_user_events.py", "adapters/event_bus.py"
EVENTS, AUDIT, MAIL = "users/events.py", "consumers/record_audit.py", "consumers/send_mail.py"
OUTGOING, SES, PICTURES = "mail/outgoing.py", "adapters/mail.py", "consumers/process_picture.py"
STORE, INDEX, SEARCH = "adapters/object_store.py", "search/index.py", "consumers/keep_search.py"
RECORD_AUDIT, SEND_MAIL, PUBLISH = "record_audit", "send_mail", "publish_user_events"
KEEP_SEARCH, PROCESS_PICTURE, REMOVE_PICTURES = "keep_search", "process_picture", "remove_pictures"
Promise = Callable[[Running], None]

# What is wrong -> the consumer that shows it, the promise that it breaks, the edits.
VERSIONS: dict[str, tuple[str, Promise, tuple[Edit, ...]]] = {
    # the loop over messages
    "a fault fails the whole batch": (
        RECORD_AUDIT,
        promises.a_fault_concerns_its_message_alone,
        (
            Edit(
                LOOP,
                'messageId=message["messageId"], received=received)\n        return False',
                "received=received)\n        raise",
            ),
        ),
    ),
    "a fault ends the batch, and the rest comes again": (
        RECORD_AUDIT,
        promises.a_fault_concerns_its_message_alone,
        (
            Edit(
                LOOP,
                'return _failed(message["messageId"] for message in batch["Records"] '
                "if not _done(handle, message, deadline))",
                'ids = [it["messageId"] for it in batch["Records"]]\n'
                "        done = [True]\n"
                '        for it in batch["Records"]:\n'
                "            done.append(done[-1] and _done(handle, it, deadline))\n"
                "        return _failed(name for name, is_done in zip(ids, done[1:]) if not is_done)",
            ),
        ),
    ),
    "a message that failed is acknowledged": (
        RECORD_AUDIT,
        promises.a_fault_concerns_its_message_alone,
        (Edit(LOOP, "received=received)\n        return False", "received=received)\n        return True"),),
    ),
    "a fault is told with its text": (
        SEND_MAIL,
        promises.a_fault_concerns_its_message_alone,
        (
            Edit(
                LOOP,
                '        received = (message.get("attributes")',
                '        told_too = log.error(message["body"])\n        received = (message.get("attributes")',
            ),
        ),
    ),
    "poison is dropped": (
        RECORD_AUDIT,
        promises.poison_goes_aside_alone,
        (Edit(LOOP, 'failures(deadline).put(message["body"], error.reason)', "pass"),),
    ),
    "poison comes again": (
        SEND_MAIL,
        promises.poison_goes_aside_alone,
        (Edit(LOOP, 'failures(deadline).put(message["body"], error.reason)', "raise"),),
    ),
    "poison is set aside without a reason": (
        RECORD_AUDIT,
        promises.poison_goes_aside_alone,
        (Edit(LOOP, '.put(message["body"], error.reason)', '.put(message["body"], " ")'),),
    ),
    "a newer schema is read": (
        RECORD_AUDIT,
        promises.poison_goes_aside_alone,
        (Edit(LOOP, "if event.schema_version > newest:", "if event.schema_version < 0:"),),
    ),
    "an unknown type is poison": (
        RECORD_AUDIT,
        promises.an_unknown_type_is_ignored,
        (
            Edit(
                LOOP,
                'log.warning("event_ignored"',
                'raise Unprocessable("unknown")\n                log.warning("event_ignored"',
            ),
        ),
    ),
    "what nests too deep comes again": (
        RECORD_AUDIT,
        promises.poison_goes_aside_alone,
        (Edit(LOOP, ", OverflowError, RecursionError)", ", OverflowError)"),),
    ),
    # consumers
    "the audit does not know a repetition": (
        RECORD_AUDIT,
        promises.a_repetition_changes_nothing,
        (
            Edit(
                AUDIT,
                "trail.append(event.type, event.detail)",
                'trail.append(event.type, {**event.detail, "id": __import__("uuid").uuid4().hex})',
            ),
        ),
    ),
    "the audit leaves a type out": (
        RECORD_AUDIT,
        promises.poison_goes_aside_alone,
        (
            Edit(
                AUDIT,
                "trail.append(event.type, event.detail)",
                'event.type == "UserDeleted" and 1 / 0 or trail.append(event.type, event.detail)',
            ),
        ),
    ),
    "mail does not know a repetition": (
        SEND_MAIL,
        promises.a_repetition_changes_nothing,
        (Edit(MAIL, "outgoing.send(event.id, letter)", 'outgoing.send(__import__("uuid").uuid4().hex, letter)'),),
    ),
    "the index of the search does not know a repetition": (
        KEEP_SEARCH,
        promises.a_repetition_changes_nothing,
        (Edit(INDEX, "if said and said == said_in(head) and not anew:", "if said and anew:"),),
    ),
    "the index of the search cannot read some users": (
        KEEP_SEARCH,
        promises.poison_goes_aside_alone,
        (Edit(SEARCH, "index.follow(", 'event.type == "UserUpdated" and 1 / 0 or index.follow('),),
    ),
    "a failing database is taken for success": (
        RECORD_AUDIT,
        faulted.a_failing_database_delays_and_no_more,
        (Edit(LOOP, "received=received)\n        return False", "received=received)\n        return True"),),
    ),
    # mail, while SES or the database fails
    "a letter that is throttled is dropped": (
        SEND_MAIL,
        mailing.a_letter_that_ses_does_not_take_is_sent_later,
        (Edit(OUTGOING, "if not refusal.for_good:", "if not refusal.code:"),),
    ),
    "a letter that is throttled stays in doubt": (
        SEND_MAIL,
        mailing.a_letter_that_ses_does_not_take_is_sent_later,
        (Edit(OUTGOING, "if refusal.uncertain:", "if not refusal.for_good:"),),
    ),
    "a letter in doubt is sent again": (
        SEND_MAIL,
        mailing.a_letter_that_ses_may_have_taken_is_not_sent_again,
        (Edit(OUTGOING, "if refusal.uncertain:", "if not refusal.code:"),),
    ),
    "no answer is taken for no letter": (
        SEND_MAIL,
        mailing.a_letter_that_ses_may_have_taken_is_not_sent_again,
        (Edit(SES, "uncertain=not isinstance(error, NOT_REACHED)", "uncertain=False"),),
    ),
    "the next letter waits": (
        SEND_MAIL,
        mailing.a_letter_that_ses_may_have_taken_is_not_sent_again,
        (Edit(MAIL, "failed.append(error)", "raise"),),
    ),
    "a letter that is refused for good comes again": (
        SEND_MAIL,
        mailing.a_letter_that_ses_refuses_for_good_is_dropped_alone,
        (Edit(SES, 'frozenset({"BadRequestException"})', "frozenset()"),),
    ),
    "a lost answer of the database leaves a letter in doubt": (
        SEND_MAIL,
        mailing.a_failing_database_sends_no_letter_twice,
        (Edit(OUTGOING, 'if found.get("lastWrite") != token:', "if token:"),),
    ),
    # pictures, while S3 fails
    "the record comes before the objects": (
        PROCESS_PICTURE,
        picturing.an_upload_becomes_a_picture,
        (
            Edit(
                PICTURES,
                "    for size, key in keys.items():\n",
                "    records.point(user_id, ticket, digest)\n    for size, key in keys.items():\n",
            ),
        ),
    ),
    "the upload goes first": (
        PROCESS_PICTURE,
        picturing.an_upload_becomes_a_picture,
        (
            Edit(
                PICTURES,
                "    content = store.get(key, MOST_BYTES)",
                "    content = store.get(key, MOST_BYTES)\n    store.delete([key])",
            ),
        ),
    ),
    "an upload that cannot be read is taken for gone": (
        PROCESS_PICTURE,
        picturing.an_upload_becomes_a_picture,
        (Edit(STORE, 'frozenset({"NoSuchKey", "404"})', 'frozenset({"NoSuchKey", "404", "AccessDenied"})'),),
    ),
    "an object that S3 keeps is taken for deleted": (
        REMOVE_PICTURES,
        picturing.the_pictures_of_a_deleted_user_go,
        (Edit(STORE, 'if answer.get("Errors"):', 'if answer.get("Error"):'),),
    ),
    # the publisher
    "two events of a user in one call": (
        PUBLISH,
        publishing.a_repeated_stream_has_the_same_events,
        (Edit(PUBLISHER, "first.setdefault(each.user_id, each)", "first.setdefault(str(id(each)), each)"),),
    ),
    "a refused event is dropped": (
        PUBLISH,
        publishing.an_event_that_is_refused_once_keeps_its_place,
        (Edit(PUBLISHER, "        if refusal is None:", "        if refusal is None or not refusal.for_good:"),),
    ),
    "a refusal in an answer is not read": (
        PUBLISH,
        publishing.an_event_that_is_refused_once_keeps_its_place,
        (Edit(BUS, "return Refusal(code, code in OF_THE_ENTRY) if code else None", "return None"),),
    ),
    "the next event of a user does not wait": (
        PUBLISH,
        publishing.an_event_that_is_refused_once_keeps_its_place,
        (
            Edit(
                PUBLISHER,
                "            tries = max(tries, each.tries)",
                "            tries = max(tries, each.tries)\n"
                "            waiting.append(waiting.pop(waiting.index(each)))",
            ),
        ),
    ),
    "an event that is refused for good stops the stream": (
        PUBLISH,
        publishing.an_event_that_is_refused_for_good_stops_nothing,
        (Edit(PUBLISHER, "elif refusal.for_good or (works and each.tries >= TRIES):", "elif refusal.code is None:"),),
    ),
    "an event that is refused for good is dropped": (
        PUBLISH,
        publishing.an_event_that_is_refused_for_good_stops_nothing,
        (
            Edit(PUBLISHER, '            _set_aside(each.record, f"the bus', '            str(f"the bus'),
            Edit(PUBLISHER, 'refuses the event: {refusal.code}", failures)', 'refuses the event: {refusal.code}")'),
        ),
    ),
    "an outage sets records aside": (
        PUBLISH,
        publishing.an_outage_loses_nothing,
        (Edit(PUBLISHER, "(works and each.tries >= TRIES)", "each.tries >= TRIES"),),
    ),
    "an outage is taken for success": (
        PUBLISH,
        publishing.an_outage_loses_nothing,
        (
            Edit(
                PUBLISHER,
                "        if again >= TRIES:\n            return _sequence_number(waiting)",
                "        if again >= TRIES:\n            return None",
            ),
        ),
    ),
    "the retry starts behind what was not published": (
        PUBLISH,
        publishing.an_outage_loses_nothing,
        (Edit(PUBLISHER, "return str(waiting[0].record", "return str(waiting[-1].record"),),
    ),
    "the failure of a stream is not handed back": (
        PUBLISH,
        publishing.an_outage_loses_nothing,
        (Edit(LOOP, "return _failed([] if failed is None else [failed])", "return _failed([])"),),
    ),
    "a repetition has another id": (
        PUBLISH,
        publishing.a_crash_repeats_the_same_events,
        (Edit(EVENTS, '"id": str(uuid.uuid5(uuid.UUID(NAMESPACE), named))', '"id": str(uuid.uuid4())'),),
    ),
    "a lost answer is taken for success": (
        PUBLISH,
        publishing.an_outage_loses_nothing,
        (
            Edit(
                BUS,
                "return [Refusal(code, len(sent) == 1 and code in OF_THE_ENTRY)] * len(sent)",
                "return [None] * len(sent)",
            ),
        ),
    ),
    "a deletion has the version before it": (
        PUBLISH,
        publishing.a_crash_repeats_the_same_events,
        (Edit(EVENTS, "version = user.version + 1", "version = user.version"),),
    ),
    "an unreadable record stops the stream": (
        PUBLISH,
        publishing.a_poison_record_stops_nothing,
        (Edit(PUBLISHER, "            _set_aside(record, str(error), failures)", "            raise"),),
    ),
    "an unreadable record is dropped": (
        PUBLISH,
        publishing.a_poison_record_stops_nothing,
        (Edit(PUBLISHER, "            _set_aside(record, str(error), failures)", "            str(error)"),),
    ),
    "an item that is no user stops the stream": (
        PUBLISH,
        publishing.a_poison_record_stops_nothing,
        (
            Edit(
                PUBLISHER,
                '            _count("record_skipped", "RecordsSkipped", userId=error.name)',
                "            raise",
            ),
        ),
    ),
}
