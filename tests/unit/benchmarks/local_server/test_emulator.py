"""Our functions in the emulator."""

from __future__ import annotations

import zipfile

from benchmarks.local_server import emulator


def test_the_zip_for_the_emulator_holds_the_handlers(tmp_path):
    archive = tmp_path / "source.zip"
    archive.write_bytes(emulator.source_zip())
    assert "handlers/get_user.py" in zipfile.ZipFile(archive).namelist()
