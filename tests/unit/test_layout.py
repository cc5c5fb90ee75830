"""The layout is a promise to the reader: these tests keep it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pymongo import common

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "plugins" / "vitam_operators"
MAX_LINES = 300


def sources(*folders: str) -> list[Path]:
    """All code and text below these folders, without what runs leave behind."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    leftovers = {"__pycache__", ".cache", "run"}
    return [path for path in found if not leftovers & set(path.relative_to(ROOT).parts[:-1])]


def required(name: str) -> dict[str, str]:
    """The requirement lines of a hand-written file: package name and the comment beside it."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    split = (line.partition("#") for line in lines if line and not line.startswith(("#", "-")))
    return {re.split(r"[\[<>=!~; ]", spec.strip())[0].lower(): reason.strip() for spec, _, reason in split}


def locked(name: str) -> dict[str, set[str]]:
    """The packages of a lock with their pins: more than one where the version depends on Python's."""
    pins: dict[str, set[str]] = {}
    for package, version in re.findall(
        r"^([a-z0-9.-]+)==([^ ]+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE
    ):
        pins.setdefault(package, set()).add(version)
    return pins


def test_imports_run_one_way():
    """A flat module that learns to know Airflow can no longer be tested as a table, nor used while Airflow is down."""
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_airflow_loads_one_plugin_file():
    """Airflow imports each file below plugins/ under its bare name, unless it is told to leave the package alone."""
    assert [path.name for path in PACKAGE.parent.glob("*.py")] == ["vitam_plugin.py"]
    assert "vitam_operators/" in (PACKAGE.parent / ".airflowignore").read_text(encoding="utf-8").splitlines()


def test_no_name_shadows_the_standard_library():
    """A queue.py imported under its bare name would replace the standard library's in all of Airflow."""
    names = {path.stem for path in [*PACKAGE.rglob("*.py"), *(ROOT / "dags").glob("*.py")]}
    names |= {path.name for path in PACKAGE.rglob("*") if path.is_dir()}
    assert names & sys.stdlib_module_names == set()


def test_nobody_imports_dags():
    """A DAG file is the procedure to read, never a library."""
    importers = re.compile(r"^\s*(from|import) dags\b", flags=re.MULTILINE)
    files = [path for path in sources("dags", "plugins", "lab", "tools") if path.suffix == ".py"]
    assert [str(path) for path in files if importers.search(path.read_text(encoding="utf-8"))] == []


def test_files_stay_readable_in_one_sitting():
    """More than 300 lines is two files."""
    code = (path for path in sources("dags", "plugins", "lab", "tools") if path.suffix in {".py", ".sh", ".html", ""})
    sizes = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in code}
    assert {name: lines for name, lines in sizes.items() if lines > MAX_LINES} == {}


@pytest.mark.parametrize("part", ["requirements", "requirements-dev"])
def test_every_requirement_says_why(part):
    """A dependency whose reason nobody knows is never removed again."""
    wanted = required(f"{part}.in")
    assert wanted
    assert [package for package, reason in wanted.items() if len(reason) < 10] == []


@pytest.mark.parametrize("part", ["requirements", "requirements-dev"])
def test_the_lock_is_whole(part):
    """What was tested is what is installed, from whichever index the site uses."""
    assert required(f"{part}.in").keys() <= locked(f"{part}.txt").keys()
    for line in (ROOT / f"{part}.txt").read_text(encoding="utf-8").splitlines():
        assert re.match(r"[a-z0-9.-]+==\S+ (; .+ )?\\$|    --hash=sha256:[0-9a-f]{64}( \\)?$|\s*#", line), line


def test_both_locks_agree():
    """Production and development run the same versions of what they share."""
    runtime, development = locked("requirements.txt"), locked("requirements-dev.txt")
    shared = runtime.keys() & development.keys()
    assert {package: development[package] for package in shared} == {package: runtime[package] for package in shared}


def test_the_driver_speaks_to_the_oldest_mongodb_of_vitam():
    """Vitam 4 and 5 have MongoDB 4.2, whose wire version is 8; pymongo 4.17 and later refuse it."""
    assert common.MIN_SUPPORTED_WIRE_VERSION <= 8
