"""What an engine has to offer: a third one is one file beside these, named in :mod:`vitam_operators.engines.chosen`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from vitam_operators.commands import Command
from vitam_operators.config_copies import CopyConfig


@dataclass(frozen=True)
class Job:
    """
    What a transient unit runs on a host.

    :param script: a constant text for bash; what differs from job to job are its arguments
    :param arguments: its ``$1``, ``$2``, …
    """

    script: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Stored:
    """
    A copy on its host, as it stands there.

    :param size_bytes: what it takes
    :param sha256: what it is known by: of the archive
    :param files: how many files and directories are in it
    """

    size_bytes: int
    sha256: str
    files: int


class Engine(ABC):
    """
    A way to store copies. It decides nothing about when: operators do.

    :param copies: the platform file's section ``copy``
    """

    name: ClassVar[str]
    tools: ClassVar[tuple[str, ...]]
    """Programs that each host has to have."""

    def __init__(self, copies: CopyConfig) -> None:
        self.copies = copies

    @abstractmethod
    def place(self, label: str, part: str) -> str:
        """Return where a part is, as the manifest names it."""

    @abstractmethod
    def store(self, source: str, label: str, part: str, exclude: tuple[str, ...]) -> Job:
        """Change: store a directory whole or not at all, with a list of what was in it."""

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
    def remove_unfinished(self, label: str, part: str) -> Command[None]:
        """Change: remove what an unfinished job left."""

    @abstractmethod
    def progress_bytes(self, words: str) -> int:
        """Return how much a job says that it has read; 0 before it says anything."""
