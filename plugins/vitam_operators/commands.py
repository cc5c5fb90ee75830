"""A command for a host as a value: its line, the reader of its answer, and its limits."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)
LONGEST_ANSWER_BYTES = 16 * 1024 * 1024
"""Of all that hosts are asked, the longest answers seen are a page of metrics and a journal: far less."""


@dataclass(frozen=True)
class Command(Generic[T_co]):
    """
    A command line for a POSIX shell on a host, and how its answer is read.

    It does not run anything: hosts do (see :class:`vitam_operators.hooks.hosts.HostHook`).

    :param line: the line, built from quoted parts by :func:`line`
    :param read: turns the standard output into a value
    :param timeout_s: seconds after which no answer is a lost connection
    :param ok: exit statuses that are an answer; any other is a failure
    :param limit_bytes: of its output, and of its errors; what is longer is no answer, and never held in memory
    :param read_failure: turns any other exit status and the standard error into a value, where a failure is one, too
    :param stdin: text for the standard input; the only way for a secret to reach a host
    """

    line: str
    read: Callable[[str], T_co]
    timeout_s: int = 60
    ok: frozenset[int] = field(default_factory=lambda: frozenset({0}))
    stdin: str | None = field(default=None, repr=False)
    read_failure: Callable[[int, str], T_co] | None = None
    limit_bytes: int = LONGEST_ANSWER_BYTES


def line(*words: object, sudo: bool = False) -> str:
    """
    Build a shell line from words, each quoted.

    :param words: the program and its arguments
    :param sudo: run it as root; ``-n`` never asks for a password
    """
    quoted = shlex.join(str(word) for word in words)
    return f"sudo -n {quoted}" if sudo else quoted


def nothing(output: str) -> None:
    """Read the answer of a change: there is nothing to read."""


def existing(paths: Iterable[str]) -> Command[frozenset[str]]:
    """Fact: which of these paths exist."""
    words = line("stat", "--format=%n", "--", *paths, sudo=True)
    return Command(words, lambda output: frozenset(output.splitlines()), ok=frozenset({0, 1}))


def write_text(paths: Sequence[str], content: str) -> Command[None]:
    """Return a change that writes files as root; their content goes through the standard input."""
    return Command(f"{line('tee', '--', *paths, sudo=True)} > /dev/null", nothing, stdin=content)


def write_whole(path: str, content: str) -> list[Command[None]]:
    """Return changes that write a file whole or not at all: whoever reads it meanwhile reads all of it."""
    return [write_text([f"{path}.partial"], content), change("mv", "--", f"{path}.partial", path)]


def change(*words: object, timeout_s: int = 60) -> Command[None]:
    """Return a command that changes the host as root and answers nothing."""
    return Command(line(*words, sudo=True), nothing, timeout_s=timeout_s)
