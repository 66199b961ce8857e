"""A template that is wrong in any way stops with one sentence that names its line, never with a traceback."""

from __future__ import annotations

import copy
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from local import contract
from local.examine import examine
from local.template import transform
from local.template.source import TemplateError, read_template

pytestmark = pytest.mark.local_only

FOLDER = Path(__file__).parent
WHOLE = [path for path in sorted((FOLDER / "collection").glob("*.yaml")) if path.name != "api.yaml"]
WHOLE += [path for path in sorted((FOLDER / "templates").glob("*.yaml")) if path.name != "proxy-api.yaml"]
WRONG: list[Any] = [
    *(None, [], {}, "x", 7, True, -1, "", ["a"], [[]], [None], {"a": 1}),
    *({"Ref": "Nobody"}, {"Ref": "AppFunction"}, {"Fn::If": ["a", "b"]}, {"Fn::Nope": 1}, {"Fn::Sub": 7}),
    {"Fn::GetAtt": ["AppFunction"]},
]
MUTATIONS = 50  # for each seed
PYTHON = re.compile(r"Error\b|object has|object is|NoneType|unhashable|\bdict\b|\bint\(\)|\bstr\b|unpack")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(transform, "CACHE", tmp_path / "cache")


def complaint(path) -> str:
    """Why a start with a template stops, or nothing."""
    try:
        examine(contract.agreed(path), {})
    except TemplateError as error:
        return str(error)
    return ""


def written(folder, text):
    path = folder / "template.yaml"
    path.write_text(text)
    return path


FUNCTION = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  App:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      InlineCode: "def handler(event, context): pass"
      Events:
        App: {Type: Api, Properties: {Path: /app, Method: get}}
"""


def test_the_template_that_these_break_is_right(tmp_path):
    assert complaint(written(tmp_path, FUNCTION)) == ""


@pytest.mark.parametrize(
    ("line", "other", "words"),
    [
        ("Transform: AWS::Serverless-2016-10-31", "Transform: [AWS::Serverless-2016-10-31, Company::Macro]",
         "template.yaml:1: the transform Company::Macro is not supported locally"),
        ("Transform: AWS::Serverless-2016-10-31", "Transform: {Name: Company::Macro}",
         "template.yaml:1: Transform is not supported locally"),
        ("  App:\n    Type", "  - Type", "template.yaml:2: Resources is a list, but it has to be a mapping of names"),
        ("    Properties:\n", "    Properties: text\n    Ignored:\n",
         "template.yaml:5: Properties of App is text, but it has to be a mapping"),
        ("      Events:\n        App: {", "      Events:\n      - {", "template.yaml:9: Events is a list"),
        ("{Type: Api, Properties: {Path: /app, Method: get}}", "text", "template.yaml:10: the event App has to be"),
        ("{Path: /app, Method: get}", "[/app, get]", "template.yaml:10: Properties of the event App has to be a map"),
        ("Path: /app", "Path: [1]", "template.yaml:3: the SAM transform rejects the template"),
        ("      Runtime: python3.13", "      Runtime:", "template.yaml:6: Runtime has no value"),
        ("Runtime: python3.13", "Runtime: !If [A, B]", "template.yaml:6: Fn::If takes a condition and two values"),
        ("Runtime: python3.13", "Runtime: !Nope A", "template.yaml:6: there is no intrinsic function Fn::Nope"),
        ("Runtime: python3.13", "Runtime: !Ref Nobody", "template.yaml:6: 'Nobody' is referenced but is neither"),
        ("Runtime: python3.13", "Runtime: !GetAtt App", "template.yaml:6: Fn::GetAtt takes a resource and its attri"),
        ("Runtime: python3.13", "Runtime: !ImportValue A", "Fn::ImportValue: there is no other stack locally"),
        ("Runtime: python3.13", "Runtime: {Fn::Transform: {Name: Company::Macro}}",
         "template.yaml:6: the transform Company::Macro is not supported locally"),
        ("Resources:", "Conditions: {A: !Condition B, B: !Condition A}\nResources:\n  Q: "
         "{Type: AWS::SQS::Queue, Condition: A}", "template.yaml:2: circular dependency between conditions: [A, B]"),
        ("Resources:", "Conditions: [A]\nResources:", "template.yaml:2: Conditions is a list"),
        ("Resources:", "Globals: {Function: text}\nResources:", "template.yaml:2: Function of Globals is text"),
        ("Resources:", "Globals: {Nothing: {A: 1}}\nResources:", "template.yaml:2: the SAM transform rejects"),
        ("Resources:", "Parameters: {A: text}\nResources:", "template.yaml:2: the parameter A is text"),
        ("Resources:", "Parameters: {A: {Type: Number, MinValue: x}}\nResources:", "template.yaml:2: MinValue is text"),
        ("Resources:", "Parameters: {A: {Type: String, AllowedPattern: '['}}\nResources:", "not a regular expression"),
        ("Resources:", "Metadata: {LocalParameters: [A]}\nResources:", "template.yaml:2: LocalParameters has to be"),
        ("Resources:", "Outputs: {A: text}\nResources:", "template.yaml:2: the output A is text"),
        ("    Type: AWS", "    DependsOn: {A: 1}\n    Type: AWS", "template.yaml:4: DependsOn of App has to be a name"),
        ("      Events:", "      Timeout: {A: 1}\n      Events:", "template.yaml:9: App.Timeout cannot be read"),
        ("      Events:", "      Environment: {Variables: [A]}\n      Events:", "template.yaml:9: "),
    ],
)  # fmt: skip
def test_a_mistake_is_said_in_one_sentence_with_its_line(tmp_path, line, other, words):
    assert line in FUNCTION
    found = complaint(written(tmp_path, FUNCTION.replace(line, other, 1)))
    assert words in found
    assert re.match(r"template\.yaml:\d+: ", found)
    assert not PYTHON.search(found)


@pytest.mark.parametrize(
    "text", ["", "\n", "[]", "text", "{", "Resources: {}\n", "Resources:\n", "Resources: !Ref A\n"]
)
def test_what_is_hardly_a_template_is_said_too(tmp_path, text):
    found = complaint(written(tmp_path, text))
    assert found.startswith("template.yaml")
    assert "\n" not in found


def parts(tree, trail=()):
    """The place of every part of a tree."""
    if trail:
        yield trail
    for key, item in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from parts(item, (*trail, key))


def broken(tree, chance):
    """A tree with one or two of its parts replaced or removed."""
    found = copy.deepcopy(tree)
    for _ in range(chance.choice([1, 1, 2])):
        *above, key = chance.choice(list(parts(found)))
        node = found
        for step in above:
            node = node[step]
        if chance.random() < 0.2:
            del node[key]
        else:
            node[key] = copy.deepcopy(chance.choice(WRONG))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_no_change_of_a_template_ends_in_anything_but_a_sentence(tmp_path, seed):
    chance = random.Random(seed)
    for number in range(MUTATIONS):
        path = chance.choice(WHOLE)
        tree = {name: part for name, part in read_template(path).tree.items() if name != "Metadata"}
        for name in ("code", "layer", "functions"):
            for folder in (path.parent / name, path.parent.parent / name):
                if folder.is_dir() and not (tmp_path / name).exists():
                    (tmp_path / name).symlink_to(folder)
        text = json.dumps(broken(tree, chance), indent=1)
        found = complaint(written(tmp_path, text))
        said = f"seed {seed}, number {number}, {path.name}: {found}\n{text}"
        assert "\n" not in found, said
        assert not found or "template.yaml" in found, said
        assert not PYTHON.search(found), said
