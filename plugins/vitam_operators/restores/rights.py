"""What a restore does as root on a host, as the very commands that it sends there: for whoever writes sudo's rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vitam_operators import archive, scratch_mongod
from vitam_operators.commands import Command, existing
from vitam_operators.config_copies import CopyConfig
from vitam_operators.engines.base import Pieces
from vitam_operators.restores import bringing, swapping
from vitam_operators.restores.plans import Place


def place_commands(place: Place, label: str) -> Iterator[Command[Any]]:
    """Look at a member's data and at what is beside it, swap them, swap them back, remove what is not in use."""
    path, brought, kept = place.db_path, place.brought(label), place.kept(label)
    yield existing([path])
    yield swapping.there(place, label)
    yield swapping.own_file_system(path)
    yield archive.size_of(path)
    yield archive.mongod_lock(brought)
    yield scratch_mongod.key(brought)
    for found in ({path, brought}, {brought, kept}):
        yield from swapping.swap(place, label, frozenset(found))
    for found in ({path, kept}, {path, brought, kept}):
        yield from swapping.put_back(place, label, frozenset(found))
    yield swapping.remove(brought)
    yield swapping.remove(kept)


def carrying_commands(pieces: Pieces | None, label: str, part: str, copies: CopyConfig) -> Iterator[Command[Any]]:
    """
    Send a copy to another host, or have one from there.

    :param pieces: what the copy consists of, ``None`` when it need not be sent
    """
    if pieces is not None:
        yield bringing.size_of(pieces.first)
        yield bringing.send(pieces)
    own = bringing.carried(label, part, copies)
    yield existing([own])
    yield bringing.make_directory(own)
    yield bringing.receive(own)
    yield bringing.arrived(own)
    yield existing([bringing.carried_directory(label, copies)])
    yield bringing.forget(label, copies)
