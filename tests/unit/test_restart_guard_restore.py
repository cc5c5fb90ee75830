"""The guard of a restore that died in the middle: what was there before is back, or nothing starts on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes.guarded import LOGBOOK, MONGOD, OFFER, STORAGE
from vitam_operators import guard
from vitam_operators.on_host import restart_guard


class Swap:
    """A data directory of the guarded host, whose restore had come so far."""

    def __init__(self, guarded, **there):
        self.guarded = guarded
        self.paths = {
            "db_path": guarded.root / "db",
            "brought": guarded.root / "db.new",
            "kept": guarded.root / "db.old",
        }
        for name, content in there.items():
            self.paths[name].mkdir()
            (self.paths[name] / "data").write_text(content, encoding="utf-8")

    def fires(self):
        """Have the guard fire; return its exit status."""
        plan = {"unit": MONGOD, **{name: str(path) for name, path in self.paths.items()}}
        self.guarded.armed(put_back=[plan])
        return restart_guard.main(self.guarded.home)

    @property
    def there(self):
        """What each directory holds."""
        return {n: (p / "data").read_text(encoding="utf-8") for n, p in self.paths.items() if (p / "data").exists()}


@pytest.mark.parametrize(
    ("there", "after"),
    [
        ({"db_path": "old", "brought": "new"}, {"db_path": "old", "brought": "new"}),
        ({"brought": "new", "kept": "old"}, {"db_path": "old", "brought": "new"}),
        ({"db_path": "new", "kept": "old"}, {"db_path": "old", "brought": "new"}),
        ({"db_path": "new", "brought": "rest", "kept": "old"}, {"db_path": "old", "brought": "new"}),
        ({"kept": "old"}, {"db_path": "old"}),
    ],
)
def test_wherever_it_died_the_old_data_starts(guarded, there, after):
    """Before, between and after the two renames; and with all that a half restore can leave."""
    swap = Swap(guarded, **there)
    assert swap.fires() == 0
    assert swap.there == after
    assert guarded.started == [MONGOD, OFFER, STORAGE, LOGBOOK]


def test_a_member_that_runs_on_restored_data_is_stopped_first(guarded):
    """Nobody has proved that data: its mongod ends before its directory moves, and starts on the old one."""
    swap = Swap(guarded, db_path="new", kept="old")
    guarded.unit(MONGOD, "active", started=("active",))
    assert swap.fires() == 0
    calls = [call for call in guarded.calls if MONGOD in call]
    assert calls[0] == f"stop {MONGOD}"
    assert [call for call in calls if call.startswith("start")]
    assert swap.there["db_path"] == "old"


def test_a_mongod_that_does_not_stop_keeps_its_directory(guarded, capsys):
    """A directory is not moved from under a process, and is not said to be what it is not."""
    swap = Swap(guarded, db_path="new", kept="old")
    guarded.unit(MONGOD, "active", started=("active",))
    (guarded.state / "units" / f"{MONGOD}.ignores-stop").touch()
    swap.fires()
    assert swap.there == {"db_path": "new", "kept": "old"}
    assert MONGOD not in guarded.started
    assert f"{MONGOD} is not started" in capsys.readouterr().out


def test_what_cannot_be_put_back_does_not_start(guarded, monkeypatch):
    """The disk refuses the rename: a mongod without its data would begin an empty one. The rest of the host starts."""
    swap = Swap(guarded, brought="new", kept="old")

    def refuse(source: str, target: str) -> None:
        raise OSError("read-only file system")

    monkeypatch.setattr(restart_guard.os, "rename", refuse)
    assert swap.fires() == 1
    assert swap.there == {"brought": "new", "kept": "old"}
    assert guarded.started == [OFFER, STORAGE, LOGBOOK]
    assert guarded.report["left_down"] == [MONGOD]


def test_once_it_was_proved_nothing_is_put_back(guarded):
    """The restored data stays: a guard that fires later starts what is down, on that."""
    swap = Swap(guarded, db_path="new", kept="old")
    guarded.armed()
    assert restart_guard.main(guarded.home) == 0
    assert swap.there == {"db_path": "new", "kept": "old"}


def test_jobs_of_a_restore_end_first(guarded):
    """The mongod that rewrites what was brought would hold it while it is moved."""
    guarded.armed()
    restart_guard.main(guarded.home)
    assert guarded.calls[1] == "stop vitam-copy-* vitam-verify-* vitam-restore-*"


def test_a_plan_says_what_is_put_back(guarded):
    """As the host has it: written whole, read by the guard."""
    plan = guarded.armed(put_back=[{"unit": MONGOD, "db_path": "/a", "brought": "/b", "kept": "/c"}])
    assert json.loads(Path(guarded.at(guard.HOME) / "plan.json").read_text(encoding="utf-8")) == plan
