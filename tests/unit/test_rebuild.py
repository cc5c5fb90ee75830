"""Records that were lost come back from the manifests beside the copies, and nothing else is ever overwritten."""

from __future__ import annotations

import json

import pytest

from tests.fakes import backups
from tests.fakes.backups import manifest
from vitam_operators import catalogue
from vitam_operators.errors import RebuildRefusedError
from vitam_operators.manifest import KEYS_OF_OPEN
from vitam_operators.nights import Nights
from vitam_operators.rebuild import rebuild

LABEL = "20261123T190000Z"
OTHER = "20261124T190000Z-2"


@pytest.fixture
def nights(tmp_path):
    """The records of a platform; not one is left."""
    return Nights(tmp_path / "records")


@pytest.fixture
def files(tmp_path):
    """Writes contents into files, as they were fetched from the hosts."""

    def write(*contents):
        paths = [tmp_path / f"{number}.json" for number in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return paths

    return write


def refused(nights, paths):
    """The mistakes that it refuses, without the names of directories."""
    with pytest.raises(RebuildRefusedError) as raised:
        rebuild(nights, "tiny", paths)
    first, *lines = raised.value.message.splitlines()
    assert first == "nothing was written:"
    return [line.strip().replace(f"{paths[0].parent}/", "") for line in lines]


def test_the_catalogue_is_the_same_again(nights, files, tmp_path):
    """The records' disk is lost: what can be restored, and by which run, is known as before."""
    before = Nights(tmp_path / "before")
    for label in (LABEL, OTHER):
        backups.write(before, label)
    paths = files(*(before.named(label).read("manifest") for label in (LABEL, OTHER)))
    assert rebuild(nights, "tiny", paths) == [LABEL, OTHER]
    assert catalogue.entries(nights) == catalogue.entries(before)


def test_what_a_night_is_opened_with_comes_back(nights, files):
    """The restore reads what ran before from there."""
    content = manifest(OTHER, units_before={"app": ["vitam-worker.service"]})
    rebuild(nights, "tiny", files(content))
    night = nights.latest("20261124T190000Z") or nights.named(OTHER)
    assert {key: night.opened[key] for key in KEYS_OF_OPEN} == {key: content[key] for key in KEYS_OF_OPEN}
    assert (night.opened["backup"], night.opened["label"]) == ("20261124T190000Z", OTHER)
    assert night.opened["parts"] == list(content["parts"])
    assert night.read("manifest") == content


def test_the_same_manifest_of_several_hosts(nights, files):
    """Each host with a part has one, and all are fetched."""
    assert rebuild(nights, "tiny", files(*[manifest(LABEL)] * 3)) == [LABEL]


def test_again_writes_nothing(nights, files, tmp_path):
    """What is there and says the same stays, to the byte; so does what only the night itself knew."""
    backups.write(nights, LABEL)
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "records" / LABEL).iterdir()}
    assert rebuild(nights, "tiny", files(manifest(LABEL))) == []
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "records" / LABEL).iterdir()} == before


@pytest.mark.parametrize("lost", ["open", "manifest"])
def test_only_what_is_lost_is_written(nights, files, tmp_path, lost):
    night = backups.write(nights, LABEL)
    kept = night.read("manifest" if lost == "open" else "open")
    (tmp_path / "records" / LABEL / f"{lost}.json").unlink()
    assert rebuild(nights, "tiny", files(manifest(LABEL))) == [LABEL]
    assert night.read("manifest" if lost == "open" else "open") == kept
    assert catalogue.entries(nights)[0].state == "verified"


def test_all_mistakes_at_once_and_nothing_written(nights, files, tmp_path):
    """Half a rebuilt catalogue looks like a whole one."""
    lacking = {key: value for key, value in manifest(LABEL).items() if key not in ("window", "size_bytes")}
    paths = files(
        manifest(LABEL),
        '{"schema_version": 1',
        "[]",
        manifest(LABEL, schema_version=3),
        lacking,
        manifest(OTHER, platform="large"),
        manifest(OTHER, backup="../../etc"),
        manifest(LABEL, note="another"),
    )
    found = refused(nights, [*paths, tmp_path / "none.json"])
    assert found == [
        "1.json: is not JSON (Expecting ',' delimiter: line 1 column 21 (char 20))",
        "2.json: holds no keys",
        "3.json: its schema_version is 3, known are 1 and 2",
        "4.json: lacks window",
        "4.json: lacks size_bytes",
        "5.json: is of platform 'large', not of 'tiny'",
        "6.json: '../../etc' is no label of a backup",
        f"7.json: another manifest of backup {LABEL} says otherwise",
        "none.json: cannot be read (No such file or directory)",
    ]
    assert not (tmp_path / "records").exists()


def test_what_exists_and_says_otherwise_is_never_overwritten(nights, files):
    """Which of the two is right only a person can tell."""
    backups.write(nights, LABEL)
    backups.write(nights, OTHER).write("open", backups.opened(OTHER, run_id="another", note="x"))
    before = {label: nights.named(label).read("manifest") for label in (LABEL, OTHER)}
    assert refused(nights, files(manifest(LABEL, size_bytes=7), manifest(OTHER))) == [
        f"records/{LABEL}/manifest.json says otherwise than the manifest that was given",
        f"records/{OTHER}/open.json has another run_id, note",
    ]
    assert {label: nights.named(label).read("manifest") for label in (LABEL, OTHER)} == before


def test_a_broken_record_is_left_to_a_person(nights, files, tmp_path):
    """It may be all that is left of something; whoever moves it away decides."""
    backups.write(nights, LABEL)
    (tmp_path / "records" / LABEL / "open.json").write_text("{", encoding="utf-8")
    (sentence,) = refused(nights, files(manifest(LABEL)))
    assert sentence.startswith(f"records/{LABEL}/open.json cannot be read")
    (tmp_path / "records" / LABEL / "open.json").unlink()
    assert rebuild(nights, "tiny", files(manifest(LABEL))) == [LABEL]


def test_a_manifest_of_either_schema(nights, files):
    """Those of earlier versions of this package are beside the copies for as long as these are kept."""
    newer = manifest(OTHER, schema_version=2, tools={"data": {"tar": "1.34"}})
    assert rebuild(nights, "tiny", files(manifest(LABEL), newer)) == [LABEL, OTHER]
    assert nights.named(OTHER).opened["tools"] == newer["tools"]
    assert "tools" not in nights.named(LABEL).opened
    assert rebuild(nights, "tiny", files(manifest(LABEL), newer)) == []
    assert {entry.state for entry in catalogue.entries(nights)} == {"verified"}


def test_a_newer_manifest_needs_what_its_schema_has(nights, files):
    assert refused(nights, files(manifest(LABEL, schema_version=2))) == ["0.json: lacks tools"]
