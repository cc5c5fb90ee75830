"""What a run keeps of its platform file: all of it, no secret, and only as long as the run is on."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests.conftest import ROOT, TESTS
from vitam_operators.errors import ConfigError
from vitam_operators.hooks import kept_platforms
from vitam_operators.hooks.records import RESTORES, nights_of
from vitam_operators.nights import CONCLUSION, OPEN, PLATFORM, backup_id
from vitam_operators.platforms import check_platform, load_platform, schema_text
from vitam_operators.window import Window

FILES = [*sorted((TESTS / "data" / "platforms").glob("*.yaml")), ROOT / "config" / "platform.example.yaml"]

OPENED = {"run_id": "r", "units_before": {}, "planned_at": "now"}


@pytest.fixture
def file(tmp_path):
    text = (TESTS / "data" / "platforms" / "small.yaml").read_text(encoding="utf-8")
    found = tmp_path / "platform.yaml"
    found.write_text(text.replace("/RECORDS", str(tmp_path / "records")), encoding="utf-8")
    return found


@pytest.fixture
def opened(file):
    """Open a run whose window is open, as its opening does."""
    now, platform = dt.datetime.now(dt.UTC), load_platform(file)
    window = Window(now, now + dt.timedelta(hours=2), 60)
    return nights_of(platform).open(
        backup_id(now), {**OPENED, "window": window.record()}, kept_platforms.kept(platform)
    )


def edit(file, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_kept_is_the_whole_file(path, tmp_path):
    """Kind: a run works by the copy of the platform file that it was opened with. Nothing may be missing there."""
    platform = load_platform(path)
    copy = tmp_path / f"{PLATFORM}.json"
    copy.write_text(json.dumps(kept_platforms.kept(platform)), encoding="utf-8")
    assert kept_platforms.platform_by(str(copy)) == platform
    assert kept_platforms.edits(str(path), kept_platforms.platform_by(str(copy))) == ""


def test_no_key_of_it_is_one_for_a_secret():
    """Kind: secrets in records. Secrets are in Airflow's connections; the platform file has their names alone."""

    def keys(schema: object) -> set[str]:
        if isinstance(schema, list):
            return set().union(*map(keys, schema))
        if not isinstance(schema, dict):
            return set()
        return set(schema.get("properties", ())).union(*map(keys, schema.values()))

    words = ("password", "secret", "token", "private", "credential", "passphrase")
    found = {key for key in keys(json.loads(schema_text())) if any(word in key for word in words)}
    assert found == {"password_conn_id", "platform_secret_conn_id"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: worker-2,", "name: worker-two,"),
        ("hosts:", "hosts: ["),
        ("securing:", "timeouts: {balancer_s: 7}\nsecuring:"),
    ],
    ids=["renamed", "no YAML", "a timeout"],
)
def test_the_dag_of_a_run_that_is_on_is_that_of_its_plan(file, opened, old, new):
    """Kind: the platform file is edited during the night. Its steps stay those of the plan, until it is concluded."""
    before = load_platform(file)
    edit(file, old, new)
    assert kept_platforms.platform_of_runs(file) == before
    assert kept_platforms.edits(str(file), before)
    opened.write(CONCLUSION, {})
    with pytest.raises(ConfigError) if new == "hosts: [" else pytest.MonkeyPatch.context():
        assert kept_platforms.platform_of_runs(file) != before


def test_a_run_that_died_holds_the_file_until_its_window_is_over(file, opened):
    """Kind: an edited file acts from the next run on, also when the run before never ended."""
    before = load_platform(file)
    edit(file, "name: worker-2,", "name: worker-two,")
    assert kept_platforms.platform_of_runs(file) == before
    start = dt.datetime.now(dt.UTC) - dt.timedelta(hours=3)
    window = Window(start, start + dt.timedelta(hours=2), 60)
    opened.write(OPEN, {**opened.opened, "window": window.record()})
    assert kept_platforms.platform_of_runs(file) == load_platform(file)


def test_a_restore_is_no_matter_of_the_night(file, opened):
    """Kind: as above; each DAG asks for its own runs."""
    edit(file, "name: worker-2,", "name: worker-two,")
    assert kept_platforms.platform_of_runs(file, RESTORES) == load_platform(file)


def test_records_that_cannot_be_read_cost_no_dag(file, opened):
    """Kind: torn records. The file is there, and is right: the DAG is built of it."""
    (opened.directory / f"{PLATFORM}.json").write_text("")
    edit(file, "name: worker-2,", "name: worker-two,")
    assert kept_platforms.platform_of_runs(file) == load_platform(file)


def test_what_an_earlier_release_took_a_run_goes_on_by(file):
    """Kind: an upgrade in the middle of a run. The check of today refuses a key that nobody reads."""
    platform = load_platform(file)
    known = {
        **kept_platforms.kept(platform),
        "copy": {**kept_platforms.kept(platform).get("copy", {}), "level": 9, "compression": "none"},
    }
    night = nights_of(platform).open("20261123T190000Z", OPENED, known)
    with pytest.raises(ConfigError, match=r"copy\.level"):
        check_platform(known, source="the file")
    assert kept_platforms.platform_by(str(night.directory / f"{PLATFORM}.json")).copies.level == 9
    (night.directory / f"{PLATFORM}.json").write_text('{"name": 3}')
    kept_platforms._kept.cache_clear()
    with pytest.raises(ConfigError, match="is no platform file"):
        kept_platforms.platform_by(str(night.directory / f"{PLATFORM}.json"))


def test_comments_are_no_edits(file):
    """Kind: a warning that cries wolf."""
    before = load_platform(file)
    edit(file, "hosts:", "# the hosts\nhosts:")
    assert kept_platforms.sha256_of(load_platform(file)) == kept_platforms.sha256_of(before)
    assert kept_platforms.edits(str(file), before) == ""


def test_it_is_found_in_object_storage(file):
    """Kind: records that are no directory: steps and triggerer find the copy by its URL alone."""
    platform = load_platform(file).model_copy(update={"records": "memory://kept"})
    night = nights_of(platform).open("20261123T190000Z", OPENED, kept_platforms.kept(platform))
    key = kept_platforms.key_of(platform, "", night.label)
    assert key == f"memory://kept/small/20261123T190000Z/{PLATFORM}.json"
    assert kept_platforms.platform_by(key) == platform
    with pytest.raises(ConfigError, match="cannot be read"):
        kept_platforms.platform_by(kept_platforms.key_of(platform, "restores", night.label))


def test_a_lost_record_of_object_storage_is_set_aside_too(file):
    """Kind: torn records, where a rename is a copy and a removal."""
    platform = load_platform(file).model_copy(update={"records": "memory://torn"})
    night = nights_of(platform).open("20261123T190000Z", OPENED)
    (night.directory / "open.json").write_text("")
    assert night.read(OPEN) is None
    assert night.has(OPEN)
    assert night.unreadable() == [OPEN]
