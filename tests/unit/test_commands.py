"""Whatever a platform file or a database holds, a word of a command stays one word on the host."""

from __future__ import annotations

import itertools
import random
import shlex
import subprocess

import pytest

from vitam_operators import archive, elastic, health, journal, securing, systemd, workflows
from vitam_operators.commands import Command, change, line, nothing
from vitam_operators.config_copies import CopyConfig
from vitam_operators.curl import Endpoint
from vitam_operators.engines.chosen import engine_of

NASTY = (
    "a b",
    "",
    "it's",
    'say "hi"',
    "$(reboot)",
    "`reboot`",
    "${HOME}",
    "$HOME",
    "$$",
    "a;reboot",
    "a&&b|c>d<e",
    "new\nline",
    "tab\there",
    "back\\slash",
    "*",
    "~",
    "!!",
    "é",
    "# no comment",
    "--option",
    "-n",
    "%n %%",
)


def words_on_a_host(text: str) -> list[str]:
    """What a shell makes of a line whose program is a printer of its arguments."""
    done = subprocess.run(["/bin/sh", "-c", text], capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize("word", NASTY)
def test_a_nasty_word_reaches_the_program_as_it_is(word):
    """A directory called `$(reboot)` must be copied, not obeyed."""
    assert words_on_a_host(line("printf", r"%s\0", "first", word, "last")) == ["first", word, "last"]


def test_any_mixture_of_characters_stays_in_its_place():
    """Not only the words that somebody thought of."""
    generator = random.Random(20261123)
    alphabet = " \t\n'\"\\$`(){}[]<>|&;*?~!#%=-aé/"
    words = ["".join(generator.choices(alphabet, k=generator.randint(0, 12))) for _ in range(500)]
    assert words_on_a_host(line("printf", r"%s\0", *words)) == words


def test_sudo_never_asks():
    """A password prompt would wait for ever on a connection without a terminal."""
    assert line("systemctl", "stop", "x y", sudo=True) == "sudo -n systemctl stop 'x y'"
    assert change("true").line == "sudo -n true"


def test_numbers_are_words():
    assert line("sleep", 5) == "sleep 5"


def test_a_change_has_nothing_to_say():
    """Its output is for people; only the exit status counts."""
    command = change("true", timeout_s=7)
    assert (command.read("whatever"), command.timeout_s, command.ok) == (None, 7, frozenset({0}))


def test_a_secret_is_neither_in_the_line_nor_in_the_words_of_the_command():
    """Lines are in `ps` of the host and in Airflow's log; the standard input is in neither."""
    command = Command("curl --header @-", nothing, stdin="X-Platform-Id: hush-hush")
    assert "hush-hush" in (command.stdin or "")
    assert "hush-hush" not in repr(command) + str(command) + command.line


COPIES = CopyConfig(directory="/vitam/backup")


@pytest.mark.parametrize(
    ("make", "place"),
    [
        (archive.size_of, -1),
        (archive.room_at, -1),
        (lambda word: engine_of(COPIES).stored("L", word), -1),
        (systemd.end_transient, -1),
        (systemd.forget_failure, -1),
        (lambda word: systemd.unit_states([word]), -1),
        (lambda word: systemd.missing_tools([word]), -1),
        (lambda word: journal.last_words(word, None), 3),
        (lambda word: elastic.flush(Endpoint(word, 9200)), -1),
        (lambda word: workflows.count_workflows(word, 28203), -1),
        (lambda word: health.admin_status(word, 28203), -1),
        (lambda word: securing.pause_scheduler(word, 28799), -1),
        (archive.mongod_lock, -1),
        (lambda word: engine_of(COPIES).remove_unfinished("L", word), -1),
    ],
)
def test_no_command_is_changed_by_what_it_names(make, place):
    """Each command keeps its number of words, and holds the nasty one in one of them."""
    usual = len(shlex.split(make("plain").line))
    for word in NASTY:
        words = shlex.split(make(word).line)
        assert len(words) == usual
        assert word in words[place]


def test_two_nasty_arguments_do_not_melt_into_one():
    pairs = list(itertools.product(NASTY[:8], repeat=2))
    for first, second in pairs:
        assert shlex.split(line("program", first, second)) == ["program", first, second]
