"""Commands and forwarded ports through a real ssh connection, to a server in this process with a real shell."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import asyncssh
import pytest

from vitam_operators import reflink
from vitam_operators.commands import Command
from vitam_operators.config import Host
from vitam_operators.curl import Endpoint, ask
from vitam_operators.errors import CommandFailedError, HostUnreachableError, ServiceAnswerError, ServiceSlowError
from vitam_operators.hooks.hosts import LOOPBACK, HostShell

HOST = Host(name="data1", address=LOOPBACK)


class Open(asyncssh.SSHServer):
    """A server that lets everybody in, and forwards."""

    def begin_auth(self, username: str) -> bool:
        return False

    def connection_requested(self, *_: Any) -> bool:
        return True


async def in_a_shell(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """Run what is asked, as sshd does: what it says goes out as it comes, a client that has gone ends it."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), asyncio.subprocess.PIPE)
    program = await asyncio.create_subprocess_exec("/bin/sh", "-c", str(process.command), **pipes)
    taken = asyncio.create_task(given(process, program))
    try:
        said = ((program.stdout, process.stdout), (program.stderr, process.stderr))
        await asyncio.gather(*(passed_on(*pair) for pair in said))
        process.exit(await program.wait())
    finally:
        taken.cancel()
        with suppress(ProcessLookupError):
            program.kill()


async def given(process: asyncssh.SSHServerProcess[bytes], program: asyncio.subprocess.Process) -> None:
    await passed_on(process.stdin, program.stdin)
    assert program.stdin
    program.stdin.close()


async def passed_on(reader: Any, writer: Any) -> None:
    with suppress(OSError):
        while some := await reader.read(65_536):
            writer.write(some)
            await writer.drain()


@asynccontextmanager
async def shell() -> AsyncIterator[HostShell]:
    """Give a connection to the server."""
    keys = [asyncssh.generate_private_key("ssh-ed25519")]
    options: dict[str, Any] = {
        "server_factory": Open,
        "process_factory": in_a_shell,
        "server_host_keys": keys,
        "encoding": None,
    }
    async with await asyncssh.listen(LOOPBACK, 0, **options) as server:
        port = server.get_port()
        async with asyncssh.connect(LOOPBACK, port, known_hosts=None, username="x", config=None) as connection:
            yield HostShell(HOST, connection)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.readline())
    await writer.drain()
    writer.close()


WARNING = "echo 'sudo: unable to resolve host data1' >&2; "
NOT_THERE = "echo 'stat: cannot statx' >&2; exit 1"


@pytest.mark.parametrize(
    "line", [NOT_THERE, WARNING + NOT_THERE, WARNING + "echo found", "exit 1"], ids=["1", "warned", "0", "silent"]
)
async def test_an_answer_is_one_whatever_sudo_warns_of(line):
    """A host that cannot resolve its own name makes sudo say so each time, and runs the program all the same."""
    async with shell() as connected:
        assert await connected.run(Command(line, str.strip, ok=frozenset({0, 1}))) in ("", "found")


@pytest.mark.parametrize("warned", ["", WARNING])
@pytest.mark.parametrize(
    "words",
    [
        "sudo: a password is required",
        "Sorry, user vitam is not allowed to execute '/usr/bin/stat -- /db' as root on data1.",
        "Sorry, user vitam may not run sudo on data1.",
        "vitam is not allowed to run sudo on data1.  This incident will be reported.",
        "vitam is not in the sudoers file.\nThis incident has been reported to the administrator.",
    ],
)
async def test_what_sudo_refuses_is_no_answer(warned, words):
    """
    Its status is that of a program that finds nothing: data beside a dbPath that may not be seen is not absent.

    The words of its denials: sudo 1.9.13 plugins/sudoers/logging.c, log_denial; netdata/netdata#2158.
    """
    refused = f"{warned}echo {shlex.quote(words)} >&2; exit 1"
    async with shell() as connected:
        with pytest.raises(CommandFailedError, match=re.escape(words)):
            await connected.run(Command(refused, str.strip, ok=frozenset({0, 1})))


async def test_a_name_that_sudo_cannot_resolve_hinders_no_snapshot(tmp_path):
    """
    Kind: a warning that is taken for a refusal. Each sudo says it; the data was copied while MongoDB was down.

    The words: sudo 1.9.13 src/net_ifs.c and plugins/sudoers/sudoers.c, resolve_host (ansible/ansible#468).
    """
    (tmp_path / "sudo").write_text("""#!/bin/sh
echo "sudo: unable to resolve host data1: Name or service not known" >&2
case $2 in
stat) printf '2049\\n2049\\n' ;;
cp) [ ! -e "$0.cannot" ] || { echo "cp: failed to clone 'b' from 'a': Operation not supported" >&2; exit 1; } ;;
esac
""")
    (tmp_path / "sudo").chmod(0o755)
    asked = reflink.hindrance("/vitam/data/mongod/db")
    warns = replace(asked, line=f"PATH={shlex.quote(str(tmp_path))}:$PATH; {asked.line}")
    async with shell() as connected:
        assert await connected.run(warns) == ""
        (tmp_path / "sudo.cannot").touch()
        assert await connected.run(warns) == "cp: failed to clone 'b' from 'a': Operation not supported"


async def test_output_that_is_no_text_is_an_answer():
    """A name on an old disk, a page in Latin-1: no reason to call the connection lost."""
    async with shell() as connected:
        assert await connected.run(Command(r"printf 'a\377b'", str)) == "a\ufffdb"


@pytest.mark.parametrize("where", ["", " >&2"], ids=["output", "errors"])
async def test_an_answer_is_bounded(where):
    """Kind: input without an end. A journal that was flooded, a name that means a disk: a worker has little memory."""
    said = Command(f"head --bytes=2000 /dev/zero{where}; exec sleep 60", str, limit_bytes=1000)
    async with shell() as connected:
        with pytest.raises(CommandFailedError, match=r"on host data1, an answer longer than 1000 B, which is none"):
            await connected.run(said)
        exact = Command(f"head --bytes=1000 /dev/zero{where}", str, limit_bytes=1000)
        assert len(await connected.run(exact)) == (1000 if not where else 0)


async def test_what_goes_in_is_read_or_not():
    """A secret goes in by the standard input; a program that is over before it has read it is no lost connection."""
    async with shell() as connected:
        assert await connected.run(Command("cat", str, stdin="né")) == "né"
        assert await connected.run(Command("true", str, stdin="x" * 5_000_000)) == ""


async def test_a_command_that_does_not_end_is_a_lost_connection():
    """In the command's own time, and the process here is closed."""
    async with shell() as connected:
        with pytest.raises(HostUnreachableError, match="TimeoutError"):
            await connected.run(Command("exec sleep 60", str, timeout_s=1))
        assert await connected.run(Command("echo again", str.strip)) == "again"


async def test_a_question_to_a_service_says_who_asked_and_what_came():
    """And a service that is slow is told from one that is away."""
    words = "curl: (28) Operation timed out after 1001 milliseconds with 0 bytes received"
    async with shell() as connected:
        for line, kind in ((f"echo '{words}' >&2; exit 28", ServiceSlowError), ("exit 7", ServiceAnswerError)):
            asked = ask(Endpoint("10.0.0.1", 9200), "/", lambda reply: reply.read(str))
            with pytest.raises(ServiceAnswerError, match=r"on host data1, GET http://10.0.0.1:9200/: ") as error:
                await connected.run(replace(asked, line=line))
            assert type(error.value) is kind
            assert error.value.hint


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
