"""Wrong versions of webhooks, each with one fault, and the test that must catch it."""

from __future__ import annotations

from tests.proofs.seeded import Edit

DELIVER, SENDING, TARGETS = "consumers/deliver_webhook.py", "webhooks/sending.py", "webhooks/targets.py"
DELIVERY, DISPATCH, DELIVERIES = "webhooks/delivery.py", "webhooks/dispatch.py", "webhooks/deliveries.py"
UNIT, MESSAGES = "tests/unit/webhooks", "tests/unit/consumers/test_deliver_webhook.py"

# By what is wrong: the fault, and the file of the tests that catch it.
WRONG: dict[str, tuple[Edit, str]] = {
    "the turn of a message is not compared": (
        Edit(DELIVER, ' or delivery["turn"] != event.detail["turn"]', ""),
        MESSAGES,
    ),
    "an attempt is made before it is due": (Edit(DELIVER, 'if delivery["dueAt"] > clock():', "if False:"), MESSAGES),
    "a disabled webhook gets deliveries": (
        Edit(DELIVER, "not webhook or not webhook.enabled", "not webhook"),
        MESSAGES,
    ),
    "a delivery is planned twice": (Edit(DELIVERIES, '"attribute_not_exists(deliveryId)"', '"turn <> :no"'), MESSAGES),
    "one failure after a quiet week disables": (Edit(DISPATCH, "(last and now", "(now"), MESSAGES),
    "a success leaves the webhook failing": (
        Edit(DISPATCH, 'ended.append("failingSince")', "pass"),
        MESSAGES,
    ),
    "a failing webhook gets attempts side by side": (
        Edit(DISPATCH, 'if "failingSince" in webhook.values:\n            slot', "if False:\n            slot"),
        MESSAGES,
    ),
    "a slow webhook may take all attempts": (
        Edit(DISPATCH, 'get("slowUntil", 0) > now', 'get("slowUntil", 0) < 0'),
        MESSAGES,
    ),
    "a slot is given twice": (Edit(DISPATCH, "OR {slot} <= :now)", "OR {slot} >= :now)"), MESSAGES),
    "a slot stays taken": (Edit(DISPATCH, "ended = [slot] if slot else []", "ended = list[str]()"), MESSAGES),
    "a slow webhook is slow for ever": (Edit(DISPATCH, "int(now) + SLOW_SECONDS", "int(now) * 2"), MESSAGES),
    "a delivery has the email": (
        Edit(
            DELIVERY, 'SENT = ("id", "userId", "userVersion", "changed")', 'SENT = ("id", "userId", "email", "actor")'
        ),
        f"{UNIT}/test_delivery.py",
    ),
    "the id depends on the event alone": (
        Edit(DELIVERY, 'f"{event_id} {webhook_id}"', 'f"{event_id}"'),
        f"{UNIT}/test_delivery.py",
    ),
    "only the first address of a name is checked": (
        Edit(TARGETS, "not all(map(allowed, addresses))", "not allowed(addresses[0])"),
        f"{UNIT}/test_targets.py",
    ),
    "mapped addresses are public": (Edit(TARGETS, '("2000::/3",)', '("2000::/3", "::/8")'), f"{UNIT}/test_targets.py"),
    "a name may end in a number": (
        Edit(TARGETS, r'\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]"', r'\.)+[a-z0-9]+"'),
        f"{UNIT}/test_targets.py",
    ),
    "a user name is allowed": (Edit(TARGETS, '"@" in parts.netloc or ', ""), f"{UNIT}/test_targets.py"),
    "the name is connected to, and resolved again": (
        Edit(SENDING, "_exchange(to, addresses,", "_exchange(to, (resolve or resolved)(to.host, to.port),"),
        f"{UNIT}/test_sending.py",
    ),
    "addresses are not checked": (
        Edit(SENDING, "        check_addresses(to.host, addresses, localhost)\n", ""),
        f"{UNIT}/test_sending.py",
    ),
    "any certificate will do": (
        Edit(SENDING, "ssl.create_default_context()", "ssl._create_unverified_context()"),
        f"{UNIT}/test_sending.py",
    ),
    "a redirect counts as delivered": (
        Edit(SENDING, "200 <= self.status < 300", "200 <= self.status < 400"),
        f"{UNIT}/test_sending.py",
    ),
    "a response may last for ever": (
        Edit(SENDING, "        connection.settimeout(_left(end))\n        more", "        more"),
        f"{UNIT}/test_sending.py",
    ),
    "the timestamp is not signed": (
        Edit("webhooks/signatures.py", 'f"{message_id}.{timestamp}.{body}"', 'f"{message_id}.{body}"'),
        f"{UNIT}/test_signatures.py",
    ),
    "a secret is valid for ever": (
        Edit(
            "webhooks/model.py",
            'now < self.values.get("previousSecretExpiresAt", "")',
            '"previousSecret" in self.values',
        ),
        f"{UNIT}/test_model.py",
    ),
}
