"""The sudo rules that sites copy: all that old backups need is in them, and nothing that reaches further."""

from __future__ import annotations

import re
import shlex

import pytest

from lab.host.access import COMMANDS, sudoers
from vitam_operators import prune
from vitam_operators.commands import change, write_whole

LABELS = ["20261123T190000Z", "20261123T190000Z-2", "20261123T190000Z-10"]


def allowed(line: str) -> bool:
    """Whether sudo would run a line, as its rules stand: the arguments joined by spaces, matched as a whole."""
    words = shlex.split(line.partition(" > ")[0])
    assert words[:2] == ["sudo", "-n"]
    program, *arguments = words[2:]
    return any(re.fullmatch(pattern, " ".join(arguments)) for pattern in COMMANDS.get(program, []))


@pytest.mark.parametrize("label", LABELS)
def test_what_old_backups_need(label):
    """A rule that is missing is found at four in the morning, by a red task."""
    directory = f"/vitam/backup/{label}"
    commands = [prune.held_bytes(label, directory), prune.remove(label, directory)]
    commands += write_whole(f"{directory}/manifest.json", "{}")
    assert [command.line for command in commands if not allowed(command.line)] == []


@pytest.mark.parametrize(
    "words",
    [
        ("rm", "-rf", "--", "/vitam/backup"),
        ("rm", "-rf", "--", "/vitam/backup/"),
        ("rm", "-rf", "--", "/vitam/backup/.."),
        ("rm", "-rf", "--", "/vitam/backup/20261123T190000Z/../../data"),
        ("rm", "-rf", "--", "/vitam/backup/20261123T190000Z/mongo-data-shard0.tar.zst"),
        ("rm", "-rf", "--", "/vitam/backup/20261123T190000Z", "/vitam/data"),
        ("rm", "-rf", "--", "/vitam/backup/20261123T190000Z /vitam/data"),
        ("rm", "-rf", "--", "/vitam/data/mongod/db"),
        ("rm", "-rf", "/vitam/backup/20261123T190000Z"),
        ("tee", "--", "/vitam/backup/20261123T190000Z/conf.tar.zst"),
        ("tee", "--", "/vitam/backup/20261123T190000Z/manifest.json.partial", "/etc/passwd"),
        ("mv", "--", "/vitam/backup/20261123T190000Z/manifest.json.partial", "/etc/passwd"),
        ("mv", "--", "/etc/shadow", "/vitam/backup/20261123T190000Z/manifest.json"),
    ],
)
def test_what_reaches_further(words):
    """Whoever has the account's key has these rights; the copies of last month are not among them but by their name."""
    assert not allowed(change(*words).line)


def test_each_pattern_is_anchored():
    """sudo takes a regular expression only as one from beginning to end."""
    rules = [rule for rule in sudoers().splitlines() if "NOPASSWD" in rule]
    assert len(rules) == sum(len(patterns) for patterns in COMMANDS.values())
    assert [rule for rule in rules if not re.search(r" \^.*\$$", rule)] == []
