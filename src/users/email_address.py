"""Email addresses: RFC 5322 dot-atoms at a public domain, and the one form in which two of them are compared.

The local part is ASCII: mail services that take another are rare, and Amazon SES is not one of them. The domain may be
international. Quoted local parts, comments and domain literals are refused.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from utils.validation import Reason

LONGEST = 254
LONGEST_LOCAL_PART = 64

LONGEST_LABEL = 63

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_OF_LABELS = frozenset(_LETTERS + "0123456789-")
_OF_ATOMS = _OF_LABELS | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&'*+/=?^_`{|}~")


def lowered(value: object) -> object:
    """The address with its domain in lower case; anything else as it is."""
    if not isinstance(value, str):
        return value
    local, at, domain = value.rpartition("@")
    return local + at + _lower(domain)


def check(value: object) -> Reason | None:
    """Why `value` is not an address, or None."""
    if not isinstance(value, str):
        return "invalid_type", "must be a string."
    local, _, domain = value.rpartition("@")
    if not all(atom and _OF_ATOMS.issuperset(atom) for atom in local.split(".")):
        return (
            "invalid_email",
            "must have a local part of ASCII letters, digits and !#$%&'*+-/=?^_`{|}~, joined by single dots.",
        )
    if len(local) > LONGEST_LOCAL_PART:
        return "invalid_email", f"must have at most {LONGEST_LOCAL_PART} characters before the @."
    name = ascii_domain(domain)
    if name is None:
        return (
            "invalid_email",
            "must have a domain that is valid in IDNA 2008; only an A-label has -- in its third and fourth place.",
        )
    if not _is_public(name):
        return "invalid_email", "must end in a public domain, such as example.com."
    if len(local) + 1 + len(name) > LONGEST:
        return "invalid_email", f"must have at most {LONGEST} characters."
    return None


def _is_public(name: str) -> bool:
    """At least two labels, the last of which ends in a letter, as every top-level domain does and no IPv4 address."""
    labels = name.split(".")
    return len(labels) > 1 and all(map(_is_label, labels)) and name[-1] in _LETTERS


def _is_label(label: str) -> bool:
    return 0 < len(label) <= LONGEST_LABEL and _OF_LABELS.issuperset(label) and "-" not in (label[0], label[-1])


def canonical(address: str) -> str:
    """The form that is the same for addresses that reach the same mailbox as we see it.

    The local part is in lower case and the domain in A-labels. A value of another tool that is not an address is
    compared unchanged.
    """
    local, _, domain = address.rpartition("@")
    return f"{local.casefold()}@{ascii_domain(domain) or domain}"


def ascii_domain(domain: str) -> str | None:
    """The domain in A-labels; None where a label has none."""
    if domain.isascii() and "--" not in domain:
        return domain.lower()
    from users import idna  # tables that most addresses never need

    return idna.a_labels(_lower(domain))


def _lower(domain: str) -> str:
    if domain.isascii():
        return domain.lower()
    from users import idna

    return idna.lowered(domain)
