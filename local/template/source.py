"""A template as it is written: YAML with CloudFormation's tags and includes, and the line of every part."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from local import generated

Key = str | int
Trail = tuple[Key, ...]
Places = dict[Trail, tuple[Path, int]]

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
BARE_TAGS = {"!Ref": "Ref", "!Condition": "Condition"}
# written without quotes, these are text to CloudFormation
TEXT_TAGS = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value"}
PLAIN_TAGS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
MERGE = "tag:yaml.org,2002:merge"
MAX_INCLUDES = 50
MOST_PARTS = 200_000  # the most parts that a document has
LOOP, LOOP_NAME = "Fn::ForEach::", re.compile(r"[$&]\{\w+\}")


class TemplateError(Exception):
    """A template that cannot be served; its text is one sentence that says where and what to do.

    `files` are those read before it was found out.
    """

    files: Sequence[Path] = ()


@dataclass
class Source:
    """The document as plain JSON values, the place of each part by its trail of keys, and every file read: its text."""

    path: Path
    tree: dict[str, Any] = field(default_factory=dict)
    places: Places = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    texts: dict[Path, str] = field(default_factory=dict)
    contract: Source | None = None  # the file that its definition is generated from, as soon as somebody reads it

    def place(self, *trail: Key) -> str:
        """Where a part stands, as 'template.yaml:12', or the nearest known part above it."""
        written = self.event(trail) or self.written(trail)
        for end in range(len(written), 0, -1):
            if written[:end] in self.places:
                path, line = self.places[written[:end]]
                return f"{path.name}:{line}"
        return self.path.name

    def written(self, trail: Trail) -> Trail:
        """The trail of a part as it is written, when a loop has made it: ${Name}Role for CreateUserRole."""
        if len(trail) < 2 or trail[:2] in self.places:
            return trail
        for known in self.places:
            if len(known) == 4 and known[0] == trail[0] and str(known[1]).startswith(LOOP):
                pattern = ".+".join(map(re.escape, LOOP_NAME.split(str(known[3]))))
                if re.fullmatch(pattern, str(trail[1])):
                    return (*known, *trail[2:])
        return trail

    def event(self, trail: Trail) -> Trail | None:
        """The event that the SAM transform has made a path of a definition from; None if the path is written there."""
        if "paths" not in trail[3:5] or trail[: trail.index("paths") + 2] in self.places:
            return None
        path, *verb = trail[trail.index("paths") + 1 :]
        for known in self.places:
            if known[2:] and known[2:4] == ("Properties", "Events") and known[5:] == ("Properties", "Path"):
                event = at(self.tree, known[:-1])
                method = str(event.get("Method", "")).lower().replace("any", "x-amazon-apigateway-any-method")
                if event["Path"] == path and (not verb or method == verb[0]):
                    return known
        return None

    def reference(self, name: str, otherwise: Trail = ()) -> str:
        """Where a name, or an attribute such as Table.Arn, is first referred to; else the place of a trail."""
        return self.place(*next(self.references(name, ()), otherwise))

    def references(self, name: str, trail: Trail) -> Iterator[Trail]:
        """Every place below a trail that refers to a name or an attribute."""
        yield from references(at(self.tree, trail), name, trail)


def at(tree: Any, trail: Trail) -> Any:
    """The part of a tree at a trail."""
    for key in trail:
        tree = tree[key]
    return tree


def references(node: Any, name: str, trail: Trail) -> Iterator[Trail]:
    """Every part of a template that refers to a name."""
    if isinstance(node, dict):
        if refers(node, name):
            yield (*trail, "Condition") if "Condition" in node else trail
        for key, item in node.items():
            yield from references(item, name, (*trail, key))
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from references(item, name, (*trail, index))


def refers(node: dict[str, Any], name: str) -> bool:
    """Whether one node is an intrinsic function that names it."""
    match node:
        case (
            {"Ref": str(found)} | {"Condition": str(found)} | {"Fn::GetAtt": str(found)} | {"Fn::If": [str(found), *_]}
        ):
            return found == name
        case {"Fn::GetAtt": [str(logical), str(attribute)]}:
            return name == f"{logical}.{attribute}"
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
            return "${" + name + "}" in text
    return False


def read_template(path: Path) -> Source:
    """Read a template and the files it includes. Raises TemplateError."""
    source = Source(path)
    try:
        source.tree = document(source, path, ())
        source.tree = include(source, source.tree, ())
    except TemplateError as error:
        error.files = source.files
        raise
    return source


def document(source: Source, path: Path, trail: Trail) -> dict[str, Any]:
    """One YAML or JSON file as plain values, its places recorded under `trail`."""
    source.files.append(path)
    try:
        text = source.texts[path] = path.read_text(encoding="utf-8")
        kept, places = parsed(path, text, trail)
    except RecursionError as error:
        raise TemplateError(f"{path.name} is nested too deeply") from error
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(unreadable(source, path, trail, error)) from error
    except yaml.YAMLError as error:
        raise TemplateError(yaml_message(path, error)) from error
    tree = pickle.loads(kept)  # noqa: S301 - our own
    if not isinstance(tree, dict):
        raise TemplateError(f"{path.name} is not a mapping; a template has sections such as Resources at its top")
    included_at = source.places.get(trail)  # the line that includes it stays its place
    source.places.update(places)
    if included_at:
        source.places[trail] = included_at
    return tree


@lru_cache(maxsize=16)  # a start reads the same files several times, and a copy takes a fiftieth of the time
def parsed(path: Path, text: str, trail: Trail) -> tuple[bytes, Places]:
    """The plain values of a document, pickled, and the places of its parts. Raises TemplateError and YAMLError."""
    node = yaml.compose(text.replace("\t", " ") if text.lstrip().startswith("{") else text, Loader=LOADER)
    places: Places = {}
    tree = Reader(path, places).value(node, trail) if node is not None else None
    return pickle.dumps(tree), places


def unreadable(source: Source, path: Path, trail: Trail, error: OSError | UnicodeDecodeError) -> str:
    """One sentence for a file that is not there or is not text, with the line of what includes it."""
    reason = (error.strerror or error) if isinstance(error, OSError) else "it is not UTF-8 text"
    return (
        f"{source.place(*trail)}: it includes {path}, which cannot be read ({reason})"
        if trail
        else (f"{path} cannot be read ({reason})")
    )


def yaml_message(path: Path, error: yaml.YAMLError) -> str:
    """One sentence for a file that is no YAML."""
    mark = getattr(error, "problem_mark", None)
    line = f":{mark.line + 1}" if mark else ""
    reason = " ".join(str(getattr(error, "problem", None) or getattr(error, "reason", None) or error).split())
    return f"{path.name}{line}: it is not valid YAML: {reason}"


class Reader:
    """Turns YAML nodes into plain values."""

    def __init__(self, path: Path, places: Places) -> None:
        self.path, self.places = path, places
        self.constructor = LOADER("")
        self.open: set[int] = set()  # nodes that are being read
        self.parts = 0

    def value(self, node: yaml.Node, trail: Trail) -> Any:
        """The node as plain values, tags as their long form ({"Fn::Sub": ...})."""
        self.places.setdefault(trail, (self.path, node.start_mark.line + 1))
        self.parts += 1
        if id(node) in self.open or self.parts > MOST_PARTS:
            raise self.error(node, "it refers to itself with an alias, or its aliases make it too large")
        self.open.add(id(node))
        try:
            return self.read(node, trail)
        finally:
            self.open.discard(id(node))

    def error(self, node: yaml.Node, text: str) -> TemplateError:
        """A sentence with the line of a node."""
        return TemplateError(f"{self.path.name}:{node.start_mark.line + 1}: {text}")

    def read(self, node: yaml.Node, trail: Trail) -> Any:
        """The node's value, by its tag."""
        if node.tag.startswith("!"):
            return self.intrinsic(node, trail)
        return self.plain(node, trail)

    def plain(self, node: yaml.Node, trail: Trail) -> Any:
        """A node's value without its tag."""
        if not isinstance(node, yaml.ScalarNode) and not node.tag.startswith("!") and node.tag not in PLAIN_TAGS:
            raise self.error(node, f"CloudFormation does not support the tag {node.tag}")
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, trail)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*trail, index)) for index, item in enumerate(node.value)]
        if node.tag in TEXT_TAGS or node.tag.startswith("!"):
            return node.value
        try:
            value = self.constructor.construct_object(node)
        except (yaml.YAMLError, ValueError, TypeError, LookupError) as error:
            raise self.error(node, f"the value {node.value} does not fit its tag {node.tag}") from error
        if isinstance(value, str | int | float | bool | None):
            return value
        raise self.error(node, f"CloudFormation does not support the tag {node.tag}")

    def mapping(self, node: yaml.MappingNode, trail: Trail) -> dict[str, Any]:
        """A mapping; a key that stands twice is refused, as CloudFormation does."""
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str):
                raise self.error(key_node, "a key is a list or a mapping, but it has to be text")
            if key_node.tag == MERGE:
                raise self.error(
                    key_node, "it merges a mapping with <<, which CloudFormation does not support; write it out"
                )
            if key in found:
                raise self.error(key_node, f"it repeats the key '{key}'")
            self.places[(*trail, key)] = (self.path, key_node.start_mark.line + 1)
            found[key] = self.value(value_node, (*trail, key))
        return found

    def intrinsic(self, node: yaml.Node, trail: Trail) -> dict[str, Any]:
        """!Sub and its like."""
        name = BARE_TAGS.get(node.tag, f"Fn::{node.tag[1:]}")
        value = self.plain(node, trail)
        if name == "Fn::GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {name: value}


def include(source: Source, value: Any, trail: Trail) -> Any:
    """Replace every AWS::Include by the content of the file that it names."""
    if isinstance(value, list):
        return [include(source, item, (*trail, index)) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    transform = value.get("Fn::Transform")
    if isinstance(transform, dict) and transform.get("Name") == "AWS::Include":
        rest = {key: item for key, item in value.items() if key != "Fn::Transform"}
        return {**include(source, included(source, transform, trail), trail), **include(source, rest, trail)}
    return {key: include(source, item, (*trail, key)) for key, item in value.items()}


def included(source: Source, transform: dict[str, Any], trail: Trail) -> dict[str, Any]:
    """The content of one included file."""
    location = (transform.get("Parameters") or {}).get("Location")
    if not isinstance(location, str) or location.startswith("s3://"):
        raise TemplateError(
            f"{source.place(*trail)}: it includes something other than a file next to the template; "
            "locally the Location of AWS::Include is a relative path"
        )
    if len(source.files) > MAX_INCLUDES:
        raise TemplateError(
            f"{source.place(*trail)}: it includes more than {MAX_INCLUDES} files; does one include itself?"
        )
    path = source.path.parent / location
    tree = document(source, path, trail)
    origin = generated.source_of(path)
    if origin:  # a mistake is fixed in the source, so its lines go before those of the generated file
        document(source, origin, trail)
    return tree
