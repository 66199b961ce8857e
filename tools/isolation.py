"""The environment of pip, uv and npm: the developer's settings say where packages come from, and nothing else.

PIP_USER, PIP_TARGET, UV_PYTHON and the like, or a pip.conf, can send packages elsewhere than to .local/.
Indexes, mirrors, proxies and certificates are kept. uv does not read the settings of pip, and pip does not read those
of uv: an index that only one of them knows is passed to the other.
"""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Mapping

PIP_SOURCES = (
    "index-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "trusted-host",
    "cert",
    "client-cert",
    "proxy",
    "timeout",
    "default-timeout",
    "retries",
    "keyring-provider",
    "cache-dir",
)
UV_SOURCES = (  # beginnings of names; UV_INDEX_<NAME>_PASSWORD is one of UV_INDEX
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_NO_INDEX",
    "UV_OFFLINE",
    "UV_INSECURE_HOST",
    "UV_NATIVE_TLS",
    "UV_SYSTEM_CERTS",
    "UV_HTTP_",
    "UV_KEYRING_PROVIDER",
    "UV_CONCURRENT_",
    "UV_CACHE_DIR",
    "UV_NO_CACHE",
)
SECTIONS = ("global", "install", ":env:")  # sections of `pip config list`; the later one counts
PYTHON = ("PYTHONHOME", "PYTHONPATH", "PYTHONSAFEPATH", "PYTHONUSERBASE", "PYTHONOPTIMIZE", "PYTHONINSPECT")


def without_python(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what changes where an interpreter finds modules, or how it runs them."""
    return {name: value for name, value in environment.items() if name not in PYTHON}


def for_pip(environment: Mapping[str, str], settings: str) -> dict[str, str]:
    """For pip; `settings` is what `pip config list` prints, files and environment alike."""
    clean = {name: value for name, value in without_python(environment).items() if not name.startswith("PIP_")}
    sources = pip_sources(settings)
    index = environment.get("UV_DEFAULT_INDEX") or environment.get("UV_INDEX_URL")
    if index:
        sources.setdefault("PIP_INDEX_URL", index)
    return {**clean, **sources, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def for_uv(environment: Mapping[str, str], settings: str) -> dict[str, str]:
    """For uv; `settings` is what `pip config list` prints."""
    clean = {
        name: value
        for name, value in without_python(environment).items()
        if not name.startswith("UV_") or name.startswith(UV_SOURCES)
    }
    told = pip_sources(settings)
    if "PIP_INDEX_URL" in told and not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & clean.keys():
        clean["UV_DEFAULT_INDEX"] = told["PIP_INDEX_URL"]
    if "PIP_CERT" in told:
        clean.setdefault("SSL_CERT_FILE", told["PIP_CERT"])
    return clean


def for_npm(environment: Mapping[str, str]) -> dict[str, str]:
    """For npm, whose options on the command line come before its settings."""
    return {name: value for name, value in without_python(environment).items() if name not in ("NODE_ENV", "NODE_PATH")}


def pip_settings(python: str) -> str:
    """The output of `pip config list`; empty when it fails."""
    command = [python, "-m", "pip", "config", "list"]
    environment = without_python(os.environ)
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout


def pip_sources(settings: str) -> dict[str, str]:
    """Where packages come from, as variables that pip reads. An empty setting is none."""
    found = {}
    for section in SECTIONS:
        for line in settings.splitlines():
            key, _, value = line.partition("=")
            place, _, name = key.rpartition(".")
            told = " ".join(str(ast.literal_eval(value)).split()) if name in PIP_SOURCES else ""
            if place == section and told:
                found[f"PIP_{name.upper().replace('-', '_')}"] = told
    return found
