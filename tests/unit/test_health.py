"""Whether a service answers as a healthy one: curl's output and its value."""

from __future__ import annotations

import subprocess

import pytest

from vitam_operators import health
from vitam_operators.curl import UnansweredError


@pytest.mark.parametrize("status", [200, 503, 404])
def test_the_status(status):
    assert health.admin_status("10.0.0.5", 28203).read(f"{{}}\n{status}") == status


@pytest.mark.parametrize("exit_status", [7, 28, 52, 56])
def test_nobody_answers_is_an_answer(exit_status):
    """A service that is starting refuses connections (curl's 7): that is 0, not an error of the step."""
    assert health.admin_status("10.0.0.5", 28203).read_failure(exit_status, "curl: ...") == 0
    assert health.admin_version("10.0.0.5", 28203).read_failure(exit_status, "curl: ...") == ""


def test_a_name_that_does_not_resolve_is_no_service_that_starts():
    with pytest.raises(UnansweredError, match="the name does not resolve there: Could not resolve host: app"):
        health.admin_status("app", 28203).read_failure(6, "curl: (6) Could not resolve host: app")


@pytest.mark.parametrize("version", ['{"Scm-branch":"7.0.1"}', ""])
def test_the_version_is_text(version):
    assert health.admin_version("10.0.0.5", 28203).read(f"{version}\n200") == version


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
    command = health.tool_versions([*programs, "none"])
    line = command.line.replace("PATH=", f"PATH={tmp_path}:", 1)
    output = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True, timeout=30).stdout
    assert command.read(output) == {"tar": "1.34", "zstd": "1.5.4", "restic": "0.14.0", "mute": "", "none": ""}
