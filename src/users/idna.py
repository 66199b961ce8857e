"""Labels of international domain names (IDNA 2008), derived from Python's own Unicode tables.

RFC 5892 defines by an algorithm over Unicode properties which code points a label may have. This is that algorithm,
with the contextual rules (RFC 5892, appendix A) and the rule for right-to-left labels (RFC 5893). The zero width
joiners are refused wherever they stand, also where RFC 5892 (A.1, A.2) allows them: two addresses must not differ by
what nobody sees. Compatibility characters (full-width letters, say) are refused and not mapped. Sharp s and final sigma
are separate letters: faß.de is not fass.de. The tables are those of the interpreter, so a character younger than
them is refused.
"""

from __future__ import annotations

import unicodedata

LONGEST_LABEL = 63
PREFIX = "xn--"

# RFC 5892, section 2.6: letters and signs whose properties alone would decide wrongly.
_ALLOWED = frozenset("\u00df\u03c2\u06fd\u06fe\u0f0b\u3007")
_REFUSED = frozenset("\u0640\u07fa\u302e\u302f\u3031\u3032\u3033\u3034\u3035\u303b")
_LETTERS_AND_DIGITS = frozenset(["Ll", "Lu", "Lo", "Nd", "Lm", "Mn", "Mc"])
# Sections 2.4 and 2.5, where the category does not reject them already. These are invisible characters, and the
# blocks of combining marks for symbols, musical symbols and ancient Greek music.
_IGNORABLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
_REFUSED_RANGES = ((0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0x1D100, 0x1D24F), (0xE0100, 0xE01EF))
# Section 2.9, conjoining Hangul letters.
_OLD_HANGUL = ((0x1100, 0x11FF), (0xA960, 0xA97F), (0xD7B0, 0xD7FF))

_ARABIC_DIGITS = frozenset(map(chr, range(0x660, 0x66A)))
_EXTENDED_ARABIC_DIGITS = frozenset(map(chr, range(0x6F0, 0x6FA)))
_RIGHT_TO_LEFT = frozenset(["R", "AL", "AN"])
_NEUTRAL = frozenset(["EN", "ES", "CS", "ET", "ON", "BN", "NSM"])
_RTL = _NEUTRAL | _RIGHT_TO_LEFT
_LTR = _NEUTRAL | {"L"}


def lowered(domain: str) -> str:
    """The domain in lower case, each character by itself, as RFC 5895 maps what a person types.

    A capital sigma becomes the plain one wherever it stands, where `str.lower` would look at its neighbours. Cherokee
    letters become the capitals, which are the ones that IDNA 2008 has.
    """
    return "".join(map(_small, domain))


def _small(character: str) -> str:
    folded = character.casefold()
    return folded if folded.lower() == character else character.lower() if folded != character else character


def a_labels(domain: str) -> str | None:
    """The lower-case domain with every label in ASCII, or None where IDNA 2008 has no such domain.

    An ASCII label comes back as it is, whether or not DNS would take it.
    """
    labels = [_u_label(label) for label in unicodedata.normalize("NFC", domain).split(".")]
    if None in labels or not _bidi_holds(labels):  # type: ignore[arg-type]
        return None
    encoded = [_encoded(label) for label in labels]  # type: ignore[arg-type]
    return None if None in encoded else ".".join(encoded)  # type: ignore[arg-type]


def _u_label(label: str) -> str | None:
    """The label as it is read: an A-label decoded, any other as it is; None if it is neither ASCII nor a U-label."""
    if label.startswith(PREFIX):
        return _decoded(label)
    if label.isascii():
        return None if label[2:4] == "--" else label
    return label if _is_u_label(label) else None


def _decoded(label: str) -> str | None:
    """The U-label of an A-label, which is valid only if the U-label encodes to it."""
    try:
        decoded = label[len(PREFIX) :].encode("ascii").decode("punycode")
    except UnicodeError:
        return None
    return decoded if not decoded.isascii() and _is_u_label(decoded) and _encoded(decoded) == label else None


def _encoded(label: str) -> str | None:
    if label.isascii():
        return label
    encoded = PREFIX + label.encode("punycode").decode("ascii")
    return encoded if len(encoded) <= LONGEST_LABEL else None


def _is_u_label(label: str) -> bool:
    return (
        unicodedata.is_normalized("NFC", label)
        and not label.startswith("-")
        and not label.endswith("-")
        and label[2:4] != "--"
        and not unicodedata.category(label[0]).startswith("M")
        and all(_is_allowed(label, at) for at in range(len(label)))
    )


def _is_allowed(label: str, at: int) -> bool:
    """Whether the code point at this place is PVALID, or allowed there by its contextual rule."""
    character = label[at]
    if character in _ALLOWED or character in "-abcdefghijklmnopqrstuvwxyz0123456789":
        return True
    if character in _CONTEXT:
        return _CONTEXT[character](label, at)
    if character in _ARABIC_DIGITS or character in _EXTENDED_ARABIC_DIGITS:
        return not (_ARABIC_DIGITS & set(label) and _EXTENDED_ARABIC_DIGITS & set(label))
    return (
        character not in _REFUSED
        and character not in _IGNORABLE
        and unicodedata.category(character) in _LETTERS_AND_DIGITS
        and unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).casefold()) == character
        and not any(low <= ord(character) <= high for low, high in _REFUSED_RANGES + _OLD_HANGUL)
    )


def _middle_dot(label: str, at: int) -> bool:
    return label[at - 1 : at] == "l" and label[at + 1 : at + 2] == "l"


def _keraia(label: str, at: int) -> bool:
    return _is_of("GREEK", label[at + 1 : at + 2])


def _geresh(label: str, at: int) -> bool:
    return _is_of("HEBREW", label[at - 1 : at] if at else "")


def _katakana_dot(label: str, at: int) -> bool:
    scripts = ("HIRAGANA", "KATAKANA", "CJK UNIFIED")
    return any(_is_of(script, character) for character in label for script in scripts if character != "\u30fb")


_CONTEXT = {
    "\u00b7": _middle_dot,
    "\u0375": _keraia,
    "\u05f3": _geresh,
    "\u05f4": _geresh,
    "\u30fb": _katakana_dot,
}


def _is_of(script: str, character: str) -> bool:
    return bool(character) and unicodedata.name(character, "").startswith(script)


def _bidi_holds(labels: list[str]) -> bool:
    """RFC 5893: where one label has a right-to-left character, every label keeps the rule."""
    kinds = [[unicodedata.bidirectional(character) for character in label] for label in labels]
    return _RIGHT_TO_LEFT.isdisjoint(kind for label in kinds for kind in label) or all(map(_keeps_direction, kinds))


def _keeps_direction(kinds: list[str]) -> bool:
    """Section 2 of it, asked of one label's bidirectional classes; an empty label is not our business here."""
    ending = [kind for kind in kinds if kind != "NSM"][-1:]
    if kinds[:1] in (["R"], ["AL"]):
        return set(kinds) <= _RTL and ending[0] in ("R", "AL", "EN", "AN") and not {"EN", "AN"} <= set(kinds)
    return kinds[:1] in ([], ["L"]) and set(kinds) <= _LTR and ending in ([], ["L"], ["EN"])
