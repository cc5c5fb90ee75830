"""Carrying bytes from one host to another through this machine; neither host needs a way to the other."""

from __future__ import annotations

from typing import Any

from vitam_operators.commands import Command
from vitam_operators.errors import CommandFailedError
from vitam_operators.hooks.hosts import Shell


async def carry(source: Shell, send: Command[Any], target: Shell, receive: Command[Any]) -> None:
    """
    Run a command whose output is another's input.

    :raises HostUnreachableError: a connection broke
    :raises CommandFailedError: one of the two did not end well
    """
    async with source.start(send) as sending, target.start(receive, stdin=sending.stdout) as receiving:
        for shell, command, process in ((target, receive, receiving), (source, send, sending)):
            done = await process.wait(timeout=command.timeout_s)
            if done.exit_status != 0:
                words = (done.stderr or b"").decode(errors="replace").strip()
                raise CommandFailedError(
                    f"on host {shell.host.name}, exit status {done.exit_status} of: {command.line}\n{words[-600:]}",
                    hint="run the same command by hand on the host; clear this task to carry it anew",
                )
