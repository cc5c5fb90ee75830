"""The catalogue by hand: a table for people, JSON for programs, and no Airflow anywhere."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys

import pytest
import time_machine

from tests.conftest import ROOT, TESTS
from tests.fakes import backups
from vitam_operators import catalogue_command
from vitam_operators.hooks.records import nights_of
from vitam_operators.platforms import load_platform

NOW = dt.datetime(2026, 11, 25, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def platform_file(tmp_path):
    """A platform file whose records are in a directory of the test."""
    text = (TESTS / "data" / "platforms" / "tiny.yaml").read_text(encoding="utf-8")
    path = tmp_path / "platform.yaml"
    path.write_text(text.replace("/RECORDS", str(tmp_path / "records")), encoding="utf-8")
    return path


@pytest.fixture
def nights(platform_file):
    """Its records: a good backup of yesterday, one with a note, one that is damaged."""
    found = nights_of(load_platform(platform_file))
    backups.write(found, "20261124T190000Z")
    backups.write(found, "20261121T190000Z").write(
        "manifest", backups.manifest("20261121T190000Z", note="before the upgrade")
    )
    backups.write(found, "20261120T190000Z").write("damaged", {"reason": "disk of data"})
    return found


def test_the_table(platform_file, nights, capsys):
    """A line for each backup, the newest first."""
    with time_machine.travel(NOW, tick=False):
        assert catalogue_command.main(["list", str(platform_file)]) == 0
    assert capsys.readouterr().out == (
        "backup            state     age          size     parts  note\n"
        "20261124T190000Z  verified  14 h 00 min  2.0 KiB  2\n"
        "20261121T190000Z  verified  3 d          2.0 KiB  2      before the upgrade\n"
        "20261120T190000Z  damaged   4 d          2.0 KiB  2      disk of data\n"
    )


def test_the_list_for_programs(platform_file, nights, capsys):
    assert catalogue_command.main(["list", "--json", str(platform_file)]) == 0
    newest, *_, oldest = json.loads(capsys.readouterr().out)
    assert (newest["label"], newest["state"], newest["restorable"]) == ("20261124T190000Z", "verified", True)
    assert newest["opened_at"] == "2026-11-24T19:00:00+00:00"
    assert newest["places"] == dict.fromkeys(("data", "app"), "/vitam/backup/20261124T190000Z")
    assert (oldest["state"], oldest["restorable"], oldest["reason"]) == ("damaged", False, "disk of data")


def test_rebuild_says_what_it_wrote(platform_file, nights, tmp_path, capsys):
    """And the second time that there was nothing to write."""
    record = tmp_path / "records" / "tiny" / "20261124T190000Z" / "manifest.json"
    copy = tmp_path / "manifest.json"
    record.rename(copy)
    for words in ("20261124T190000Z", "none, all are there"):
        assert catalogue_command.main(["rebuild", str(platform_file), str(copy)]) == 0
        assert capsys.readouterr().out == f"records written: {words}\n"
    assert json.loads(record.read_text(encoding="utf-8")) == json.loads(copy.read_text(encoding="utf-8"))


@pytest.mark.parametrize("arguments", [["rebuild", "{file}", "{tmp}/none.json"], ["list", "{tmp}/none.yaml"]])
def test_a_refusal_is_told_without_a_traceback(platform_file, tmp_path, capsys, arguments):
    assert catalogue_command.main([word.format(file=platform_file, tmp=tmp_path) for word in arguments]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "HINT: " in told.err


def test_no_airflow_is_needed(platform_file, nights):
    """It is needed on the day on which Airflow is dead, perhaps on a machine that never had one."""
    program = (
        "import sys; sys.modules['airflow'] = None; from vitam_operators.catalogue_command import main; "
        f"sys.exit(main(['list', {str(platform_file)!r}]))"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "plugins")}
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("backup ")
