"""A port of a host's loopback through a real ssh connection, to a server in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncssh
import pytest

from vitam_operators.config import Host
from vitam_operators.hooks.hosts import LOOPBACK, HostShell

HOST = Host(name="data1", address=LOOPBACK)


class Open(asyncssh.SSHServer):
    """A server that lets everybody in, and forwards."""

    def begin_auth(self, username: str) -> bool:
        return False

    def connection_requested(self, *_: Any) -> bool:
        return True


@asynccontextmanager
async def shell() -> AsyncIterator[HostShell]:
    """Give a connection to the server."""
    keys = [asyncssh.generate_private_key("ssh-ed25519")]
    async with await asyncssh.listen(LOOPBACK, 0, server_factory=Open, server_host_keys=keys) as server:
        port = server.get_port()
        async with asyncssh.connect(LOOPBACK, port, known_hosts=None, username="x", config=None) as connection:
            yield HostShell(HOST, connection)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.readline())
    await writer.drain()
    writer.close()


async def test_what_listens_on_the_loopback_of_a_host_is_reached():
    """A drill's mongod listens nowhere else."""
    async with await asyncio.start_server(echo, LOOPBACK, 0) as far, shell() as connected:
        async with connected.forward(far.sockets[0].getsockname()[1]) as port:
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            writer.write(b"who is there\n")
            assert await reader.readline() == b"who is there\n"
            writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(LOOPBACK, port)


async def test_where_nobody_listens_the_connection_is_closed_at_once():
    """A mongod that has ended is an error, not a wait."""
    async with shell() as connected, connected.forward(1) as port:
        reader, _ = await asyncio.open_connection(LOOPBACK, port)
        assert await asyncio.wait_for(reader.read(), 20) == b""
