"""The documentation site: it shows what GitHub shows, its search finds, its diagrams are drawn from our own files."""

from __future__ import annotations

import functools
import http.server
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html
from markdown_it import MarkdownIt

from tests.docs.pages import ROOT, documents
from tests.support.browser import Browser
from tools.docs_site import OF_THE_ROOT, on_site, pages

COUNTED = ("h1", "h2", "h3", "h4", "ul", "ol", "li", "tr", "pre", "img", "strong", "em", "code", "a")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` builds it, in a folder of its own."""
    folder = tmp_path_factory.mktemp("site")
    settings = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PAGES": str(folder / "pages")}
    write = [sys.executable, "-m", "tools.docs_site", str(folder / "pages")]
    subprocess.run(write, cwd=ROOT, check=True, timeout=60)
    mkdocs = str(ROOT / ".local" / "docs" / "bin" / "mkdocs")
    build = [mkdocs, "build", "--strict", "--site-dir", str(folder / "site")]
    built = subprocess.run(build, cwd=ROOT, env=settings, capture_output=True, text=True, timeout=120)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_every_page_of_the_repository_is_on_the_site() -> None:
    ours = {it.name for it in documents() if it.name.startswith("docs/") or "/" not in it.name}
    assert {OF_THE_ROOT.get(name, f"docs/{name}") for name in pages("")} == ours


@pytest.mark.parametrize(
    ("page", "link", "there"),
    [
        ("index.md", "[a](docs/how-to/search.md#try-it)", "[a](how-to/search.md#try-it)"),
        ("index.md", "![a](docs/images/console.png)", "![a](images/console.png)"),
        ("index.md", "[a](docs/adr/)", "[a](adr/README.md)"),
        ("how-to/search.md", "[a](../../ARCHITECTURE.md)", "[a](../architecture.md)"),
        ("how-to/search.md", "[a](../reference/api.md)", "[a](../reference/api.md)"),
        ("how-to/search.md", "[a](#try-it)", "[a](#try-it)"),
        ("how-to/search.md", "[a](https://example.com/a)", "[a](https://example.com/a)"),
        (
            "how-to/search.md",
            "[a `b[0]`](../../template.yaml#x)",
            "[a `b[0]`](https://host/o/r/blob/HEAD/template.yaml#x)",
        ),
        ("how-to/search.md", "```\n[a](../../template.yaml)\n```", "```\n[a](../../template.yaml)\n```\n"),
        ("how-to/search.md", "<!-- run: make -->\n```sh\nmake\n```", "```sh\nmake\n```\n"),
    ],
)
def test_a_link_leads_to_the_same_place_as_on_github(page: str, link: str, there: str, monkeypatch) -> None:
    monkeypatch.delenv("GITHUB_SHA", raising=False)
    assert on_site(link, page, "https://host/o/r") == there


def test_without_the_address_of_the_repository_the_words_stay() -> None:
    assert on_site("see [the template](../../template.yaml).", "how-to/search.md", "") == "see the template."


def shape(tree: html.HtmlElement) -> Counter[str]:
    """How many of each element a page has, without what the theme adds."""
    added = ("headerlink", "md-content__button")
    kept = [it for it in tree.iter(*COUNTED) if not any(name in (it.get("class") or "") for name in added)]
    return Counter(
        str(it.tag) for it in kept if it.tag != "a" or (it.get("href") and not (it.get("id") or "").startswith("__"))
    )


def differences(site: Path, texts: dict[str, str]) -> list[str]:
    """The elements of which a page has more or fewer than CommonMark, which is what GitHub shows, makes of its text."""
    found = []
    for name, text in texts.items():
        built = site / re.sub(r"(README|index)?\.md$", "", name) / "index.html"
        [article] = html.parse(str(built)).xpath("//article")
        shown, meant = shape(article), shape(html.fromstring(f"<div>{MARKDOWN.render(text)}</div>"))
        found += [f"{name}: {tag} {shown[tag]} and not {meant[tag]}" for tag in COUNTED if shown[tag] != meant[tag]]
    return found


MARKDOWN = MarkdownIt("commonmark").enable("table")


@pytest.mark.slow
def test_each_page_shows_what_github_shows(site: Path) -> None:
    texts = pages("")
    assert differences(site, texts) == []
    # a list that only GitHub would nest, as the pages had one
    wrong = texts["how-to/search.md"] + "\n- a\n  - b\n"
    assert differences(site, {"how-to/search.md": wrong}) != []


@pytest.mark.slow
@pytest.mark.needs("chromedriver")
def test_the_search_finds_and_the_diagrams_are_drawn_from_our_own_files(address: str) -> None:
    browser = Browser()
    try:
        browser.open(f"{address}/architecture/")
        browser.until(
            "return !document.querySelector('pre.mermaid') && document.querySelectorAll('div.mermaid').length"
        )
        browser.run("document.querySelector('.md-search__input').focus()")
        browser.type(".md-search__input", "Idempotency-Key")
        assert browser.until("return document.querySelector('.md-search-result__item')?.innerText")
        hosts = browser.run("return performance.getEntriesByType('resource').map(it => new URL(it.name).host)")
        assert set(hosts) <= {address.removeprefix("http://"), ""}
        assert browser.console() == []
    finally:
        browser.stop()
