"""docs/restore.md is what somebody follows who never saw the project: what it names exists, and its commands run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, TESTS
from tests.dags.night import load_dag
from tests.fakes import backups
from vitam_operators.hooks.records import nights_of
from vitam_operators.platforms import load_platform

PAGE = (ROOT / "docs" / "restore.md").read_text(encoding="utf-8")
COMMANDS = [line.removeprefix("    ") for line in PAGE.splitlines() if line.startswith("    ")]
BY_HAND = PAGE.partition("## By hand")[2]


def test_its_command_lists_the_backups(tmp_path):
    """As it stands there, with a platform file in place of PLATFORM."""
    text = (TESTS / "data" / "platforms" / "tiny.yaml").read_text(encoding="utf-8")
    path = tmp_path / "platform.yaml"
    path.write_text(text.replace("/RECORDS", str(tmp_path / "records")), encoding="utf-8")
    night = backups.write(nights_of(load_platform(path)), "20261123T190000Z")
    night.write("drill", {"state": "passed"})
    (command,) = [line for line in COMMANDS if "catalogue_command" in line]
    line = command.replace("PLATFORM", str(path)).replace("python ", f"{shlex.quote(sys.executable)} ")
    done = subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"20261123T190000Z +drilled", done.stdout)


@pytest.fixture(scope="module")
def dag():
    return load_dag(TESTS / "data" / "platforms" / "small.yaml", "vitam_restore")


def test_the_steps_that_it_names_are_those_of_the_graph(dag):
    """Who looks for a task that is not there loses minutes."""
    tasks = {task.task_id for task in dag.tasks}
    named = set(re.findall(r"`((?:[a-z]+_)+[a-z]+)`", PAGE)) - {"vitam_restore"}
    assert named - tasks == set()
    for group in (f"`{name}" for name in ("stop_", "start_", "start_restored_")):
        assert f"{group}…`" in PAGE


def test_the_fields_of_the_form_are_those_of_the_graph(dag):
    """By the words that the form shows."""
    titles = {dag.params.get_param(name).schema["title"] for name in dag.params}
    assert titles == set(re.findall(r"\*\*(Backup|Until|Note)\*\*", PAGE))


def test_what_it_does_by_hand_works(tmp_path):
    """The commands of its last section, on a copy that the package made, in a directory that stands for the host."""
    from vitam_operators.config_copies import CopyConfig
    from vitam_operators.engines.tar import TarEngine

    (tmp_path / "vitam/data/mongod/db").mkdir(parents=True)
    data = tmp_path / "vitam/data/mongod/db"
    (data / "WiredTiger.wt").write_text("copied", encoding="utf-8")
    job = TarEngine(CopyConfig(directory=str(tmp_path / "vitam/backup"))).store(str(data), "B", "P", ())
    subprocess.run(["bash", "-c", job.script, "bash", *job.arguments], check=True, capture_output=True)
    (data / "WiredTiger.wt").write_text("written since", encoding="utf-8")
    lines = [line.removeprefix("    ") for line in BY_HAND.splitlines() if line.startswith("    ")]
    script = "set -e\n" + "\n".join(lines).replace("/vitam/", f"{tmp_path}/vitam/")
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert Path(data / "WiredTiger.wt").read_text(encoding="utf-8") == "copied"
    assert Path(f"{data}.old/WiredTiger.wt").read_text(encoding="utf-8") == "written since"


def test_the_page_has_what_vitam_demands_beside_a_restore():
    """
    Playbooks by their names of 4.0.7, 5.3, 6.2 and 7.0.1; one that is in no tag is looked for at night.

    ProgrammeVitam/vitam@7.0.1 deployment/ansible-vitam-exploitation.
    """
    playbooks = set(re.findall(r"ansible-vitam-exploitation/(\S+?\.yml)", PAGE))
    assert playbooks == {"reindex_es_data.yml", "start_vitam_scheduling.yml", "backup_mongodb_tape_offer.yml"}
    assert "reconstruct_" not in PAGE
    assert "## Offers on tape" in PAGE
