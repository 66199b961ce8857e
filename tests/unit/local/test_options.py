"""The settings of `make run`, as a shell or make hands them over, and its port on both addresses of `localhost`."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

import pytest

from local.options import ROOT, StartError, address, listen, read_options
from local.wire import loopback


def reaches_ipv6() -> bool:
    """Whether this machine has ::1."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


ipv6 = pytest.mark.skipif(not reaches_ipv6(), reason="this machine has no IPv6")


@pytest.fixture
def opened():
    """Sockets that the test leaves open."""
    sockets: list[socket.socket] = []
    yield sockets
    for each in sockets:
        each.close()


def names(sockets):
    return [each.getsockname()[:2] for each in sockets]


@ipv6
def test_both_addresses_have_the_same_port(opened):
    opened += listen(0)
    port = opened[0].getsockname()[1]
    assert names(opened) == [("127.0.0.1", port), ("::1", port)]
    assert address(opened) == f"http://localhost:{port}"


@ipv6
def test_a_port_that_another_program_has_on_ipv6_is_said(opened):
    with socket.create_server(("127.0.0.1", 0)) as both:  # nobody else has this port on IPv4
        port = both.getsockname()[1]
        opened.append(socket.create_server(("::1", port), family=socket.AF_INET6))
    with pytest.raises(StartError, match=rf"^port {port} of ::1 is in use .* PORT={port + 1} make run$"):
        listen(port)


def test_a_port_that_another_program_has_is_said(opened):
    taken = socket.create_server(("127.0.0.1", 0))
    opened.append(taken)
    port = taken.getsockname()[1]
    with pytest.raises(StartError, match=rf"^port {port} is in use .* PORT={port + 1} make run$"):
        listen(port)


def test_a_port_of_a_server_that_is_still_starting_is_said(opened):
    opened += listen(0)
    port = opened[0].getsockname()[1]
    with pytest.raises(StartError, match=rf"^port {port} is in use "):
        opened += listen(port)


@ipv6
def test_a_refused_port_leaves_no_socket_behind(opened, monkeypatch):
    taken = socket.create_server(("::1", 0), family=socket.AF_INET6)
    opened.append(taken)
    made = []

    class Kept(socket.socket):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            made.append(self)

    monkeypatch.setattr(socket, "socket", Kept)
    with pytest.raises(StartError):
        listen(taken.getsockname()[1])
    assert len(made) == 2
    assert {each.fileno() for each in made} == {-1}


class Machine(socket.socket):
    """A machine whose IPv6 fails with an error of its own."""

    failures: list[int] = []  # noqa: RUF012 - each test sets its own

    def __init__(self, family=-1, *arguments, **named):
        if family == socket.AF_INET6 and errno.EAFNOSUPPORT in self.failures:
            raise OSError(errno.EAFNOSUPPORT, "no IPv6")
        super().__init__(family, *arguments, **named)

    def bind(self, name):
        if self.family == socket.AF_INET6 and self.failures:
            raise OSError(self.failures.pop(), "failed")
        super().bind(name)


@pytest.fixture
def failing(monkeypatch):
    def fail(*failures):
        monkeypatch.setattr(Machine, "failures", list(failures))
        monkeypatch.setattr(socket, "socket", Machine)

    return fail


@pytest.mark.parametrize("failure", [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL])
def test_a_machine_without_ipv6_uses_ipv4(opened, failing, failure):
    failing(failure)
    opened += listen(0)
    assert [host for host, _ in names(opened)] == ["127.0.0.1"]


@ipv6
def test_a_free_port_is_free_on_both(opened, failing):
    failing(errno.EADDRINUSE, errno.EADDRINUSE)
    opened += listen(0)
    assert len(opened) == 2


@ipv6
def test_looking_for_a_port_ends(failing):
    failing(*[errno.EADDRINUSE] * (loopback.ATTEMPTS + 1))
    with pytest.raises(StartError):
        listen(0)


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
