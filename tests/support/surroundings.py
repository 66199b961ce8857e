"""An environment that belongs to something else: settings of Python, pip, uv, make and the shell, and a folder of files
with names of our own.
"""

from __future__ import annotations

import os
from pathlib import Path

SETTINGS = {
    "modules of our names": {"PYTHONPATH": "{folder}"},
    "another home": {"PYTHONHOME": "{folder}"},
    "a safe path": {"PYTHONSAFEPATH": "1"},
    "optimized": {"PYTHONOPTIMIZE": "2", "PYTHONINSPECT": "1", "PYTHONSTARTUP": "{folder}/json.py"},
    "no byte code": {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "{folder}/cache"},
    "warnings": {"PYTHONWARNINGS": "error", "PYTHONNOUSERSITE": "1"},
    "no UTF-8": {"PYTHONUTF8": "0", "LANG": "C", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    "ASCII": {"PYTHONIOENCODING": "ascii", "LANG": "C", "LC_ALL": "C"},
    "pip": {
        "PIP_USER": "1",
        "PIP_TARGET": "{folder}",
        "PIP_PREFIX": "{folder}",
        "PIP_INDEX_URL": "http://127.0.0.1:1/",
        "PIP_CONFIG_FILE": "{folder}/pip.conf",
    },
    "uv": {"UV_PYTHON": "3.9", "UV_INDEX_URL": "http://127.0.0.1:1/", "VIRTUAL_ENV": "{folder}"},
    "make and the shell": {"MAKEFLAGS": "k", "CDPATH": "{folder}"},
}
MODULES = ("json", "asyncio", "local", "tools", "tests", "operate", "dynamodb", "utils", "users", "conftest", "pytest")
PIP_CONF = "[global]\nindex-url = http://127.0.0.1:1/\ntarget = /nowhere\n[install]\nuser = true\nprefix = /nowhere\n"


def surroundings(tmp_path: Path, name: str) -> dict[str, str]:
    """The environment with the settings of that name, and their folder."""
    (folder := tmp_path / "another project \u00e9").mkdir()
    for module in MODULES:
        (folder / f"{module}.py").write_text("raise SystemExit('not this one')\n")
    (folder / "pip.conf").write_text(PIP_CONF)
    return {**os.environ, **{setting: value.format(folder=folder) for setting, value in SETTINGS[name].items()}}
