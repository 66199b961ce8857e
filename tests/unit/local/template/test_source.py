"""Reading templates: tags, places, includes."""

from __future__ import annotations

import pytest

from local.template.source import TemplateError, read_template


def write(folder, text, name="template.yaml"):
    (folder / name).write_text(text)
    return folder / name


def test_short_tags_become_their_long_form(tmp_path):
    tree = read_template(
        write(tmp_path, "A: !Ref B\nC: !Sub '${D}'\nE: !GetAtt F.Arn\nG: !If [H, !Ref I, 2]\nJ: !Condition K\n")
    ).tree
    assert tree == {
        "A": {"Ref": "B"}, "C": {"Fn::Sub": "${D}"}, "E": {"Fn::GetAtt": ["F", "Arn"]},
        "G": {"Fn::If": ["H", {"Ref": "I"}, 2]}, "J": {"Condition": "K"},
    }  # fmt: skip


def test_an_unquoted_date_is_text(tmp_path):
    assert read_template(write(tmp_path, "Version: 2012-10-17\n")).tree == {"Version": "2012-10-17"}


def test_every_part_knows_its_line(tmp_path):
    source = read_template(write(tmp_path, "Resources:\n  A:\n    Type: T\n    Properties:\n      B: [1, {C: 2}]\n"))
    assert source.place("Resources", "A", "Properties", "B") == "template.yaml:5"
    assert source.place("Resources", "A", "Nothing") == "template.yaml:2"
    assert source.place() == "template.yaml"


def test_an_include_is_replaced_by_its_file_and_keeps_its_places(tmp_path):
    write(tmp_path, "openapi: 3.0.1\npaths:\n  /users: {get: !Ref X}\n", "api.yaml")
    source = read_template(
        write(tmp_path, "Body:\n  Fn::Transform: {Name: AWS::Include, Parameters: {Location: api.yaml}}\n")
    )
    assert source.tree == {"Body": {"openapi": "3.0.1", "paths": {"/users": {"get": {"Ref": "X"}}}}}
    assert source.place("Body", "paths", "/users") == "api.yaml:3"
    assert [path.name for path in source.files] == ["template.yaml", "api.yaml"]


LOOP = """\
Resources:
  Fn::ForEach::All:
    - Name
    - [One, Two]
    - Queue${Name}:
        Type: AWS::SQS::Queue
        Properties: {QueueName: !Ref Name}
      ${Name}Topic: {Type: AWS::SNS::Topic}
  Other: {Type: AWS::SQS::Queue}
"""


@pytest.mark.parametrize(
    ("trail", "line"),
    [
        (("QueueOne", "Properties", "QueueName"), 7),
        (("QueueTwo", "Type"), 6),
        (("TwoTopic", "Properties"), 8),
        (("Other",), 9),
    ],
)
def test_what_a_loop_makes_stands_where_the_loop_says_it(tmp_path, trail, line):
    assert read_template(write(tmp_path, LOOP)).place("Resources", *trail) == f"template.yaml:{line}"


def test_what_nothing_makes_has_no_line(tmp_path):
    assert read_template(write(tmp_path, LOOP)).place("Resources", "Else") in ("template.yaml:1", "template.yaml")


REFERENCES = """\
A: 1
B:
  - !Ref Name
C: !GetAtt Table.Arn
D: !Sub
  - ${Text}-${Table.StreamArn}
  - {Text: x}
E: !If [Chosen, 1, 2]
F:
  Type: x
  Condition: Other
"""


@pytest.mark.parametrize(
    ("name", "line"),
    [("Name", 3), ("Table.Arn", 4), ("Table.StreamArn", 5), ("Chosen", 8), ("Other", 11), ("Nobody", 1)],
)
def test_a_reference_is_found_where_it_is_written(tmp_path, name, line):
    assert read_template(write(tmp_path, REFERENCES)).reference(name, ("A",)) == f"template.yaml:{line}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A: [", "template.yaml:2: it is not valid YAML"),
        ("- a\n- b\n", "is not a mapping"),
        ("", "is not a mapping"),
        ("A: 1\nB: 2\nA: 3\n", "template.yaml:3: it repeats the key 'A'"),
        ("A: &a {B: 1}\nC:\n  <<: *a\n", "template.yaml:3: it merges a mapping with <<"),
        ("A: &a [1, *a]\n", "template.yaml:1: it refers to itself with an alias"),
        ("A: \x00\n", "template.yaml: it is not valid YAML: "),
        ("A: 1\n\tB: 2\n", "template.yaml:2: it is not valid YAML: "),
        ("A: 1\n---\nB: 2\n", "template.yaml:2: it is not valid YAML: but found another document"),
        ("? [a, b]\n: 1\n", "template.yaml:1: a key is a list or a mapping"),
        ("A: !!int x\n", "template.yaml:1: the value x does not fit its tag"),
        ("A: !!binary aGk=\n", "template.yaml:1: CloudFormation does not support the tag"),
        ("A: !!python/object:os.system {}\n", "template.yaml:1: CloudFormation does not support the tag"),
        ("A: " + "[" * 5000 + "]" * 5000, "template.yaml is nested too deeply"),
        (
            "a: &a [1,1,1,1,1,1,1,1]\n"
            + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 8)}]\n" for n in range(8)),
            "its aliases make it too large",
        ),
        ("A: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: none.yaml}}}\n", "which cannot be read"),
        ("A: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://b/k}}}\n", "a relative path"),
        (
            "A: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: template.yaml}}}\n",
            "does one include itself",
        ),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(tmp_path, text, words):
    with pytest.raises(TemplateError, match=r"\w") as error:
        read_template(write(tmp_path, text))
    assert words in str(error.value)


def test_a_json_template_may_be_indented_with_tabs(tmp_path):
    assert read_template(write(tmp_path, '{\n\t"A": {\n\t\t"B": "a\\tb"\n\t}\n}\n')).tree == {"A": {"B": "a\tb"}}


def test_an_alias_is_written_out(tmp_path):
    """The SAM CLI does it before it deploys."""
    assert read_template(write(tmp_path, "A: &a {B: 1}\nC: *a\n")).tree == {"A": {"B": 1}, "C": {"B": 1}}


def test_a_file_that_is_not_text_is_named(tmp_path):
    (tmp_path / "template.yaml").write_bytes(b"A: \xff\xfe\n")
    with pytest.raises(TemplateError, match=r"template\.yaml cannot be read \(it is not UTF-8 text\)"):
        read_template(tmp_path / "template.yaml")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TemplateError, match="cannot be read"):
        read_template(tmp_path / "none.yaml")


EVENTS = """\
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        A: {Type: Api, Properties: {Path: /a, Method: GET}}
        B: {Type: Api, Properties: {Path: /a, Method: any}}
"""


@pytest.mark.parametrize(
    ("trail", "line"),
    [(("paths", "/a"), 6), (("paths", "/a", "get"), 6), (("paths", "/a", "x-amazon-apigateway-any-method", "x"), 7)],
)
def test_a_path_that_the_sam_transform_has_made_stands_where_its_event_does(tmp_path, trail, line):
    source = read_template(write(tmp_path, EVENTS))
    assert source.place("Resources", "ServerlessRestApi", "Properties", "Body", *trail) == f"template.yaml:{line}"
