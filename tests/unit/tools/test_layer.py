"""The layer has the packages for both processors, from wheels whose hashes are pinned."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from tools import artifact, install, layer

MACHINES = ("aarch64", "x86_64")
CURRENT = "import sys\n"


def wheel(folder: Path, machine: str, code: str, shared: str = "") -> str:
    """Write a wheel for one processor; its hash."""
    path = folder / f"demo-1.0-cp313-cp313-manylinux_2_28_{machine}.whl"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("demo/__init__.py", shared or CURRENT)
        made.writestr(f"demo/fast.cpython-313-{machine}-linux-gnu.so", code)
        made.writestr("demo-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
        made.writestr("demo-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: cp313-cp313-manylinux_2_28_{machine}\n")
        made.writestr("demo-1.0.dist-info/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a layer whose package is in a folder of wheels."""
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    hashes = " ".join(f"--hash=sha256:{wheel(tmp_path, machine, machine)}" for machine in MACHINES)
    (tmp_path / "requirements.txt").write_text(f"demo==1.0 {hashes}\n")
    return tmp_path


def test_both_processors_have_their_code(source: Path) -> None:
    files = layer.packages(source, "python3.13", source / "scratch")
    assert "python/demo/__init__.py" in files
    for machine in MACHINES:
        assert files[f"python/demo/fast.cpython-313-{machine}-linux-gnu.so"].read_text() == machine
    assert all(name.startswith("python/") for name in files)


def test_a_package_with_another_hash_stops_the_build(source: Path, capfd: pytest.CaptureFixture[str]) -> None:
    wheel(source, "x86_64", "changed")
    with pytest.raises(layer.LayerError, match="x86_64"):
        layer.packages(source, "python3.13", source / "scratch")
    assert "hash" in capfd.readouterr().err.lower()


def test_code_that_differs_between_processors_under_one_name_stops_the_build(source: Path) -> None:
    digests = [wheel(source, machine, machine, shared=machine) for machine in MACHINES]
    (source / "requirements.txt").write_text("demo==1.0 " + " ".join(f"--hash=sha256:{it}" for it in digests))
    with pytest.raises(layer.LayerError, match="differs between processors"):
        layer.packages(source, "python3.13", source / "scratch")


def test_a_build_with_pictures_has_the_layer_and_the_same_bytes_each_time(source: Path, tmp_path: Path) -> None:
    root = tmp_path / "project"
    for name in ("one", "two"):
        out = tmp_path / name
        (root / artifact.LAYER).mkdir(parents=True, exist_ok=True)
        (root / artifact.LAYER / "requirements.txt").write_bytes((source / "requirements.txt").read_bytes())
        files = layer.packages(root / artifact.LAYER, "python3.13", out / "scratch")
        artifact.write_zip(out / "pillow.zip", files)
    assert (tmp_path / "one" / "pillow.zip").read_bytes() == (tmp_path / "two" / "pillow.zip").read_bytes()


TEMPLATE = (install.ROOT / "template.yaml").read_text()


def test_a_build_without_the_layer_takes_no_pictures() -> None:
    staged = artifact.layered(TEMPLATE, pictures=False)
    parameter = staged[staged.index("  Pictures:\n") :].split("\n  Pict", 1)[0].split("Conditions:")[0]
    assert 'AllowedValues: ["false"]' in parameter
    assert "layers/pillow" not in staged.split("Resources:")[1]


def test_a_build_with_the_layer_takes_pictures() -> None:
    staged = artifact.layered(TEMPLATE, pictures=True)
    assert staged == TEMPLATE.replace("ContentUri: layers/pillow/", "ContentUri: pillow.zip")


def test_the_layer_has_what_the_project_is_tested_with() -> None:
    """The same version and hashes as in requirements.txt, in which the tests run."""
    wanted = (install.ROOT / artifact.LAYER / "requirements.txt").read_text().split("\n", 1)[1].strip()
    assert wanted in (install.ROOT / "requirements.txt").read_text()
    assert wanted.startswith("pillow==")
