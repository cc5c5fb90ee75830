"""What asyncssh's ``create_process`` gives for a command on a fake host: it runs once its input has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


class FakeProcess:
    """
    A process whose input and output are bytes, as asyncssh's ``SSHClientProcess`` with ``encoding=None``.

    :param run: runs the command with its input, and returns ``exit_status``, ``stdout`` and ``stderr`` as texts
    """

    def __init__(self, run: Callable[[str], Awaitable[Any]]) -> None:
        self._run = run
        self._given = b""
        self._done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.stdin = self
        self.stdout, self.stderr = _Reader(self._done, "stdout"), _Reader(self._done, "stderr")

    def write(self, data: bytes) -> None:
        self._given += data

    def write_eof(self) -> None:
        self._task = asyncio.ensure_future(self._end())

    async def _end(self) -> None:
        try:
            self._done.set_result(await self._run(self._given.decode()))
        except BaseException as error:
            self._done.set_exception(error)

    @property
    def exit_status(self) -> int | None:
        status: int | None = self._done.result().exit_status
        return status

    async def wait_closed(self) -> None:
        await self._done

    def close(self) -> None:
        """A fake command has ended by itself."""


class _Reader:
    """One of the two outputs."""

    def __init__(self, done: asyncio.Future[Any], name: str) -> None:
        self._done, self._name, self._read = done, name, False

    async def read(self, size: int) -> bytes:
        """All at once, then nothing."""
        if self._read:
            return b""
        done, self._read = await asyncio.shield(self._done), True
        text: str = getattr(done, self._name)
        return text.encode()
