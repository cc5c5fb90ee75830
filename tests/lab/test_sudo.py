"""The generated rules under a real sudo, in a container that is thrown away: nothing is run, sudo is only asked."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from lab import containers
from lab.platform_file import rights
from tests.conftest import ROOT, TESTS
from tests.rights import REFUSED, REFUSED_JOBS, needed
from vitam_operators.config import Platform
from vitam_operators.platforms import load_platform
from vitam_operators.privileges import sudoers
from vitam_operators.rights import Rights
from vitam_operators.sudo_rules import calls_of

ASK = r"""
import json, os, subprocess, sys
answers = {}
for host, (rules, calls) in json.load(sys.stdin).items():
    with open("/etc/sudoers.d/vitam-backup", "w") as file:
        file.write(rules)
    os.chmod("/etc/sudoers.d/vitam-backup", 0o440)
    checked = subprocess.run(["visudo", "-c"], capture_output=True, text=True)
    asked = [["sudo", "-n", "-l", "-U", "vitam-backup", "--", "/usr/bin/" + call[0], *call[1:]] for call in calls]
    allowed = [subprocess.run(words, capture_output=True).returncode == 0 for words in asked]
    answers[host] = [checked.returncode, checked.stdout + checked.stderr, allowed]
json.dump(answers, sys.stdout)
"""
PLATFORM = "allinone"
Answers = dict[str, tuple[int, str, list[bool]]]


@pytest.fixture(scope="module")
def ask() -> Callable[[dict[str, tuple[str, Iterable[list[str]]]]], Answers]:
    """Ask the sudo of the lab's image what an account may run, by the rules of each host."""
    containers.build_image()

    def asked(files: dict[str, tuple[str, Iterable[list[str]]]]) -> Answers:
        command = [
            "docker",
            "run",
            "--rm",
            "--interactive",
            "--network",
            "none",
            containers.IMAGE,
            "python3",
            "-c",
            ASK,
        ]
        content = json.dumps({host: [rules, list(calls)] for host, (rules, calls) in files.items()})
        done = subprocess.run(command, input=content, capture_output=True, text=True, check=True)
        return dict(json.loads(done.stdout))

    return asked


@pytest.fixture(scope="module", params=["config/platform.example.yaml", "tests/data/platforms/small.yaml"])
def platform(request: pytest.FixtureRequest) -> Platform:
    return load_platform(ROOT / request.param)


def test_what_is_needed_is_allowed(ask, platform):
    """Each rule of each host is one that sudo takes, and lets through what it is there for."""
    own = {host.name: Rights(platform, host.name) for host in platform.hosts}
    calls = {name: list(needed(of)) for name, of in own.items()}
    answers = ask({name: (sudoers(platform, name), calls[name]) for name in own})
    assert [words for status, words, _ in answers.values() if status] == []
    refused = {
        name: [shlex.join(call) for call, allowed in zip(calls[name], answers[name][2], strict=True) if not allowed]
        for name in own
    }
    assert {name: lines for name, lines in refused.items() if lines} == {}


def test_what_reaches_further_is_refused(ask):
    """The table that the rules' own matching was tried with."""
    platform = load_platform(TESTS / "data" / "platforms" / "small.yaml")
    calls = [list(words) for words in REFUSED] + [call for line in REFUSED_JOBS for call in calls_of(line)]
    (_, _, allowed) = ask({"data-1": (sudoers(platform, "data-1"), calls)})["data-1"]
    assert [call for call, let in zip(calls, allowed, strict=True) if let] == []


def test_a_pattern_that_is_too_long_matches_nothing(ask):
    """Why there are wide patterns: visudo is content with such a rule."""
    rules = "vitam-backup ALL=(root) NOPASSWD: /usr/bin/cat ^({}|/x)$\n"
    calls = [["cat", "/x"]]
    long, short = (rules.format("|".join(["/some/path"] * number)) for number in (120, 80))
    answers: dict[str, Any] = ask({"long": (long, calls), "short": (short, calls)})
    assert (answers["long"][0], answers["long"][2]) == (0, [False])
    assert (answers["short"][0], answers["short"][2]) == (0, [True])


def test_the_hosts_of_the_lab_have_exactly_these(platform_up):
    """What a night on the lab is let do is what the page says: no file beside it, no option of the key left out."""
    platform_up(PLATFORM)
    for host, (rules, options) in rights(PLATFORM, containers.SUBNET).items():
        words = "cat /etc/sudoers.d/vitam-backup; ls /etc/sudoers.d; cat /home/vitam-backup/.ssh/authorized_keys"
        said = containers.execute(f"vitam-lab-{host}", "sh", "-c", words)
        assert said.startswith(f"{rules}README\nvitam-backup\n{options} ssh-ed25519 ")
