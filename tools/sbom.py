"""The software bill of materials, as CycloneDX 1.6: what is shipped, and every tool that is pinned by hash.

Nothing in it depends on the time or the machine, so the same project gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
import uuid
import zipfile
from base64 import b64decode
from pathlib import Path
from typing import Any

JSON = dict[str, Any]
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
TOOLS = ("requirements.txt", *(f"requirements/{name}.txt" for name in ("cli", "dev", "docs", "sam", "static", "uv")))


def write(root: Path, archive: Path, target: Path) -> None:
    """Write the bill of `archive`, built from the project in `root`."""
    target.write_text(json.dumps(bill(root, archive), sort_keys=True) + "\n", encoding="utf-8")


def bill(root: Path, archive: Path) -> JSON:
    """The CycloneDX document of one built zip."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    name, version = project["name"], project["version"]
    shipped = {
        "type": "application",
        "bom-ref": name,
        "name": name,
        "version": version,
        "hashes": [{"alg": "SHA-256", "content": digest}],
        "licenses": [{"license": {"id": "MIT"}}],
        "components": files(archive),
    }
    tools = python_tools(root) + node_tools(root)
    layers = in_layers(root)
    for each in tools:
        if each["purl"] in layers:
            each["scope"] = "optional"  # a layer has it, which is there with one capability
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "metadata": {"component": shipped},
        "components": tools,
        "dependencies": [{"ref": name, "dependsOn": []}],
    }


def files(archive: Path) -> list[JSON]:
    """Every file of the zip with its hash."""
    with zipfile.ZipFile(archive) as opened:
        return [
            {
                "type": "file",
                "bom-ref": f"file:{name}",
                "name": name,
                "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(opened.read(name)).hexdigest()}],
            }
            for name in opened.namelist()
        ]


def python_tools(root: Path) -> list[JSON]:
    """The tools that come from PyPI, each pinned version once."""
    found: dict[str, JSON] = {}
    for path in TOOLS:
        for block in re.split(r"\n(?=[A-Za-z0-9])", (root / path).read_text(encoding="utf-8")):
            pinned = PIN.match(block)
            if pinned:
                purl = f"pkg:pypi/{pinned[1].lower().replace('_', '-')}@{pinned[2]}"
                found[purl] = tool(pinned[1], pinned[2], purl, [("SHA-256", digest) for digest in HASH.findall(block)])
    return [found[purl] for purl in sorted(found)]


def in_layers(root: Path) -> set[str]:
    """The packages that ship beside the zip, in layers."""
    pins = (pin for path in root.glob("layers/*/requirements.txt") for pin in PIN.findall(path.read_text()))
    return {f"pkg:pypi/{name.lower().replace('_', '-')}@{version}" for name, version in pins}


def node_tools(root: Path) -> list[JSON]:
    """The tools that come from npm."""
    lock = json.loads((root / "requirements" / "package-lock.json").read_text(encoding="utf-8"))
    found: dict[str, JSON] = {}
    for path, package in lock["packages"].items():
        if path:
            name = path.rpartition("node_modules/")[2]
            purl = f"pkg:npm/{name.replace('@', '%40')}@{package['version']}"
            digests = [b64decode(package["integrity"].removeprefix("sha512-")).hex()] if "integrity" in package else []
            found[purl] = tool(name, package["version"], purl, [("SHA-512", digest) for digest in digests])
    return [found[purl] for purl in sorted(found)]


def tool(name: str, version: str, purl: str, hashes: list[tuple[str, str]]) -> JSON:
    """One tool: used to build, test or deploy, and not in the zip."""
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "scope": "excluded",
        "hashes": [{"alg": algorithm, "content": digest} for algorithm, digest in hashes],
    }
