"""The sentences in a file: of a page, of comments and docstrings, of messages."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import yaml

MESSAGE = 4  # a string of as many words is a sentence that somebody reads
GENERATED = re.compile(
    r"<!-- generated: (\w+) -->.*?<!-- end: \1 -->|<!-- (\w+):start -->.*?<!-- \2:end -->", re.DOTALL
)
FENCED = re.compile(r"^(?P<fence>```+).*?^(?P=fence)$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
ABBREVIATIONS = re.compile(r"\b(e\.g|i\.e|etc|vs)\.")


@dataclass(frozen=True)
class Text:
    """One heading, table cell or sentence: its line, and its words without marks."""

    line: int
    kind: str
    words: str


def texts(name: str, text: str) -> Iterator[Text]:
    """What is read in a file, by the kind of file."""
    readers: dict[str, Callable[[str], Iterator[Text]]] = {".md": markdown, ".py": python, ".sh": shell, ".yaml": yml}
    return readers[name[name.rindex(".") :]](text)


# -- pages ---------------------------------------------------------------------------------------------------------


def markdown(text: str) -> Iterator[Text]:
    """Headings, cells of tables, and the sentences of paragraphs and lists."""
    for pattern in (GENERATED, FENCED, COMMENT):
        text = pattern.sub(lambda found: "\n" * found[0].count("\n"), text)
    paragraph: list[str] = []
    first = 0
    for number, line in enumerate([*text.split("\n"), ""], 1):
        starts = re.match(r"\s*(?:[-*]|\d+\.) +", line)
        if paragraph and (starts or not line.strip() or line.startswith(("#", "|"))):
            yield from sentences(" ".join(paragraph), first)
            paragraph = []
        if line.startswith("#"):
            yield Text(number, "heading", plain(line.lstrip("# ")))
        elif line.startswith("|"):
            yield from (Text(number, "cell", plain(cell)) for cell in line.split("|")[1:-1] if cell.strip(" -:"))
        elif line.strip():
            first = first if paragraph else number
            paragraph.append(line[starts.end() :] if starts else line.strip())


def plain(text: str) -> str:
    """The words that are read: a link's text, something for code."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"`` ?.*? ?``|`[^`]*`", "`code`", text)
    return re.sub(r"\*\*|(?<!\w)[*_]|[*_](?!\w)", "", text).strip()


def sentences(text: str, line: int) -> Iterator[Text]:
    """The sentences of a paragraph; each is said to be on the paragraph's first line."""
    whole = ABBREVIATIONS.sub(r"\1", plain(" ".join(text.split())))
    for sentence in re.split(r"(?<!\.\.\.)(?<=[.!?])\s+|(?<=:)\s+(?=[A-Z])", whole):
        if sentence:
            yield Text(line, "sentence", sentence)


# -- code ----------------------------------------------------------------------------------------------------------


def python(text: str) -> Iterator[Text]:
    """Comments, docstrings and messages."""
    yield from comments(
        (token.start[0], token.string.lstrip("#: "))
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT and not re.match(r"#\s*(?:noqa|type:|pragma|!|--)", token.string)
    )
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.JoinedStr):
            yield from message("".join(getattr(part, "value", "X") for part in parts(node)), node.lineno)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from message(node.value, node.lineno)


def parts(node: ast.JoinedStr) -> list[ast.Constant | None]:
    return [part if isinstance(part, ast.Constant) else None for part in node.values]


def message(text: str, line: int) -> Iterator[Text]:
    """A string that is long enough to be read by a person."""
    for paragraph in re.split(r"\n\s*\n|\n(?= {2,})", text):
        if len(re.findall(r"(?<!\S)[A-Za-z][a-z']*(?=[\s.,;:?!]|$)", paragraph)) >= MESSAGE:
            yield from sentences(paragraph, line)


def shell(text: str) -> Iterator[Text]:
    """Comments, and messages in quotes."""
    lines = list(enumerate(text.split("\n"), 1))
    yield from comments((number, line.strip("# ")) for number, line in lines[1:] if line.lstrip().startswith("#"))
    for number, line in lines:
        if not line.lstrip().startswith("#"):
            for quoted in re.findall(r'"([^"]*)"|\'([^\']*)\'', line):
                yield from message("".join(quoted), number)


def yml(text: str) -> Iterator[Text]:
    """Comments, and values that are sentences."""
    found = ((number, re.search(r"(?:^|\s)# (.*)", line)) for number, line in enumerate(text.split("\n"), 1))
    yield from comments((number, comment[1]) for number, comment in found if comment)
    yield from values(yaml.compose(text))


def values(node: yaml.Node | None) -> Iterator[Text]:
    if isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            yield from values(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from values(value)
    elif isinstance(node, yaml.ScalarNode):
        yield from message(node.value, node.start_mark.line + 1)


def comments(lines: Iterator[tuple[int, str]]) -> Iterator[Text]:
    """The sentences of comments, those on lines that follow each other as one text."""
    first, last, said = 0, -1, ""
    for number, line in [*lines, (-9, "")]:
        if number != last + 1 and said:
            yield from sentences(said, first)
            said = ""
        first = first if said else number
        last, said = number, f"{said} {line}".strip()
