"""
Hosts that do not refuse, but hang: the kernel, the disk of / or sshd froze, or a firewall forgot the connection.

The kind of fault: a wait without an end. What is not answered in its time is a lost connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import asyncssh
import pytest

from tests.unit.test_hosts_ssh import HOST, LOOPBACK, Open, in_a_shell
from vitam_operators.commands import Command
from vitam_operators.errors import HostUnreachableError
from vitam_operators.hooks import hosts
from vitam_operators.hooks.hosts import HostHook

AN_HOUR_S = 3600


class Frozen(Open):
    """A server that accepts the login, and never answers to the opening of a channel."""

    def session_requested(self) -> Any:
        return asyncio.sleep(AN_HOUR_S)


class Wire:
    """What lies between a client and a server; once it is cut, nothing comes through, and nobody is told."""

    cut = False

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while some := await reader.read(65_536):
            if not self.cut:
                writer.write(some)


@asynccontextmanager
async def connected(monkeypatch: Any, server: type[Open]) -> AsyncIterator[tuple[Any, Wire]]:
    """Give a connection that the hook for hosts has opened, and the wire to its host."""
    key, wire = asyncssh.generate_private_key("ssh-ed25519"), Wire()
    options: dict[str, Any] = {"process_factory": in_a_shell} if server is Open else {}
    options |= {"server_factory": server, "server_host_keys": [key], "encoding": None}
    async with await asyncssh.listen(LOOPBACK, 0, **options) as listening:

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            far = await asyncio.open_connection(LOOPBACK, listening.get_port())
            await asyncio.gather(wire.pass_on(reader, far[1]), wire.pass_on(far[0], writer))

        relaying = await asyncio.start_server(relay, LOOPBACK, 0)
        port = relaying.sockets[0].getsockname()[1]

        def get_conn() -> Any:
            return asyncssh.connect(LOOPBACK, port, known_hosts=None, username="x", config=None)

        monkeypatch.setattr(HostHook, "_provider_hook", lambda hook: SimpleNamespace(get_conn=get_conn))
        async with HostHook(HOST).connect() as shell:
            yield shell, wire
        relaying.close()


async def test_a_channel_that_is_never_opened_is_a_lost_connection(monkeypatch):
    """The login is the kernel's and sshd's; a session needs the disk, PAM and a shell."""
    async with connected(monkeypatch, Frozen) as (shell, _):
        with pytest.raises(HostUnreachableError, match=r"host data1 .* could not be asked over ssh"):
            await shell.run(Command("systemctl show", str.strip, timeout_s=1))


async def test_nor_is_one_for_bytes_waited_for(monkeypatch):
    """What carries an archive may last for hours; that it begins may not."""
    monkeypatch.setattr(hosts, "CHANNEL_TIMEOUT_S", 0.2)
    async with connected(monkeypatch, Frozen) as (shell, _):
        with pytest.raises(HostUnreachableError, match=r"host data1 .* could not be asked over ssh"):
            async with shell.start(Command("cat", str)):
                pytest.fail("nothing was started")


async def test_a_host_that_has_gone_without_a_word_is_noticed(monkeypatch):
    """A command may have a day; a host that lives answers keepalives meanwhile."""
    monkeypatch.setattr(hosts, "KEEPALIVE_S", 0.1)
    monkeypatch.setattr(hosts, "CLOSE_TIMEOUT_S", 0.2)
    async with connected(monkeypatch, Open) as (shell, wire):
        assert await shell.run(Command("echo here", str.strip)) == "here"
        wire.cut = True
        with pytest.raises(HostUnreachableError, match=r"host data1 .* could not be asked over ssh"):
            await shell.run(Command("exec sleep 60", str, timeout_s=AN_HOUR_S))


async def test_leaving_a_host_that_hangs_takes_no_time(monkeypatch):
    """Its own farewell is not waited for: what has its answer goes on."""
    monkeypatch.setattr(hosts, "CLOSE_TIMEOUT_S", 0.2)
    async with connected(monkeypatch, Open) as (shell, wire):
        assert await shell.run(Command("echo here", str.strip)) == "here"
        shell._connection.wait_closed = lambda: asyncio.sleep(AN_HOUR_S)
        wire.cut = True


async def test_who_proves_to_be_another_is_not_away(monkeypatch):
    """A changed host key stays changed; a host that hangs, refuses or is booting may come back."""
    errors = {}
    for error in (asyncssh.HostKeyNotVerifiable("x"), ConnectionRefusedError(), asyncssh.PermissionDenied("nologin")):

        async def get_conn(raised: Exception = error) -> Any:
            raise raised

        monkeypatch.setattr(HostHook, "_provider_hook", lambda hook, get=get_conn: SimpleNamespace(get_conn=get))
        with pytest.raises(HostUnreachableError) as found:
            async with HostHook(HOST).connect():
                pytest.fail("nobody answered")
        errors[type(error)] = found.value.away
    assert errors == {
        asyncssh.HostKeyNotVerifiable: "",
        ConnectionRefusedError: "data1",
        asyncssh.PermissionDenied: "data1",
    }
