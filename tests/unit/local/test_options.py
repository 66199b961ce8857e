"""The settings of `make run`, as a shell or make hands them over."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.options import ROOT, StartError, read_options


@pytest.mark.parametrize("name", ["data", "template"])
def test_a_tilde_that_no_shell_replaced_is_the_home_folder(name, monkeypatch):
    monkeypatch.setenv("HOME", "/people/ada")
    assert getattr(read_options({name.upper(): "~/x y"}), name) == Path("/people/ada/x y")


@pytest.mark.parametrize("path", ["a b", "a\nb", "$x"])
def test_a_path_is_taken_as_it_is(path):
    assert read_options({"DATA": path}).data == Path(path).absolute()


def test_an_empty_setting_is_the_default():
    options = read_options({"PORT": "", "DATA": "", "TEMPLATE": ""})
    assert (options.port, options.data, options.template) == (3000, ROOT / ".local" / "data", ROOT / "template.yaml")


@pytest.mark.parametrize("port", ["0", "00080", "65535"])
def test_a_port_is_a_plain_number(port):
    assert read_options({"PORT": port}).port == int(port)


@pytest.mark.parametrize("port", ["²", "٣", " 3000", "3000 ", "3000\n", "+1", "-1", "1_0", "0x10", "65536", "9" * 5000])
def test_nothing_else_is_a_port(port):
    with pytest.raises(StartError, match="is not a port; use a number"):
        read_options({"PORT": port})
