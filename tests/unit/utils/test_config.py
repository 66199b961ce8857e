"""Settings."""

from __future__ import annotations

import os

import pytest

from utils.config import REQUIRED, SettingMissing, environment, setting


def test_a_setting_is_read_when_asked_for(monkeypatch):
    for name in REQUIRED:
        monkeypatch.setenv(name, f"value of {name}")
        assert setting(name) == f"value of {name}"


def test_a_missing_setting_is_named(monkeypatch):
    monkeypatch.delenv("USERS_TABLE", raising=False)
    with pytest.raises(SettingMissing, match="USERS_TABLE"):
        setting("USERS_TABLE")


def test_the_environment_is_the_process_s():
    assert environment() is os.environ
