"""How the tests run beside each other: where their directories lie, on each kind of machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

PYTHON = """#!/bin/sh
printf '%s\\n' "${PYTEST_DEBUG_TEMPROOT:-}" "$@"
"""
DF = """#!/bin/sh
printf '%6s\\n' Avail "$FREE_MIB"
"""
FINDMNT = """#!/bin/sh
echo "what is covered"
case "$3" in FSTYPE) echo "$TYPE" ;; OPTIONS) echo "$OPTIONS" ;; *) exit 1 ;; esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Give a clone whose Python says what it is given, and a machine whose file systems are as the test says."""
    programs = {"bin/df": DF, "bin/findmnt": FINDMNT, ".venv/bin/python": PYTHON}
    programs["tools/beside"] = (ROOT / "tools" / "beside").read_text(encoding="utf-8")
    for name, text in programs.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
    return tmp_path


def beside(clone: Path, **machine: str) -> list[str]:
    """Return where pytest's directories lie, nothing where pytest chooses, and the words that it is given."""
    given = {name: value for name, value in os.environ.items() if name != "PYTEST_DEBUG_TEMPROOT"}
    path = {"PATH": f"{clone / 'bin'}:{os.environ['PATH']}"}
    words = [str(clone / "tools" / "beside"), "tests/unit", "-k", "a name"]
    return subprocess.run(
        words, env=given | path | machine, capture_output=True, text=True, check=True
    ).stdout.splitlines()


@pytest.mark.parametrize(
    ("machine", "used"),
    [
        ({"TYPE": "tmpfs", "OPTIONS": "rw,nosuid,nodev", "FREE_MIB": "4096"}, True),
        ({"TYPE": "tmpfs", "OPTIONS": "rw,nosuid,nodev,noexec", "FREE_MIB": "4096"}, False),
        ({"TYPE": "tmpfs", "OPTIONS": "rw", "FREE_MIB": "64"}, False),
        ({"TYPE": "ext4", "OPTIONS": "rw", "FREE_MIB": "40000"}, False),
    ],
    ids=["memory", "no program runs there", "as small as a container's", "a disk"],
)
def test_directories_lie_in_memory_where_it_is_fit_for_them(clone, tmp_path, machine, used):
    """Fake programs of the hosts lie there too, and a container has 64 MiB of it unless told otherwise."""
    place = tmp_path / "memory"
    place.mkdir()
    assert beside(clone, MEMORY=str(place), **machine)[0] == (str(place) if used else "")


def test_where_there_is_no_memory_directory(clone, tmp_path):
    machine = {"TYPE": "tmpfs", "OPTIONS": "rw", "FREE_MIB": "4096"}
    assert beside(clone, MEMORY=str(tmp_path / "none"), **machine)[0] == ""


def test_what_a_person_chose_stays(clone, tmp_path):
    machine = {"MEMORY": str(tmp_path), "TYPE": "tmpfs", "OPTIONS": "rw", "FREE_MIB": "4096"}
    assert beside(clone, PYTEST_DEBUG_TEMPROOT="/elsewhere", **machine)[0] == "/elsewhere"


def test_three_processes_for_each_processor_and_all_words(clone):
    processors = subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout
    said = beside(clone, MEMORY="/none")[1:]
    assert said[:3] == ["-m", "pytest", f"--numprocesses={3 * int(processors)}"]
    assert said[4:] == ["tests/unit", "-k", "a name"]
