"""Hosts over ssh: one connection a step, any number of commands on it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, TypeVar

from airflow.sdk.bases.hook import BaseHook

from vitam_operators.commands import Command
from vitam_operators.config import Host, Platform
from vitam_operators.curl import UnansweredError
from vitam_operators.errors import CommandFailedError, HostUnreachableError, ServiceAnswerError, ServiceSlowError
from vitam_operators.hooks.answers import Answer, TooLongError, answer
from vitam_operators.hooks.host_keys import pinned_hook
from vitam_operators.words import size_words

T = TypeVar("T")
CONNECT_TIMEOUT_S = 20
CHANNEL_TIMEOUT_S = 60
CLOSE_TIMEOUT_S = 10
LAST_CHARACTERS = 600
LOOPBACK = "127.0.0.1"
KEEPALIVE_S, KEEPALIVES_MISSED = 30, 4
OF_SUDO = re.compile(r"sudo: |Sorry, user |\S+ is not (in the sudoers file|allowed to run sudo)|This incident ")
"""How sudo's own lines begin; all but the first are its denials (sudo 1.9.13 plugins/sudoers/logging.c, log_denial)."""


class Shell(Protocol):
    """What runs commands on a host: :class:`HostShell`, or the tests' host that is none."""

    host: Host

    async def run(self, command: Command[T]) -> T:
        """Run a command and return what its answer means."""

    def start(self, command: Command[Any], stdin: Any = None) -> AbstractAsyncContextManager[Any]:
        """Start a command whose input and output are bytes."""

    def forward(self, port: int) -> AbstractAsyncContextManager[int]:
        """Reach a port of the host's loopback by a port of ours."""


class HostShell:
    """
    An open ssh connection to a host.

    It does not try again: a lost connection is an error, and the task's next try looks before it acts.

    :param host: the host
    :param connection: asyncssh's connection
    """

    def __init__(self, host: Host, connection: Any) -> None:
        self.host = host
        self._connection = connection

    async def run(self, command: Command[T]) -> T:
        """
        Run a command and return what its answer means.

        :raises HostUnreachableError: the connection broke, or no answer came in the command's time
        :raises CommandFailedError: the exit status is not one that the command knows, sudo refused it, or its answer
            is longer than an answer may be
        :raises ServiceAnswerError: it asked a service, which did not answer as it should
        """
        import asyncssh

        try:
            done = await answer(self._connection, command)
        except TooLongError as error:
            raise _too_long(self.host, command) from error
        except (OSError, asyncssh.Error) as error:
            raise _unreachable(self.host, error) from error
        if done.exit_status is None or done.exit_status < 0:
            raise _unreachable(self.host, "the connection broke before the command's exit status came")
        answered = done.exit_status in command.ok and not _is_refused(done)
        if not answered and command.read_failure is None:
            raise _failed(self.host, command, done)
        try:
            if not answered and command.read_failure is not None:
                return command.read_failure(done.exit_status, done.stderr.strip())
            return command.read(done.stdout)
        except UnansweredError as error:
            kind = ServiceSlowError if error.too_slow else ServiceAnswerError
            raise kind(f"on host {self.host.name}, {error}", hint=error.hint) from error
        except (ValueError, KeyError, IndexError) as error:
            raise _unreadable(self.host, command, done.stdout, error) from error

    @asynccontextmanager
    async def start(self, command: Command[Any], stdin: Any = None) -> AsyncIterator[Any]:
        """
        Start a command whose input and output are bytes, for the time of an ``async with`` block.

        :param stdin: the output of another one, on another host
        :raises HostUnreachableError: the host did not begin it
        """
        import asyncssh

        given = asyncssh.DEVNULL if stdin is None else stdin
        opening = self._connection.create_process(command.line, stdin=given, encoding=None)
        try:
            process = await asyncio.wait_for(opening, CHANNEL_TIMEOUT_S)
        except (OSError, asyncssh.Error) as error:
            raise _unreachable(self.host, error) from error
        async with process:
            yield process

    @asynccontextmanager
    async def forward(self, port: int) -> AsyncIterator[int]:
        """
        Reach a port of the host's loopback, for the time of a ``with`` block, by a port of ours that is yielded.

        What goes through is encrypted by ssh; nobody else's machine can reach either port.

        :raises HostUnreachableError: no port could be had here; that the host refuses shows when it is used
        """
        import asyncssh

        try:
            listener = await self._connection.forward_local_port(LOOPBACK, 0, LOOPBACK, port)
        except (OSError, asyncssh.Error) as error:
            raise _unreachable(self.host, error) from error
        try:
            yield int(listener.get_port())
        finally:
            listener.close()


class HostHook(BaseHook):
    """
    Opens :class:`HostShell` connections with the account of an Airflow connection of type ``ssh``.

    The account is the provider's ``SSHHookAsync``; address, port and host key are the platform file's, so that one
    connection serves a whole platform. See :mod:`vitam_operators.hooks.host_keys` for how a host proves who it is; an
    unknown one is refused.

    :param host: the host, with ``ssh_conn_id`` filled in (see :func:`target`)
    """

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Shell]:
        """
        Open a connection for the time of a ``with`` block.

        A host that has gone without a word is noticed after two minutes, whatever is asked of it by then.

        :raises HostUnreachableError: it could not be made
        """
        import asyncssh

        asyncssh.set_log_level("WARNING")
        try:
            connection = await asyncio.wait_for(self._provider_hook().get_conn(), CONNECT_TIMEOUT_S)
        except (OSError, asyncssh.Error, asyncssh.KeyImportError, TimeoutError) as error:
            raise _unreachable(self.host, error) from error
        connection.set_keepalive(KEEPALIVE_S, KEEPALIVES_MISSED)
        try:
            yield HostShell(self.host, connection)
        finally:
            await _closed(connection)

    def _provider_hook(self) -> Any:
        from airflow.providers.ssh.hooks.ssh import SSHHookAsync

        way: dict[str, Any] = {"host": self.host.address, "port": self.host.ssh_port}
        way["ssh_conn_id"] = self.host.ssh_conn_id
        return pinned_hook(self.host.host_key, **way) if self.host.host_key else SSHHookAsync(**way)


def target(platform: Platform, name: str) -> Host:
    """Return a host of the platform with the Airflow connection that reaches it filled in."""
    host = platform.host(name)
    return host if host.ssh_conn_id else host.model_copy(update={"ssh_conn_id": platform.ssh_conn_id})


async def _closed(connection: Any) -> None:
    """Close a connection; what the other end does not answer to is not waited for."""
    connection.close()
    try:
        await asyncio.wait_for(connection.wait_closed(), CLOSE_TIMEOUT_S)
    except TimeoutError:
        connection.abort()


def _is_refused(done: Answer) -> bool:
    """
    Tell whether it was sudo that answered: its status, 1, is also that of a ``stat`` which finds nothing.

    sudo may warn before it runs a program as well; a program that fails then has a line of its own.
    """
    said = done.stderr.splitlines()
    return done.exit_status == 1 and bool(said) and all(OF_SUDO.match(words) for words in said)


def _unreachable(host: Host, reason: object) -> HostUnreachableError:
    import asyncssh

    words = str(reason) or type(reason).__name__
    is_another = isinstance(reason, asyncssh.HostKeyNotVerifiable | asyncssh.KeyImportError)
    return HostUnreachableError(
        f"host {host.name} ({host.address}:{host.ssh_port}) could not be asked over ssh: {words}",
        hint=f"try ssh to {host.address} from the Airflow machine with the account of connection {host.ssh_conn_id}; "
        "if the host key changed, put the new one into the platform file",
        away="" if is_another else host.name,
    )


def _failed(host: Host, command: Command[Any], done: Answer) -> CommandFailedError:
    words = (done.stderr.strip() or done.stdout.strip())[-LAST_CHARACTERS:]
    return CommandFailedError(
        f"on host {host.name}, exit status {done.exit_status} of: {command.line[:LAST_CHARACTERS]}\n{words}",
        hint="run the same command by hand on the host; if sudo asks for a password, its sudoers file lacks it",
    )


def _too_long(host: Host, command: Command[Any]) -> CommandFailedError:
    return CommandFailedError(
        f"on host {host.name}, an answer longer than {size_words(command.limit_bytes)}, which is none, "
        f"of: {command.line[:LAST_CHARACTERS]}",
        hint="run the same command by hand on the host, with '| head' behind it: what writes so much there?",
    )


def _unreadable(host: Host, command: Command[Any], output: str, error: Exception) -> CommandFailedError:
    return CommandFailedError(
        f"on host {host.name}, an answer that cannot be read ({error!r}) of: {command.line[:LAST_CHARACTERS]}\n"
        f"{output[:LAST_CHARACTERS]}",
        hint="run the same command by hand on the host and compare with what docs/operate.md says of it",
    )
