"""A person at the console: what they see and do, in a browser of their own."""

from __future__ import annotations

from typing import Any

from tests.support.browser import Browser
from tests.support.server import ROOT

AXE = ROOT / ".local" / "node" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
JUDGED = """
const found = await axe.run(document, { runOnly: arguments[0], resultTypes: ["violations"] });
return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
"""

NAMES = "return [...document.querySelectorAll('#rows a')].map((link) => link.textContent)"
BUTTON = """
const nodes = [...document.querySelectorAll(`${arguments[1]} button, ${arguments[1]} a`)];
const found = nodes.find((node) => node.textContent.trim() === arguments[0] && node.checkVisibility());
found?.click();
return Boolean(found);
"""
VALUE = "return document.querySelector(`#field-${arguments[0]}`)?.value"
TEXT = "return (document.querySelector(arguments[0])?.innerText ?? '').includes(arguments[1])"


class Person:
    """A person who looks at the console of a server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.browser = Browser()
        self.browser.look()

    def open(self, place: str = "#/") -> None:
        """Open the console at a place, as with a new tab."""
        self.browser.open("about:blank")
        self.browser.open(f"{self.url}/console{place}")

    @property
    def names(self) -> list[str]:
        """The names in the list."""
        return list(self.browser.run(NAMES))

    def sees_names(self, *names: str) -> None:
        """Wait until the list has exactly these names, in this order."""
        self.browser.until(
            f"return JSON.stringify((() => {{ {NAMES} }})()) === JSON.stringify(arguments[0])", list(names)
        )

    def sees(self, text: str, where: str = "body") -> None:
        """Wait until a part of the page shows a text."""
        self.browser.until(TEXT, where, text)

    def press(self, text: str, where: str = "body") -> None:
        """Press the button, or follow the link, with this text, as soon as it is there."""
        self.browser.until(BUTTON, text, where)

    def write(self, selector: str, text: str) -> None:
        """Replace what is in a field, by the keyboard."""
        self.browser.until("return document.querySelector(arguments[0])", selector)
        self.browser.run("document.querySelector(arguments[0]).select()", selector)
        self.browser.type(selector, text or "\ue003")  # Backspace

    def fill(self, **fields: str) -> None:
        """Fill fields of the form of a user."""
        for field, text in fields.items():
            self.write(f"#field-{field}", text)

    def tab(self) -> None:
        """Press the key Tab."""
        for kind in ("keyDown", "keyUp"):
            self.browser.tools("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)

    def value(self, field: str) -> Any:
        """What is in a field of the form."""
        return self.browser.run(VALUE, field)

    def has(self, field: str, value: str) -> None:
        """Wait until a field of the form has a value."""
        self.browser.until(f"return (() => {{ {VALUE} }})() === arguments[1]", field, value)

    def faults(self) -> list[str]:
        """What axe finds on the page, by the rules of WCAG 2.2 AA and by good practice."""
        self.browser.run(AXE.read_text() + "; window.axe = axe; return true")
        found: list[str] = self.browser.run(JUDGED, RULES)
        return found

    def leave(self) -> None:
        """Close the browser."""
        self.browser.stop()
