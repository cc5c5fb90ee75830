"""The answer of a host to one command, as large as an answer may be: what it says beyond that is never held here."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from vitam_operators.commands import Command

CHUNK_BYTES = 65_536


@dataclass(frozen=True)
class Answer:
    """
    What came of a command.

    :param exit_status: negative when a signal ended it, ``None`` when the connection broke before it ended
    :param stdout: bytes that are no UTF-8 are replaced
    :param stderr: the same
    """

    exit_status: int | None
    stdout: str
    stderr: str


class TooLongError(Exception):
    """A host said more than an answer may be long."""


async def answer(connection: Any, command: Command[Any]) -> Answer:
    """
    Run a command over an ssh connection and collect what it says.

    :param connection: asyncssh's connection
    :raises TooLongError: its output, or its errors, are longer than the command's ``limit_bytes``
    :raises TimeoutError: it did not end in the command's time, the opening of its channel included
    """
    async with asyncio.timeout(command.timeout_s):
        process = await connection.create_process(command.line, encoding=None)
        try:
            with suppress(BrokenPipeError):  # it may have ended without reading any of it
                process.stdin.write((command.stdin or "").encode())
                process.stdin.write_eof()
            readers = (process.stdout, process.stderr)
            output, errors = await asyncio.gather(*(_bounded(reader, command.limit_bytes) for reader in readers))
            await process.wait_closed()
        finally:
            process.close()
    return Answer(process.exit_status, output.decode(errors="replace"), errors.decode(errors="replace"))


async def _bounded(reader: Any, limit_bytes: int) -> bytes:
    pieces, size_bytes = [], 0
    while piece := await reader.read(CHUNK_BYTES):
        size_bytes += len(piece)
        if size_bytes > limit_bytes:
            raise TooLongError
        pieces.append(piece)
    return b"".join(pieces)
