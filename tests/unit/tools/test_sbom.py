"""The bill of materials: valid, complete, and the same for the same project."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tools import artifact, sbom

ROOT = artifact.ROOT


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What deploy.sh would deploy."""
    out = Path(tmp_path_factory.mktemp("built"))
    artifact.build(ROOT, out)
    return out


@pytest.fixture
def bill(built: Path) -> dict[str, Any]:
    """The bill, read back."""
    return dict(json.loads((built / "sbom.cdx.json").read_text()))


def test_it_is_valid_cyclonedx(built: Path) -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    text = (built / "sbom.cdx.json").read_text()
    assert validator.validate_str(text) is None
    assert validator.validate_str(text.replace('"bomFormat"', '"bomform"')) is not None


def test_it_is_about_the_zip_that_ships(built: Path, bill: dict[str, Any]) -> None:
    component = bill["metadata"]["component"]
    archive = built / "functions.zip"
    assert component["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(archive.read_bytes()).hexdigest()}]
    with zipfile.ZipFile(archive) as opened:
        digests = {name: hashlib.sha256(opened.read(name)).hexdigest() for name in opened.namelist()}
    assert {each["name"]: each["hashes"][0]["content"] for each in component["components"]} == digests


def test_what_ships_depends_on_nothing(bill: dict[str, Any]) -> None:
    assert bill["dependencies"] == [{"ref": "users-api", "dependsOn": []}]


def test_every_pinned_tool_is_there_with_its_hashes_and_ships_in_a_layer_at_most(bill: dict[str, Any]) -> None:
    pinned = {
        f"{name.lower()}@{version}"
        for path in [ROOT / "requirements.txt", *(ROOT / "requirements").glob("*.txt")]
        if path.name != "bench.txt"
        for name, version in re.findall(r"^([\w.-]+)(?:\[.*?\])?==([^ ;\\]+)", path.read_text(), re.MULTILINE)
    }
    listed = {each["purl"].removeprefix("pkg:pypi/"): each for each in bill["components"] if ":pypi/" in each["purl"]}
    assert {purl.replace("_", "-") for purl in pinned} == set(listed)
    assert "aws-sam-cli@1.170.0" in listed
    assert all(each["hashes"] for each in bill["components"])
    assert {each["name"] for each in bill["components"] if each["scope"] != "excluded"} == {"pillow"}
    assert any(each["purl"].startswith("pkg:npm/newman@") for each in bill["components"])


def test_every_tool_is_pinned_by_hash() -> None:
    for path in [ROOT / "requirements.txt", *(ROOT / "requirements").glob("*.txt")]:
        for block in re.split(r"\n(?=[A-Za-z0-9])", path.read_text()):
            if re.match(r"[A-Za-z0-9]", block):
                assert sbom.PIN.match(block), f"{path.name}: {block.splitlines()[0]}"
                assert sbom.HASH.search(block), f"{path.name}: {block.splitlines()[0]}"
    lock = json.loads((ROOT / "requirements" / "package-lock.json").read_text())
    assert all("integrity" in package for path, package in lock["packages"].items() if path)
