"""
Commands turned into rules for sudo: each word that is the same in every night as it stands, all others bounded.

A command is built by the package's own function, once, from samples: :class:`Hole` is such a sample and the pattern of
what stands in its place in a real night. So a rule cannot say anything else than the function does. Arguments are
matched as a whole, joined by spaces, by POSIX extended regular expressions (sudo 1.9.10 and later).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vitam_operators.errors import ConfigError

LONGEST_PATTERN = 1024
"""Characters: sudo (seen with 1.9.13) never matches a longer one, and says nothing."""

BETWEEN_COMMANDS = frozenset("();<>|&")
SEPARATORS_OF_SUDOERS = ",:="
ACCOUNT = re.compile(r"([A-Za-z0-9_.-]+\\)?[A-Za-z_][A-Za-z0-9_.-]*\$?(@[A-Za-z0-9.-]+)?")


@dataclass(frozen=True)
class Hole:
    """
    A word, or a part of one, that differs from night to night.

    :param sample: what the command is built with; it occurs nowhere else in it
    :param pattern: of all that may stand there
    :param wide: a shorter pattern, for a rule that would be too long for sudo
    :param many: any number of words like the one with this sample may stand in its place
    """

    sample: str
    pattern: str
    wide: str = ""
    many: bool = False


def sudoers_name(account: str) -> str:
    """Return the name of an account's file: sudo skips one with a dot or a ``~`` in it, in silence (sudoers(5))."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", account)


def sudoers_user(account: str) -> str:
    """
    Return an account as sudoers has it: the backslash between a domain and a name is escaped.

    :raises ConfigError: sudoers would take it for something else (an alias of all, a group, a list)
    """
    if account == "ALL" or not ACCOUNT.fullmatch(account):
        raise ConfigError(
            f"{account!r} is no account that sudoers would take for one",
            hint="letters, digits, '_', '.' and '-', if need be DOMAIN\\NAME or NAME@DOMAIN",
        )
    return account.replace("\\", "\\\\")


def one_of(texts: Iterable[str]) -> str:
    """Return the pattern of any of these texts."""
    return f"({'|'.join(literal(text) for text in texts)})"


def literal(text: str) -> str:
    """Return the pattern of a text as it stands."""
    return re.sub(r"([\\.\[\](){}*+?|^$])", r"\\\1", text)


def filled(text: str, holes: Sequence[Hole], *, wide: bool = False) -> str:
    """Return the pattern of a text with samples in it."""
    samples = {hole.sample: hole for hole in sorted(holes, key=lambda hole: -len(hole.sample))}
    pieces = re.split(f"({'|'.join(map(re.escape, samples))})", text)
    return "".join(_piece(piece, samples.get(piece), wide=wide) for piece in pieces)


def _piece(piece: str, hole: Hole | None, *, wide: bool) -> str:
    if hole is None:
        return literal(piece)
    return hole.wide if wide and hole.wide else hole.pattern


def calls_of(line: str) -> list[list[str]]:
    """Return what a shell line runs as root, word by word: what follows each ``sudo -n``, but for its ``-l``."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    calls: list[list[str]] = [[]]
    for word in lexer:
        if word and BETWEEN_COMMANDS.issuperset(word):
            calls.append([])
        else:
            calls[-1].append(word)
    return [words[2:] for words in calls if words[:2] == ["sudo", "-n"] and words[2] != "-l"]


def arguments_pattern(words: Sequence[str], holes: Sequence[Hole], *, wide: bool = False) -> str:
    """Return the pattern of a command's arguments, joined by spaces."""
    many = [hole.sample for hole in holes if hole.many]
    groups: list[tuple[bool, list[str]]] = []
    for word in words:
        repeated, pattern = any(sample in word for sample in many), filled(word, holes, wide=wide)
        if repeated and groups and groups[-1][0]:
            groups[-1][1].append(pattern)
        else:
            groups.append((repeated, [pattern]))
    text = ""
    for repeated, patterns in groups:
        each = "|".join(dict.fromkeys(patterns))
        each = f"({each})" if "|" in each else each
        at_least = "+" if text.endswith(" --") else "*"
        text += f"( {each}){at_least}" if repeated else f" {patterns[0]}"
    return text.removeprefix(" ")


def rules_of(line: str, holes: Sequence[Hole]) -> list[str]:
    """
    Return the rules that a command line needs, as sudoers has them: the program's path and its arguments' pattern.

    :raises ConfigError: a rule is too long for sudo even with the wide patterns
    """
    return [_rule(words, holes) for words in calls_of(line)]


def _rule(words: Sequence[str], holes: Sequence[Hole]) -> str:
    program, *arguments = words
    for wide in (False, True):
        pattern = _for_sudoers(arguments_pattern(arguments, holes, wide=wide))
        if len(pattern) <= LONGEST_PATTERN:
            return f"/usr/bin/{program} {pattern}"
    raise ConfigError(
        f"the sudo rule for {program} has {len(pattern)} characters, sudo takes {LONGEST_PATTERN}: {pattern[:80]}…",
        hint="shorter names of file sets and clusters, or fewer of them on one host, make it shorter",
    )


def _for_sudoers(pattern: str) -> str:
    """Write a pattern as sudoers wants it: anchored, its separators escaped."""
    for character in SEPARATORS_OF_SUDOERS:
        pattern = pattern.replace(character, f"\\{character}")
    return f"^{pattern}$"


def is_allowed(line: str, sudoers: str) -> bool:
    """Tell whether a sudoers file of :mod:`vitam_operators.privileges` lets all run that a line runs as root."""
    rules = [text.partition("NOPASSWD: ")[2] for text in sudoers.splitlines() if "NOPASSWD: " in text]
    return all(any(_matches(words, rule) for rule in rules) for words in calls_of(line))


def _matches(words: Sequence[str], rule: str) -> bool:
    path, _, pattern = rule.partition(" ")
    for character in SEPARATORS_OF_SUDOERS:
        pattern = pattern.replace(f"\\{character}", character)
    too_long = len(pattern) > LONGEST_PATTERN
    same = path == f"/usr/bin/{words[0]}" and not too_long
    return same and re.fullmatch(pattern[1:-1], " ".join(words[1:]), re.DOTALL) is not None
