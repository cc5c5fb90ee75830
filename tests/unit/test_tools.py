"""The programs of a host: the versions that they tell, and which will not do."""

from __future__ import annotations

import subprocess

import pytest

from tests.fakes.shell import DEBIAN_12
from vitam_operators import tools
from vitam_operators.config_copies import CopyConfig
from vitam_operators.engines.restic import ResticEngine
from vitam_operators.engines.tar import TarEngine

TAR, RESTIC = (tools.needed(engine(CopyConfig())) for engine in (TarEngine, ResticEngine))
CENTOS_7 = {
    "systemctl": "systemd 219",
    "python3": "Python 3.6.8",
    "sudo": "Sudo version 1.8.23",
    "curl": "curl 7.29.0 (x86_64-redhat-linux-gnu) libcurl/7.29.0 NSS/3.90 zlib/1.2.7",
    "tar": "tar (GNU tar) 1.26",
    "sha256sum": "sha256sum (GNU coreutils) 8.22",
    "bash": "GNU bash, version 4.2.46(2)-release (x86_64-redhat-linux-gnu)",
}


def test_each_program_that_an_engine_runs_is_known():
    for engine, needs in ((TarEngine, TAR), (ResticEngine, RESTIC)):
        assert set(engine.tools) <= set(needs)


def test_a_debian_12_will_do():
    assert list(tools.too_old(DEBIAN_12, RESTIC)) == list(tools.doubtful(DEBIAN_12, RESTIC)) == []


def test_a_centos_7_is_told_all_that_it_lacks():
    assert [words.partition(":")[0] for words in tools.too_old(CENTOS_7, RESTIC)] == [
        "systemctl is 219, at least 238 is needed",
        "tar is 1.26, at least 1.28 is needed",
        "sha256sum is 8.22, at least 8.24 is needed",
        "bash is 4.2.46, at least 4.4 is needed",
    ]
    assert "bash" not in TAR


@pytest.mark.parametrize(
    ("tool", "told", "version"),
    [
        ("systemctl", "systemd 252 (252-46.el9_5.2)", "252"),
        ("systemctl", "systemd 239 (239-82.el8)", "239"),
        ("systemctl", "systemd 257.9 (257.9-1~deb13u1)", "257"),
        ("zstd", "*** zstd command line interface 64-bits v1.5.4, by Yann Collet ***", "1.5.4"),
        ("tar", "tar (GNU tar) 1.34", "1.34"),
        ("tar", "bsdtar 3.6.2 - libarchive 3.6.2 zlib/1.2.13", ""),
        ("sha256sum", "sha256sum (uutils coreutils) 0.2.2", ""),
        ("sudo", "Sudo version 1.9.13p3", "1.9.13"),
        ("sudo", "sudo-rs 0.2.5", ""),
        ("ss", "ss utility, iproute2-ss161212", ""),
        ("mute", "", ""),
    ],
)
def test_the_version_in_a_line(tool, told, version):
    assert tools.version_of(tool, told) == version


def test_another_program_of_that_name_is_doubted():
    """It may do; who has it knows."""
    told = DEBIAN_12 | {"tar": "bsdtar 3.6.2 - libarchive 3.6.2", "zstd": "what?"}
    assert list(tools.too_old(told, TAR)) == []
    assert [words.partition(",")[0] for words in tools.doubtful(told, TAR)] == [
        "tar says 'bsdtar 3.6.2 - libarchive 3.6.2'"
    ]


@pytest.mark.parametrize(
    ("version", "hint"), [("1.8.23", True), ("1.9.9p2", True), ("1.9.10", False), ("1.9.16", False)]
)
def test_an_old_sudo_is_named_where_it_refuses(version, hint):
    assert bool(tools.rules_hint({"sudo": f"Sudo version {version}"})) is hint
    assert tools.rules_hint({}) == ""


def test_versions_of_tools_are_those_that_they_tell(tmp_path):
    """Run by a real shell: programs that know the option, restic that knows a word only, one that is not there."""
    programs = {
        "tar": 'echo "tar (GNU tar) 1.34"; echo "Copyright (C) 2021"',
        "zstd": 'echo "*** zstd command line interface 64-bits v1.5.4, by Yann Collet ***"',
        "restic": '[ "$1" = version ] && echo "restic 0.14.0 compiled with go1.19.8" || { echo usage >&2; exit 1; }',
        "mute": "exit 1",
    }
    for name, script in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    command = tools.first_lines([*programs, "none"])
    line = command.line.replace("PATH=", f"PATH={tmp_path}:", 1)
    output = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True, timeout=30).stdout
    told = {tool: tools.version_of(tool, words) for tool, words in command.read(output).items()}
    assert told == {"tar": "1.34", "zstd": "1.5.4", "restic": "0.14.0", "mute": "", "none": ""}
