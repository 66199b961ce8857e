"""Links and anchors lead somewhere, files that are named are there, what is fenced is what it says it is."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Callable

import pytest
import yaml

from tests.docs.pages import ROOT, Block, Page, documents, project_files

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
FILE = re.compile(
    r"(?<![\w./-])((?:src|local|tools|operate|tests|docs|infra|benchmarks|requirements|\.github)/[\w./-]*\.\w+)"
)


def anchors(text: str) -> set[str]:
    """What GitHub makes of the headings."""
    found: set[str] = set()
    for heading in HEADING.findall(Page("", text).prose):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        found.add(slug if slug not in found else f"{slug}-{sum(name.startswith(slug) for name in found)}")
    return found


def dead_links(page: Page) -> list[str]:
    """Links of a page that lead nowhere; what is on other hosts is not asked."""
    return [target for target in LINK.findall(page.prose) if not leads_somewhere(page, target)]


def leads_somewhere(page: Page, target: str) -> bool:
    if re.match(r"[a-z]+:", target):
        return target.startswith("https://")
    path, _, anchor = target.partition("#")
    if not path:
        return anchor in anchors(page.text)
    file = (ROOT / page.name).parent / path
    if not file.exists() or not file.resolve().is_relative_to(ROOT):
        return False
    return not anchor or anchor in anchors(file.read_text(encoding="utf-8"))


def missing_files(page: Page) -> list[str]:
    """Files of the project that a page names and that are not there."""
    named = {name for name in FILE.findall(page.prose) if "NAME" not in name}
    return sorted(name for name in named if not (ROOT / name).exists())


PARSERS: dict[str, Callable[[str], object]] = {
    "json": json.loads,
    "yaml": yaml.safe_load,
    "toml": tomllib.loads,
    "python": ast.parse,
}
DIAGRAMS = re.compile(r"(flowchart|graph) (LR|RL|TB|TD|BT)|sequenceDiagram|stateDiagram-v2")


def faults(block: Block) -> list[str]:
    """What is wrong with a fenced block by its language."""
    try:
        if block.language in PARSERS:
            PARSERS[block.language](block.text)
    except (ValueError, SyntaxError, yaml.YAMLError) as error:
        return [f"{block.place}: {error}"]
    if block.language == "sh":
        done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True)
        return [f"{block.place}: {done.stderr}"] if done.returncode else []
    return [f"{block.place}: {fault}" for fault in diagram_faults(block.text)] if block.language == "mermaid" else []


def diagram_faults(text: str) -> list[str]:
    """What would keep GitHub from drawing a flowchart, as far as that can be told without drawing it."""
    first, *lines = text.strip().splitlines()
    found = [] if DIAGRAMS.fullmatch(first.strip()) else [f"not a diagram: {first}"]
    opened = sum(line.strip().startswith("subgraph ") for line in lines)
    if opened != sum(line.strip() == "end" for line in lines):
        found.append("subgraph without its end")
    bare = re.sub(r'"[^"]*"', "", text)
    found += [f"{left} and {right}" for left, right in ("()", "[]", "{}") if bare.count(left) != bare.count(right)]
    if text.count('"') % 2:
        found.append("quotes")
    known = set(re.findall(r"(\w+) *(?:\[|\(|\{)", text)) | set(re.findall(r"subgraph (\w+)", text))
    for line in filter(lambda line: "->" in line, bare.splitlines()):
        ends = re.split(r"[-.]+>(?:\|[^|]*\|)?|&", line)
        found += [f"nobody is {end.strip()}" for end in ends if not set(re.findall(r"^\w+", end.strip())) & known]
    return found


@pytest.mark.parametrize("page", documents(), ids=lambda page: page.name)
def test_a_page_leads_where_it_says(page):
    assert dead_links(page) == []
    assert missing_files(page) == []
    assert [fault for block in page.blocks for fault in faults(block)] == []


def test_every_page_is_linked_from_another():
    linked = {
        str(((ROOT / page.name).parent / target.partition("#")[0]).resolve().relative_to(ROOT))
        for page in documents()
        for target in LINK.findall(page.prose)
        if not re.match(r"[a-z]+:", target) and leads_somewhere(page, target)
    }
    lonely = (
        {page.name for page in documents()} - linked - {"README.md", "CHANGELOG.md", ".github/PULL_REQUEST_TEMPLATE.md"}
    )
    assert lonely == set()


SEEDED = """# A page

## It's `here`, twice

[this](#its-here-twice) [that](README.md) [ours](operate/records/copy_users.py) [theirs](https://example.com)
`src/users/model.py`
"""


def test_what_leads_somewhere_is_let_be():
    assert dead_links(Page("seeded.md", SEEDED)) == missing_files(Page("seeded.md", SEEDED)) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("#its-here-twice", "#its-here"),
        ("(README.md)", "(READNE.md)"),
        ("(README.md)", "(README.md#nowhere)"),
        ("(README.md)", "(../outside.md)"),
        ("https://", "http://"),
    ],
)
def test_a_dead_link_is_noticed(right, wrong):
    assert len(dead_links(Page("seeded.md", SEEDED.replace(right, wrong)))) == 1


def test_a_missing_file_is_noticed():
    assert missing_files(Page("seeded.md", SEEDED.replace("users/model", "users/models"))) == ["src/users/models.py"]


GOOD_DIAGRAM = 'flowchart LR\n  a([x])\n  subgraph s ["t, u"]\n    b["y (z)"]\n  end\n  a -->|w| b\n  a & b -.-> s'


@pytest.mark.parametrize(
    ("language", "text", "complaint"),
    [
        ("json", "{", "seeded:1"),
        ("yaml", "a: [", "seeded:1"),
        ("toml", "a = ", "seeded:1"),
        ("python", "def", "seeded:1"),
        ("sh", "if true; then", "seeded:1"),
        ("mermaid", GOOD_DIAGRAM.replace("flowchart LR", "flow LR"), "not a diagram"),
        ("mermaid", GOOD_DIAGRAM.replace("  end\n", ""), "without its end"),
        ("mermaid", GOOD_DIAGRAM.replace("([x])", "([x]"), "( and )"),
        ("mermaid", GOOD_DIAGRAM.replace('(z)"', "(z)"), "quotes"),
        ("mermaid", GOOD_DIAGRAM.replace("|w| b", "|w| c"), "nobody is c"),
    ],
)
def test_a_block_that_is_not_what_it_says_is_noticed(language, text, complaint):
    assert faults(Block("seeded:1", "mermaid", GOOD_DIAGRAM)) == []
    assert complaint in "".join(faults(Block("seeded:1", language, text)))


def test_the_files_of_the_project_are_found():
    assert {"README.md", "template.yaml", "src/users/model.py"} <= set(project_files())
