"""Email addresses: RFC 5322 dot-atoms at a public domain, and the one form in which two of them are compared.

The local part is ASCII: mail services that take another are rare, and Amazon SES is not one of them. The domain may be
international. Quoted local parts, comments and domain literals are refused.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from utils.validation import Reason

LONGEST = 254
LONGEST_LOCAL_PART = 64

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# At least two labels, the last of which ends in a letter, as every top-level domain does and no IPv4 address.
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}(?<=[a-z])")


def lowered(value: object) -> object:
    """The address with its domain in lower case; anything else as it is."""
    if not isinstance(value, str):
        return value
    local, at, domain = value.rpartition("@")
    return local + at + domain.lower()


def check(value: object) -> Reason | None:
    """Why `value` is not an address, or None."""
    if not isinstance(value, str):
        return "invalid_type", "must be a string."
    local, _, domain = value.rpartition("@")
    if not _DOT_ATOM.fullmatch(local):
        return (
            "invalid_email",
            "must have a local part of ASCII letters, digits and !#$%&'*+-/=?^_`{|}~, joined by single dots.",
        )
    if len(local) > LONGEST_LOCAL_PART:
        return "invalid_email", f"must have at most {LONGEST_LOCAL_PART} characters before the @."
    name = ascii_domain(domain)
    if not name or not _DOMAIN.fullmatch(name):
        return "invalid_email", "must end in the name of a public domain, such as example.com."
    if len(local) + 1 + len(name) > LONGEST:
        return "invalid_email", f"must have at most {LONGEST} characters."
    return None


def canonical(address: str) -> str:
    """The form that is the same for addresses that reach the same mailbox as we see it.

    Case is folded in both parts and the domain is in A-labels. `address` has passed `check`.
    """
    local, _, domain = address.rpartition("@")
    return f"{local.casefold()}@{ascii_domain(domain, fold=True)}"


def ascii_domain(domain: str, fold: bool = False) -> str | None:
    """The domain in A-labels; None where a label has none. `fold` also makes one of those that differ by case."""
    if domain.isascii() and "xn--" not in domain and "--" not in domain:
        return domain.lower()
    from utils import idna  # tables that most addresses never need

    return idna.a_labels(domain.lower(), fold)
