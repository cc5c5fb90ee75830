"""What an engine has to offer: a third one is one file beside these, named in :mod:`vitam_operators.engines.chosen`."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from vitam_operators.commands import Command
from vitam_operators.config_copies import CopyConfig
from vitam_operators.secret_files import Secret

LABEL = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]*")


@dataclass(frozen=True)
class Job:
    """
    What a transient unit runs on a host.

    :param script: a constant text for bash; what differs from job to job are its arguments
    :param arguments: its ``$1``, ``$2``, …
    :param secret: what its environment has to hold; its script begins with :data:`.secret_files.TAKE_SCRIPT` then
    """

    script: str
    arguments: tuple[str, ...]
    secret: Secret | None = None


@dataclass(frozen=True)
class Stored:
    """
    A copy on its host, as it stands there.

    :param size_bytes: what it takes
    :param sha256: what it is known by: of the archive, or of the snapshot (its id)
    :param files: how many files and directories are in it
    """

    size_bytes: int
    sha256: str
    files: int


@dataclass(frozen=True)
class Pieces:
    """
    What a copy consists of on the host that holds it: all that another host needs to extract it there.

    :param directory: where they lie
    :param names: files and directories in there; the copy is known by the first one
    :param suffix: what follows that name in the copy's place
    :param sized: whether the first one takes as many bytes as the manifest says of the copy
    """

    directory: str
    names: tuple[str, ...]
    suffix: str = ""
    sized: bool = True

    @property
    def first(self) -> str:
        """The path by which the copy is known."""
        return f"{self.directory}/{self.names[0]}"

    def place_in(self, directory: str) -> str:
        """Return the place of the copy once its pieces are in a directory."""
        return f"{directory}/{self.names[0]}{self.suffix}"


class Engine(ABC):
    """
    A way to store copies. It decides nothing about when: operators do.

    :param copies: the platform file's section ``copy``
    """

    name: ClassVar[str]
    tools: ClassVar[tuple[str, ...]]
    """Programs that each host has to have."""
    needs_room: ClassVar[bool]
    """Whether a copy takes as much room in ``copy.directory`` as :attr:`CopyConfig.room_factor` says."""

    def __init__(self, copies: CopyConfig) -> None:
        self.copies = copies

    @property
    def secret(self) -> Secret | None:
        """Where the secret of its jobs is, where they need one."""
        return None

    @abstractmethod
    def place(self, label: str, part: str) -> str:
        """Return where a part is, as the manifest names it."""

    def repository(self, part: str) -> str | None:
        """Return where all copies of a part are kept together; ``None``: each lies by itself."""
        return None

    @abstractmethod
    def store(self, source: str, label: str, part: str, exclude: tuple[str, ...], known: str = "") -> Job:
        """
        Change: store a directory whole or not at all, with a list of what was in it.

        :param known: label of a backup that has a copy in the part's repository: then none is made anew
        """

    @abstractmethod
    def stored(self, label: str, part: str) -> Command[Stored | None]:
        """Fact: the finished copy of a part as its job noted it; ``None`` when it is not there, or not as noted."""

    @abstractmethod
    def verify(self, label: str, part: str) -> Job:
        """Fact: read a copy back, and compare it with its checksum and with the list of its source."""

    @abstractmethod
    def extract(self, place: str, target: str) -> Job:
        """Change: put what is in a copy into a directory that does not exist yet, whole or not at all."""

    @abstractmethod
    def pieces(self, place: str) -> Pieces | None:
        """Return what a copy consists of; ``None`` when each host gets at it where it is."""

    @abstractmethod
    def found_by(self, place: str, sha256: str) -> str | None:
        """Return the path of a file that is on the host as long as a copy is; ``None`` where no host has it."""

    @abstractmethod
    def remove(self, label: str, parts: tuple[str, ...]) -> Job:
        """
        Change: remove what a host has of a backup, and its copies with it; what is gone already is no error.

        :param parts: those whose copies this host made
        :raises ValueError: it is no label, and might name something else
        """

    @abstractmethod
    def remove_unfinished(self, label: str, part: str) -> Command[None]:
        """Change: remove what an unfinished job left."""

    @abstractmethod
    def progress_bytes(self, words: str) -> int:
        """Return how much a job says that it has read; 0 before it says anything."""


def strict(label: str) -> str:
    """
    Return a label that is about to be removed.

    :raises ValueError: it might name more than one backup, or something else
    """
    if not LABEL.fullmatch(label):
        raise ValueError(f"{label!r} is no label of a backup, nothing is removed")
    return label
