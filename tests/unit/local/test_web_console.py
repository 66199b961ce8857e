"""The pages at /console: which files, with which rights, of which size; and what their texts are."""

from __future__ import annotations

import asyncio
import re

import pytest

from erasing import registry
from local.gateway.routes import Router, resources
from local.web import web_console
from local.web.site import Site
from local.wire.allowed import Allowed
from local.wire.messages import Request, Response

ROUTE: dict[str, dict[str, str]] = {"x-amazon-apigateway-integration": {}}
AWS = "http://127.0.0.1:4566"
MOST_BYTES = 150_000  # of all files that a browser asks for: those of one language
MOST_LINES = 300
SOURCES = {name: path.read_text() for name, path in web_console.files().items() if name}
TEXT = re.compile(r"\bt\(\s*\"([\w.-]+)\"|data-(?:text|label)=\"([\w.-]+)\"")
MARKUP = re.compile(
    r"\.(?:innerHTML|outerHTML|srcdoc)\b|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser"
)


def answered(target: str, method: str = "GET", paths: tuple[str, ...] = ("/users",), contract: bool = True) -> Response:
    async def api(_: Request) -> Response:
        return Response(418)

    router = Router(resources({"paths": {path: {"get": ROUTE} for path in paths}}))
    site = Site(api, router, b"{}" if contract else None, Allowed(), AWS)
    return asyncio.run(site(Request(method, target, [], b"", "127.0.0.1")))


@pytest.mark.parametrize("name", ["", *SOURCES])
def test_each_file_is_there_and_may_do_no_more_than_it_needs(name):
    response = answered(f"/console/{name}".removesuffix("/") if not name else f"/console/{name}")
    headers = dict(response.headers)
    assert (response.status, len(response.body) > 50) == (200, True)
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == f"'self' {AWS} ws://127.0.0.1:4566"
    assert policy["img-src"] == "'self' blob:"
    assert policy["require-trusted-types-for"] == "'script'"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["missing.js", "../docs/index.html", "%2e%2e/docs/start.js", "core", "start.js/x"])
def test_other_files_are_not_given_out(name):
    assert answered(f"/console/{name}").status == 404


@pytest.mark.parametrize(
    "call",
    [
        {"target": "/console", "method": "POST"},
        {"target": "/consoles"},
        {"target": "/console", "contract": False},
        {"target": "/console", "paths": ("/users", "/console")},
        {"target": "/console", "paths": ("/orders",)},
    ],
    ids=str,
)
def test_all_else_is_the_apis(call):
    assert answered(**call).status == 418


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_files_are_small(language):
    sent = {name for name in SOURCES if not name.startswith("texts/") or name.startswith(f"texts/{language}/")}
    assert sum(len(SOURCES[name].encode()) for name in sent) < MOST_BYTES


def test_no_file_is_long():
    assert {
        name: len(text.splitlines()) for name, text in SOURCES.items() if len(text.splitlines()) >= MOST_LINES
    } == {}


def test_every_file_that_is_named_is_there():
    page = SOURCES["index.html"]
    named = re.findall(r'(?:src|href)="/console/([^"]*)"', page)
    assert len(named) > 3
    assert set(named) <= set(SOURCES)
    modules = {name for name in SOURCES if name.endswith("js") and not name.startswith("texts/")}
    assert set(re.findall(r'modulepreload" href="/console/([^"]*)"', page)) == modules - {"start.js"}  # all at once
    assert "//" not in page.replace("<!doctype html>", "")


@pytest.mark.parametrize("name", [name for name in SOURCES if name.endswith("js")])
def test_no_script_makes_markup_of_text(name):
    assert not MARKUP.search(SOURCES[name])


def test_markup_is_noticed():
    assert MARKUP.search("node.innerHTML = user.name")


def texts(language: str) -> dict[str, str]:
    """The texts of a language, by key."""
    source = SOURCES[f"texts/{language}/page.js"] + SOURCES[f"texts/{language}/problems.js"]
    found = re.findall(r'^  (?:"([^"]+)"|(\w+)): "(.*)",$', source, re.MULTILINE)
    assert len(found) == source.count('",\n') == len({quoted or plain for quoted, plain, _ in found})
    return {quoted or plain: text for quoted, plain, text in found}


def test_both_languages_have_the_same_texts_with_the_same_values():
    english, german = texts("en"), texts("de")
    assert list(english) == list(german)
    for key, text in english.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", german[key])), key


def test_every_text_that_is_used_is_there():
    used = {a or b for text in SOURCES.values() for a, b in TEXT.findall(text)}
    assert len(used) > 80
    known = texts("en")
    assert {key for key in used if key not in known and f"{key}.other" not in known} == set()


def test_a_text_with_a_count_has_a_form_for_each_number():
    keys = texts("en")
    counted = {key for key, text in keys.items() if "{count}" in text}
    assert counted == {key for key in keys if key.endswith((".one", ".other"))}


def test_no_text_is_unused():
    sources = "\n".join(text for name, text in SOURCES.items() if not name.startswith("texts/"))
    parts = {f"{start}." for start in re.findall(r"`([\w.]+)\.\$\{", sources)}
    used = {a or b for a, b in TEXT.findall(sources)} | set(re.findall(r'"([\w.]+)"', sources))
    unused = [key for key in texts("en") if key not in used and re.sub(r"\.(one|other)$", "", key) not in used]
    assert [key for key in unused if not key.startswith(tuple(parts))] == []


def codes(section: str) -> set[str]:
    """The codes of a table of docs/reference/errors.md, which another test compares with the code."""
    page = (web_console.ROOT / "docs" / "reference" / "errors.md").read_text()
    found = page.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)` \|", found, re.MULTILINE))


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_problem_has_a_sentence_in_each_language(language):
    known, problems, fields = texts(language), codes("Codes"), codes("Codes of fields")
    assert len(problems) > 30 < 3 * len(fields)
    assert {code for code in problems if f"problem.{code}" not in known} == set()
    assert {code for code in fields if f"wrong.{code}" not in known and f"wrong.age.{code}" not in known} == set()


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_place_of_an_erasure_has_a_name_in_each_language(language):
    places = {*registry.EMPTIED, *registry.FORGETTING, *registry.FORGETTING_TYPES, *registry.KEPT}
    assert {place for place in places if f"erased.{place}" not in texts(language)} == set()
