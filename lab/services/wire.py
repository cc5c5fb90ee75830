"""MongoDB's wire protocol, as much as a router needs: whole messages, the command in an OP_MSG, answers."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from itertools import count
from typing import Any

import bson
from bson.codec_options import CodecOptions

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
CHECKSUM_PRESENT, MORE_TO_COME = 1, 2
HEADER_BYTES = 16
MAX_BYTES = 48_000_000
# UUIDs go through as they came, with the subtype that MongoDB's own have.
CODEC: CodecOptions[dict[str, Any]] = CodecOptions(uuid_representation=4)
_ids = count(1)

Document = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """A message as it came, and what its header says."""

    raw: bytes
    request_id: int
    response_to: int
    opcode: int

    @property
    def expects_reply(self) -> bool:
        """Tell whether the sender waits for an answer."""
        return self.opcode != OP_MSG or not self._flags & MORE_TO_COME

    @property
    def _flags(self) -> int:
        return int(struct.unpack_from("<I", self.raw, HEADER_BYTES)[0])

    def document(self) -> Document:
        """
        Return the message's main document: the command, or the reply to it.

        :raises ValueError: when the message is of another kind.
        """
        if self.opcode == OP_MSG:
            return self._first_section()
        if self.opcode == OP_QUERY:
            name_end = self.raw.index(b"\0", HEADER_BYTES + 4)
            return _decode(self.raw, name_end + 9)
        raise ValueError(f"opcode {self.opcode} is not supported")

    def _first_section(self) -> Document:
        position = HEADER_BYTES + 4
        end = len(self.raw) - (4 if self._flags & CHECKSUM_PRESENT else 0)
        while position < end:
            kind, position = self.raw[position], position + 1
            if kind == 0:
                return _decode(self.raw, position)
            position += int(struct.unpack_from("<i", self.raw, position)[0])
        raise ValueError("an OP_MSG without a command")


def _decode(raw: bytes, position: int) -> Document:
    size = int(struct.unpack_from("<i", raw, position)[0])
    document: Document = bson.decode(raw[position : position + size], CODEC)
    return document


async def read_message(reader: asyncio.StreamReader) -> Message:
    """
    Read one whole message.

    :raises asyncio.IncompleteReadError: when the peer has gone.
    :raises ValueError: when the length is not one of MongoDB's.
    """
    header = await reader.readexactly(HEADER_BYTES)
    length, request_id, response_to, opcode = struct.unpack("<iiii", header)
    if not HEADER_BYTES <= length <= MAX_BYTES:
        raise ValueError(f"a message of {length} bytes is not MongoDB's")
    return Message(header + await reader.readexactly(length - HEADER_BYTES), request_id, response_to, opcode)


def command_message(document: Document) -> bytes:
    """Return a command as an OP_MSG."""
    return _frame(next(_ids), 0, OP_MSG, struct.pack("<IB", 0, 0) + bson.encode(document, codec_options=CODEC))


def reply_message(request: Message, document: Document) -> bytes:
    """Return the answer to a request, in the form that the request came in."""
    body = bson.encode(document, codec_options=CODEC)
    if request.opcode == OP_QUERY:
        return _frame(next(_ids), request.request_id, OP_REPLY, struct.pack("<iqii", 8, 0, 0, 1) + body)
    return _frame(next(_ids), request.request_id, OP_MSG, struct.pack("<IB", 0, 0) + body)


def _frame(request_id: int, response_to: int, opcode: int, body: bytes) -> bytes:
    return struct.pack("<iiii", HEADER_BYTES + len(body), request_id, response_to, opcode) + body
