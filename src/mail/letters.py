"""The letters to users and operators: which event asks for which, and their texts, from the files of this folder.

A file of `<language>/` has the subject, an empty line, and the text. The HTML is made of the same text, so that both
say the same. Only the name of a user, and the id and host of a webhook, are filled in, and never into a subject or
another header.
"""

from __future__ import annotations

import html
from pathlib import Path
from string import Template
from unicodedata import category

from users.idna import a_labels, lowered
from utils.unicode_text import BIDI_CONTROLS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    # The newest state of a user by its id; None if there is none.
    Find = Callable[[str], Mapping[str, Any] | None]

WELCOME, CHANGED, DELETED, RENEWAL = "welcome", "email_changed", "deleted", "renewal"
# Events of no bus: QueueMail sends them.
LINK_REQUESTED, WEBHOOK_DISABLED = "LinkRequested", "WebhookDisabled"
TO_THE_NEWEST = {"UserCreated": WELCOME, LINK_REQUESTED: RENEWAL}
WEBHOOK_LETTERS = {"failing": "webhook_failing", "gone": "webhook_gone"}
LONGEST_NAME = 100  # code points, as the model has it; another tool may write longer ones
ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"  # the direction of a name does not reach the text around it


class Letter:
    """One message to one address. `purpose` tells it from the other letters of the same event.

    `verifies` is the user whose email the letter lets verify; '' if it verifies none. `facts` are further texts to fill
    in, by their names.
    """

    __slots__ = ("address", "facts", "kind", "name", "purpose", "verifies")

    def __init__(
        self,
        purpose: str,
        kind: str,
        address: str,
        name: str,
        verifies: str = "",
        facts: Mapping[str, str] | None = None,
    ) -> None:
        self.purpose = purpose
        self.kind = kind
        self.address = address
        self.name = name
        self.verifies = verifies
        self.facts = facts or {}


class Content:
    """The subject of a letter, and its text in two forms."""

    __slots__ = ("html", "subject", "text")

    def __init__(self, subject: str, text: str, html_: str) -> None:
        self.subject = subject
        self.text = text
        self.html = html_


def letters(type_: str, detail: Mapping[str, Any], find: Find, operators: str) -> list[Letter]:
    """The letters that an event asks for. A user that is gone gets no letter but the last.

    `operators` is the address that hears of webhooks; '' if there is none.
    """
    if type_ == WEBHOOK_DISABLED:
        kind, facts = WEBHOOK_LETTERS[detail["reason"]], {"webhook": detail["webhookId"], "host": detail["host"]}
        return [Letter("notice", kind, operators, "", facts=facts)] if operators else []
    if type_ == "UserDeleted":
        return [Letter(DELETED, DELETED, detail["email"], "")]
    if type_ == "UserUpdated" and "previousEmail" not in detail:
        return []
    user = find(detail["userId"])
    if type_ in TO_THE_NEWEST:
        kind = TO_THE_NEWEST[type_]
        return [Letter(kind, kind, user["email"], user["name"], detail["userId"])] if user else []
    name = user["name"] if user else ""
    old = Letter("changed_from", CHANGED, detail["previousEmail"], name)
    return [old, Letter("changed_to", CHANGED, user["email"], name, detail["userId"])] if user else [old]


def content(letter: Letter, language: str, link: str = "") -> Content:
    """The texts of a letter, with the link that it has, if any."""
    folder = Path(__file__).parent
    subject, _, text = (folder / language / f"{letter.kind}.txt").read_text(encoding="utf-8").partition("\n\n")
    if link:
        text = f"{text.rstrip()}\n\n{(folder / language / 'link.txt').read_text(encoding='utf-8')}"
    name = shown(letter.name)
    text = text if name else text.replace(" $name", "")
    paragraphs = "\n".join(f"<p>{html.escape(part.strip())}</p>" for part in text.split("\n\n"))
    page = Template((folder / "page.html").read_text(encoding="utf-8"))
    facts = {each: shown(fact) for each, fact in letter.facts.items()}
    return Content(
        subject,
        Template(text).substitute(facts, name=f"{ISOLATE}{name}{END_OF_ISOLATE}", link=link),
        page.substitute(
            language=language,
            subject=html.escape(subject),
            paragraphs=Template(paragraphs).substitute(
                {each: html.escape(fact) for each, fact in facts.items()},
                name=f"<bdi>{html.escape(name)}</bdi>",
                link=anchor(link),
            ),
        ),
    )


def anchor(link: str) -> str:
    """A link as HTML."""
    target = html.escape(link)
    return f'<a href="{target}" target="_blank" rel="noopener">{target}</a>'


def shown(name: str) -> str:
    """A name on one line, without controls, and no longer than the model allows."""
    seen = "".join(" " if category(it) in ("Cc", "Cs", "Zl", "Zp") else it for it in name if it not in BIDI_CONTROLS)
    return seen if len(seen) <= LONGEST_NAME else f"{seen[: LONGEST_NAME - 1]}…"


def mailbox(address: str) -> str | None:
    """The address as SES takes it, with its domain as A-labels; None if SES cannot: it has no SMTPUTF8."""
    local, _, domain = address.rpartition("@")
    ascii_domain = a_labels(lowered(domain))
    printable = local.isascii() and local.isprintable()
    return f"{local}@{ascii_domain}" if local and printable and ascii_domain else None
