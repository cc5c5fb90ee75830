"""
The programs that the backup runs on a host, and from which version on they do what it asks of them.

What each one is needed for stands beside it. The lowest versions are those that the backup has asked for since its
first release; :mod:`.supported` says how each is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from vitam_operators.commands import Command, line
from vitam_operators.engines.base import Engine
from vitam_operators.engines.restic import ResticEngine

SCRIPT = """
for tool in "$@"; do
  printf '%s %s\\n' "$tool" "$({ "$tool" --version || "$tool" version; } 2> /dev/null | head -n 1)"
done
"""
DOTTED = r"(?<![\w.])v?(\d+(?:\.\d+)+)"


@dataclass(frozen=True)
class Need:
    """
    A program that the backup runs on hosts.

    :param lowest: the first version that will do; empty: any
    :param why: what the backup needs of it
    :param pattern: of its version in the first line that it prints
    """

    lowest: tuple[int, ...]
    why: str
    pattern: str = DOTTED


NEEDS: dict[str, Need] = {
    "systemctl": Need((238,), "the guard reads back when its timer fires", r"^systemd (\d+)"),
    "systemd-run": Need((), "copies and drills are units of their own"),
    "journalctl": Need((), "what a unit said last"),
    "python3": Need((3, 6), "the restart guard is written in it", r"^Python (\d+(?:\.\d+)+)"),
    "sudo": Need((), "everything that takes root", r"^Sudo version (\d+(?:\.\d+)+)"),
    "curl": Need((7, 29), "the host asks its services", r"^curl (\d+(?:\.\d+)+)"),
    "ss": Need((), "which ports are free"),
    "tar": Need((1, 28), "lists and archives in one order (--sort)", r"GNU tar\) (\d+(?:\.\d+)+)"),
    "zstd": Need((), "archives are compressed"),
    "sha256sum": Need((8, 24), "a copy whose disk fails ends (tee --output-error)", r"GNU coreutils\) (\d+(?:\.\d+)+)"),
}
"""Whatever the engine is."""

OF_RESTIC: dict[str, Need] = {
    "restic": Need((0, 14), "it stores the copies", r"^restic (\d+(?:\.\d+)+)"),
    "bash": Need((4, 4), "restic's jobs are written in it", r"version (\d+(?:\.\d+)+)"),
}
REGULAR_EXPRESSIONS = (1, 9, 10)
"""The sudo that first knew those of docs/hosts.md."""


def needed(engine: Engine) -> dict[str, Need]:
    """Return what a night needs on each host, by name."""
    return NEEDS | (OF_RESTIC if engine.name == ResticEngine.name else {})


def of_any_engine() -> dict[str, Need]:
    """Return what is known of all programs, by name."""
    return NEEDS | OF_RESTIC


def first_lines(tools: Iterable[str]) -> Command[dict[str, str]]:
    """Fact: the first line in which each program tells its version; restic knows ``version`` only."""
    words = ("env", "LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-c", SCRIPT, "sh", *tools)
    return Command(line(*words), _read_lines)


def _read_lines(output: str) -> dict[str, str]:
    told = (words.partition(" ") for words in output.splitlines() if words)
    return {tool: words for tool, _, words in told}


def version_of(tool: str, told: str) -> str:
    """Return the version in a program's first line; empty where it has none, or is another program of that name."""
    need = of_any_engine().get(tool)
    found = re.search(need.pattern if need else DOTTED, told)
    return found[1] if found else ""


def too_old(told: Mapping[str, str], needs: Mapping[str, Need]) -> Iterator[str]:
    """Name the programs that will not do: version, what is needed, what for."""
    for tool, need in needs.items():
        version = version_of(tool, told.get(tool, ""))
        if version and _numbers(version) < need.lowest:
            yield f"{tool} is {version}, at least {_dotted(need.lowest)} is needed: {need.why}"


def doubtful(told: Mapping[str, str], needs: Mapping[str, Need]) -> Iterator[str]:
    """Name the programs that told something, but no version that is known."""
    for tool, need in needs.items():
        if need.lowest and told.get(tool) and not version_of(tool, told[tool]):
            yield (
                f"{tool} says {told[tool]!r}, from which no version can be read; at least "
                f"{_dotted(need.lowest)} is needed: {need.why}"
            )


def rules_hint(told: Mapping[str, str]) -> str:
    """Return what to add where sudo refuses: an old one does not know the rules of docs/hosts.md."""
    version = version_of("sudo", told.get("sudo", ""))
    if not version or _numbers(version) >= REGULAR_EXPRESSIONS:
        return ""
    return f"; its sudo {version} knows no regular expressions ({_dotted(REGULAR_EXPRESSIONS)} does), see there"


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))
