"""
A drill with real mongods: what a member left is opened and examined by the package's own code, whole and damaged.

All four versions for opening, and for one damage each; what else can be wrong, for the one that Vitam 7 ships.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from tests.fakes.cold import COUNTS, DOCUMENTS, LABEL, PART, ColdData
from tests.fakes.member import MONGOD, free_port, running
from vitam_operators import drill, mongod_log, scratch_mongod
from vitam_operators.config_copies import DrillConfig
from vitam_operators.drill_findings import Expected
from vitam_operators.errors import MongoUnreachableError
from vitam_operators.hooks.drills import ScratchHook
from vitam_operators.operators.drill_examination import Examination

pytestmark = pytest.mark.skipif(
    not MONGOD.exists() and not os.environ.get("CI"),  # in CI they fail rather than not run
    reason="tools/setup puts the lab's mongod there",
)

GOOD = Expected("shard", COUNTS, shard="shard0")


class Opened:
    """A copy of cold data, opened by the very words of the package."""

    def __init__(self, data: ColdData, home: Path) -> None:
        self.data, self.port, self.log = data, free_port(), home / "mongod.log"
        self.settings = DrillConfig(directory=str(home / "drill"), mongod=str(data.program), cache_gb=0.25)
        self.scratch = Path(drill.scratch_of(LABEL, PART, self.settings))
        self.notes: list[dict[str, Any]] = []
        data.copy_to(self.scratch)

    @property
    def words(self) -> list[str]:
        """What systemd-run is given to run."""
        where, storage = (str(self.scratch), self.port), {"directoryPerDB": True}
        job = scratch_mongod.opening(*where, self.settings, storage, scratch_mongod.RECOVERING)
        return ["bash", "-c", job.script, "unit", *job.arguments]

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Any]:
        key = Path(f"{self.scratch}.key").read_text(encoding="utf-8")
        async with ScratchHook(self.port, key).connect() as client:
            yield client

    async def examine(self, expected: Expected = GOOD, found: dict[str, Any] | None = None) -> dict[str, Any]:
        self.notes.clear()
        async with self.client() as client:
            return await Examination(client, expected, LABEL, self.settings, found or {}, self._note).run()

    def _note(self, found: dict[str, Any]) -> None:
        self.notes.append({**found, "collections": dict(found["collections"])})

    @property
    def said(self) -> mongod_log.MongodLog:
        return mongod_log.read(self.log.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def opened(each_mongod: Path, cold_data: Callable[[Path], ColdData], tmp_path_factory: Any) -> Iterator[Opened]:
    """Give a copy that is open, of each version; it is whole, and closes its files at the end."""
    made = Opened(cold_data(each_mongod), tmp_path_factory.mktemp("opened"))
    with running(made.words, made.port, made.log, made.scratch) as process:
        yield made
    assert process.returncode == 0, made.said


@pytest.fixture
def copy(cold_data: Callable[[Path], ColdData], tmp_path: Path) -> Opened:
    """Give a copy that nobody has opened, of the version that Vitam 7 ships."""
    return Opened(cold_data(MONGOD), tmp_path)


async def test_a_copy_opens_and_holds_what_was_there(opened):
    """Every collection, valid, with the documents that were counted, those of the last moment included."""
    found = await opened.examine()
    assert found["findings"] == found["warnings"] == []
    assert found["collections"].items() >= COUNTS.items()
    assert {"admin.system.version", "local.oplog.rs"} < set(found["collections"])


async def test_nobody_gets_in_without_the_key_and_nobody_writes(opened):
    """The copy holds all that Vitam keeps; and what is examined has to stay what was copied."""
    async with opened.client() as client:
        with (
            MongoClient("127.0.0.1", opened.port, directConnection=True) as stranger,
            pytest.raises(OperationFailure, match=r"not authorized|requires authentication"),
        ):
            stranger.metadata.command("count", "Unit")
        with pytest.raises(MongoUnreachableError, match="read-only mode"):
            await client.command("create", "New", database="metadata")
    key = Path(f"{opened.scratch}.key")
    assert oct(key.stat().st_mode & 0o777) == "0o600"
    assert key.read_text(encoding="utf-8") not in opened.log.read_text(encoding="utf-8")


async def test_documents_that_are_missing_are_found(opened):
    """The manifest says what was there: a copy that holds less is no copy of it."""
    counts = COUNTS | {"metadata.Unit": 1000, "metadata.Lost": 3}
    found = await opened.examine(Expected("shard", counts, shard="shard1"))
    assert found["findings"] == [
        "collection metadata.Lost is missing in the copy",
        "the copy is that of shard shard0, not of shard1",
        "metadata.Unit holds 725 documents, 1000 were noted before the stop",
    ]


async def test_a_second_try_goes_on_where_the_first_one_stopped(opened):
    """A large copy takes hours to read: a lost connection does not begin them again."""
    found = {"counts": {"logbook.LogbookOperation": 300, "metadata.Unit": 725}, "collections": {"metadata.Unit": 725}}
    again = await opened.examine(found=found)
    assert again["collections"] == {"metadata.Unit": 725, "logbook.LogbookOperation": 300}
    assert [note["at_work_on"] for note in opened.notes] == ["logbook.LogbookOperation", None]


async def test_without_the_oplog_the_last_writes_would_be_missing(copy):
    """What recoverFromOplogAsStandalone is for: a checkpoint holds only what a majority had when it was made."""
    words = [word.replace("AsStandalone=true", "AsStandalone=false") for word in copy.words]
    with running(words, copy.port, copy.log, copy.scratch):
        found = await copy.examine()
    assert found["collections"]["metadata.Unit"] == DOCUMENTS["metadata.Unit"]
    assert found["warnings"] == [
        "metadata.Unit holds 700 documents, 725 were noted before the stop, as the copy's own count says: "
        "the source's count was off, as after a crash"
    ]


def flip_bits(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(byte ^ 0xFF for byte in content[middle : middle + 64])
    path.write_bytes(content)


def cut_off(path: Path, size: int = 20) -> None:
    os.truncate(path, size)


async def examined_to_its_end(copy: Opened) -> None:
    """Examine a copy of which the mongod ends itself at logbook.LogbookOperation."""
    with running(copy.words, copy.port, copy.log, copy.scratch) as process:
        with pytest.raises(MongoUnreachableError):
            await copy.examine()
        assert process.wait(60) not in (0, None)
    assert copy.notes[-1]["at_work_on"] == "logbook.LogbookOperation"
    assert "local.oplog.rs" in copy.notes[-1]["collections"]


async def test_a_collection_without_its_file_is_found(each_mongod, cold_data, tmp_path):
    """Each version opens such a copy, and ends itself at the first look into the collection; 4.4 says so before."""
    copy = Opened(cold_data(each_mongod), tmp_path)
    (copy.scratch / copy.data.files["logbook.LogbookOperation"]).unlink()
    await examined_to_its_end(copy)
    assert "handle-open" in str(copy.said.damage)
    assert copy.data.files["logbook.LogbookOperation"] in str(copy.said.damage)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (flip_bits, "checksum"),
        (cut_off, "smaller than allocation size"),
        (lambda path: cut_off(path, 8192), "failed to read"),
    ],
    ids=["bits flipped", "file cut off at its begin", "file cut off"],
)
async def test_a_damaged_collection_is_found(copy, harm, words):
    """What mongod says of it is told; what was read before stays."""
    harm(copy.scratch / copy.data.files["logbook.LogbookOperation"])
    await examined_to_its_end(copy)
    assert words in str(copy.said.damage)


HARM: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "no list of files": ("WiredTiger.wt", Path.unlink, "WiredTiger.wt: handle-open: open: No such file"),
    "no catalogue": ("_mdb_catalog.wt", Path.unlink, "_mdb_catalog.wt: handle-open: open: No such file"),
    "turtle file cut off": ("WiredTiger.turtle", cut_off, "database corruption detected"),
    "storage.bson cut off": ("storage.bson", cut_off, "Unable to read the storage engine metadata file"),
    "no oplog": ("local", shutil.rmtree, "handle-open: open: No such file"),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_copy_that_does_not_open(copy, harm):
    """Its mongod says of what it ends."""
    name, do, words = HARM[harm]
    do(copy.scratch / name)
    with running(copy.words, copy.port, copy.log, copy.scratch) as process:
        assert process.wait(60) != 0
    assert words in str(copy.said.damage)


# --- what says nothing about a copy --------------------------------------------------------------------------------


def test_a_port_that_is_taken_says_nothing_about_the_copy(copy):
    with socket.create_server(("127.0.0.1", 0)) as other:
        copy.port = other.getsockname()[1]
        done = ended(copy)
    assert done.returncode == 48
    assert copy.said.damage is None
    assert "Address already in use" in copy.log.read_text(encoding="utf-8")


def test_too_few_files_say_nothing_about_the_copy(copy):
    """WiredTiger calls its files corrupt of it; the cause stands before."""
    done = ended(copy, "ulimit -n 20; ")
    assert done.returncode != 0
    assert copy.said.damage is None
    assert "Too many open files" in copy.log.read_text(encoding="utf-8")


def test_an_abort_says_nothing_about_the_copy(copy):
    """Why sessions are not refreshed: 5.0 aborts when it ends, or after five minutes."""
    words = [word.replace("SessionCacheRefresh=true", "SessionCacheRefresh=false") for word in copy.words]
    with running(words, copy.port, copy.log, copy.scratch) as process:
        assert process.poll() is None
    assert process.returncode == -6
    assert copy.said.damage is None
    assert "Invariant failure" in copy.said.first


def ended(copy: Opened, before: str = "") -> subprocess.CompletedProcess[bytes]:
    """Run a mongod that cannot but end."""
    bash, option, script, *words = copy.words
    libraries = {"LD_LIBRARY_PATH": str(copy.data.program.parents[1] / "lib")}
    with copy.log.open("wb") as output:
        return subprocess.run(
            [bash, option, before + script, *words],
            stdout=output,
            stderr=output,
            env=os.environ | libraries,
            timeout=60,
            check=False,
        )


def test_a_copy_that_holds_a_link_is_not_opened(copy, tmp_path):
    """There the link leads to the journal of the platform's own mongod, which this one would recover and empty."""
    elsewhere = tmp_path / "the journal of a mongod that runs"
    (copy.scratch / "journal").rename(elsewhere)
    (copy.scratch / "journal").symlink_to(elsewhere)
    before = {path.name: path.stat().st_mtime_ns for path in elsewhere.iterdir()}
    assert ended(copy).returncode == 1
    assert copy.said.damage == "the copy holds the symbolic link journal, and not what is behind it"
    assert {path.name: path.stat().st_mtime_ns for path in elsewhere.iterdir()} == before


# --- what these tests leave -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["never opened", "opened"])
def test_a_mongod_that_has_ended_takes_little_room(cold_data, copy, kind):
    """Its journal is hundreds of MiB of nothing, of each mongod that a whole run starts."""
    if kind == "opened":
        with running(copy.words, copy.port, copy.log, copy.scratch):
            pass
    home = cold_data(MONGOD).directory if kind == "never opened" else copy.scratch
    assert sum(path.stat().st_blocks * 512 for path in home.rglob("*")) < 20 * 2**20
