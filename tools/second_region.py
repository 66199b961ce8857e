"""The template of the stack in a second Region: its two tables are replicas, which are there already.

The tables become parameters of the same names, so that everything that refers to them stays as it is written.
"""

from __future__ import annotations

import re

TABLES = ("UsersTable", "UserKeysTable")
STREAM = "UsersTableStreamArn"
# These parameters, conditions and rules are about tables that the stack makes.
OF_OWN_TABLES = {
    "Parameters": ("UsersTableName", "ReplicaRegion", "ReplicaKeyArn"),
    "Rules": ("AKeyInBothRegions",),
    "Conditions": ("TableNamed", "SecondRegion", "ReplicaKey"),
    "Resources": TABLES,
}
PARAMETERS = f"""\
  UsersTable:
    Type: String
    AllowedPattern: ^[a-zA-Z0-9_.-]{{3,255}}$
    Description: Name of the table of users, which the stack of the home Region replicates here
  UserKeysTable:
    Type: String
    AllowedPattern: ^[a-zA-Z0-9_.-]{{3,255}}$
    Description: Name of the table of claims, which the stack of the home Region replicates here
  {STREAM}:
    Type: String
    Default: ""
    Description: ARN of the stream of the replica of UsersTable; needed with Events and with CacheEndpoint only
"""
ARN = "arn:${{AWS::Partition}}:dynamodb:${{AWS::Region}}:${{AWS::AccountId}}:table/${{{table}}}"


class NotAsExpected(Exception):
    """The template is not written as this module knows it."""


def with_replicas(template: str) -> str:
    """The text of template.yaml for a stack whose two tables are there already. Raises NotAsExpected."""
    for section, names in OF_OWN_TABLES.items():
        for name in names:
            template = without(template, section, name)
    template = once(template, "\nParameters:\n", f"\nParameters:\n{PARAMETERS}")
    template = template.replace("!Ref UsersTableName", "!Ref UsersTable")
    template = template.replace("!GetAtt UsersTable.StreamArn", f"!Ref {STREAM}")
    for table in TABLES:
        template = template.replace(f"!GetAtt {table}.Arn", f'!Sub "{ARN.format(table=table)}"')
        if re.search(rf"GetAtt[^\n]*\b{table}\b|\${{{table}\.", template):
            raise NotAsExpected(f"template.yaml refers to {table} in a form that is not known")
    return template


def without(template: str, section: str, name: str) -> str:
    """The text without one entry of a section: its line, what is indented below it, and an empty line after it."""
    start = template.index(f"\n{section}:\n") + 1
    entry = re.compile(rf"^  {name}:[^\n]*\n(?:(?:   [^\n]*)?\n)*", re.MULTILINE)
    found = entry.search(template, start)
    if not found:
        raise NotAsExpected(f"template.yaml has no {name} in {section}")
    return template[: found.start()] + template[found.end() :]


def once(template: str, old: str, new: str) -> str:
    """The text with one passage replaced."""
    if template.count(old) != 1:
        raise NotAsExpected(f"template.yaml has {old.strip()!r} {template.count(old)} times")
    return template.replace(old, new)
