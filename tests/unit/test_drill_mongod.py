"""A drill with a real mongod: a member is copied cold, extracted, opened, examined by the package's own code."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from tests.fakes.member import MONGOD, free_port, member, running
from vitam_operators import drill
from vitam_operators.archive import EXCLUDED_OF_MONGODB
from vitam_operators.config_copies import CopyConfig, DrillConfig
from vitam_operators.drill_findings import Expected
from vitam_operators.engines.base import Job
from vitam_operators.engines.tar import TarEngine
from vitam_operators.errors import MongoUnreachableError
from vitam_operators.hooks.drills import ScratchHook
from vitam_operators.operators.drill_examination import Examination

pytestmark = pytest.mark.skipif(
    not MONGOD.exists() and not os.environ.get("CI"),  # in CI they fail rather than not run
    reason="tools/setup puts the lab's mongod there",
)

LABEL, PART = "20261124T190000Z", "mongo-data-shard0"
DOCUMENTS = {"metadata.Unit": 700, "metadata.ObjectGroup": 40, "logbook.LogbookOperation": 300}
LATE = 25
"""Documents that are written when no checkpoint can hold them any more: only the oplog has them."""


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A member that was filled, closed and copied: its archive, what was counted, where each collection's file is."""
    home = tmp_path_factory.mktemp("member")
    with member(home / "db") as client:
        for namespace, number in DOCUMENTS.items():
            database, _, collection = namespace.partition(".")
            client[database][collection].insert_many([{"_id": i, "t": os.urandom(200).hex()} for i in range(number)])
            client[database][collection].create_index("t")
        client.admin["system.version"].insert_one({"_id": "shardIdentity", "shardName": "shard0"})
        files = {name: _file_of(client, name) for name in DOCUMENTS}
        _hold_the_checkpoint(client)
        client.metadata.Unit.insert_many([{"_id": -1 - i, "t": "late"} for i in range(LATE)])
    copies = CopyConfig(directory=str(home / "copies"))
    run_job(TarEngine(copies).store(str(home / "db"), LABEL, PART, EXCLUDED_OF_MONGODB))
    return SimpleNamespace(copies=copies, files=files, counts=DOCUMENTS | {"metadata.Unit": 700 + LATE})


def _file_of(client: MongoClient[dict[str, Any]], namespace: str) -> str:
    database, _, collection = namespace.partition(".")
    uri = client[database].command("collStats", collection)["wiredTiger"]["uri"]
    return str(uri).partition("table:")[2] + ".wt"


def _hold_the_checkpoint(client: MongoClient[dict[str, Any]]) -> None:
    """Let no checkpoint hold what is written from now on, as when a primary stops before its secondaries have it."""
    now = client.local["oplog.rs"].find().sort("$natural", -1)[0]["ts"]
    client.admin.command(
        {"configureFailPoint": "holdStableTimestampAtSpecificTimestamp", "mode": "alwaysOn", "data": {"timestamp": now}}
    )


def run_job(job: Job) -> None:
    done = subprocess.run(
        ["bash", "-c", job.script, "unit", *job.arguments], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


class Opened:
    """A copy that is extracted, and opened by the very words of the package."""

    def __init__(self, copied: SimpleNamespace, home: Path) -> None:
        self.copied, self.port, self.log = copied, free_port(), home / "mongod.log"
        self.settings = DrillConfig(directory=str(home / "drill"), mongod=str(MONGOD), cache_gb=0.25)
        self.scratch = Path(drill.scratch_of(LABEL, PART, self.settings))
        self.notes: list[dict[str, Any]] = []
        self.recover = True
        engine = TarEngine(copied.copies)
        run_job(engine.extract(engine.place(LABEL, PART), str(self.scratch)))

    @property
    def words(self) -> list[str]:
        """What systemd-run is given to run."""
        job = drill.opening(str(self.scratch), self.port, self.settings, {"directoryPerDB": True})
        words = ["bash", "-c", job.script, "unit", *job.arguments]
        return words if self.recover else [word.replace("AsStandalone=true", "AsStandalone=false") for word in words]

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Any]:
        with running(self.words, self.port, self.log) as self.process:
            key = Path(f"{self.scratch}.key").read_text(encoding="utf-8")
            async with ScratchHook(self.port, key).connect() as client:
                yield client

    async def examine(self, expected: Expected | None = None, found: dict[str, Any] | None = None) -> dict[str, Any]:
        expected = expected or Expected("shard", self.copied.counts, shard="shard0")
        async with self.client() as client:
            return await Examination(client, expected, LABEL, self.settings, found or {}, self._note).run()

    def _note(self, found: dict[str, Any]) -> None:
        self.notes.append({**found, "collections": dict(found["collections"])})

    @property
    def complaint(self) -> str:
        return drill.first_complaint(self.log.read_text(encoding="utf-8"))


@pytest.fixture
def opened(copied: SimpleNamespace, tmp_path: Path) -> Opened:
    return Opened(copied, tmp_path)


async def test_a_copy_opens_and_holds_what_was_there(opened):
    """Every collection, valid, with the documents that were counted, those of the last moment included."""
    found = await opened.examine()
    assert found["findings"] == found["warnings"] == []
    assert found["collections"].items() >= opened.copied.counts.items()
    assert {"admin.system.version", "local.oplog.rs"} < set(found["collections"])


async def test_without_the_oplog_the_last_writes_would_be_missing(opened):
    """What recoverFromOplogAsStandalone is for: a checkpoint holds only what a majority had when it was made."""
    opened.recover = False
    found = await opened.examine()
    assert found["collections"]["metadata.Unit"] == DOCUMENTS["metadata.Unit"]
    assert found["warnings"] == [
        "metadata.Unit holds 700 documents, 725 were noted before the stop, as the copy's own count says: "
        "the source's count was off, as after a crash"
    ]


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


def flip_bits(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(byte ^ 0xFF for byte in content[middle : middle + 64])
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (flip_bits, "checksum"),
        (Path.unlink, "No such file|WT_S"),
        (lambda path: os.truncate(path, 8192), "WiredTiger|read"),
    ],
    ids=["bits flipped", "file missing", "file cut off"],
)
async def test_a_damaged_collection_is_found(opened, harm, said):
    """mongod opens such a copy, and ends itself at the first look into the collection; what it read is known."""
    harm(opened.scratch / opened.copied.files["logbook.LogbookOperation"])
    with pytest.raises(MongoUnreachableError):
        await opened.examine()
    assert opened.process.returncode not in (0, None)
    assert opened.notes[-1]["at_work_on"] == "logbook.LogbookOperation"
    assert "local.oplog.rs" in opened.notes[-1]["collections"]
    assert re.search(said, opened.complaint)


@pytest.mark.parametrize("name", ["WiredTiger.wt", "_mdb_catalog.wt", "local", "metadata.Unit"])
async def test_a_copy_that_does_not_open(opened, name):
    """Without its catalogue, its oplog, or a collection to which the oplog adds, mongod says so and ends."""
    lost = opened.scratch / opened.copied.files.get(name, name)
    lost.rename(opened.scratch.with_name("lost"))
    with running(opened.words, opened.port, opened.log) as process:
        assert process.wait(60) != 0
    assert len(opened.complaint) > 10


async def test_a_copy_that_holds_a_link_is_not_opened(opened, tmp_path):
    """There the link leads to the journal of the platform's own mongod, which this one would recover and empty."""
    elsewhere = tmp_path / "the journal of a mongod that runs"
    (opened.scratch / "journal").rename(elsewhere)
    (opened.scratch / "journal").symlink_to(elsewhere)
    before = {path.name: path.read_bytes() for path in elsewhere.iterdir()}
    with running(opened.words, opened.port, opened.log) as process:
        assert process.wait(60) != 0
    assert opened.complaint == "the copy holds the symbolic link journal, and not what is behind it"
    assert {path.name: path.read_bytes() for path in elsewhere.iterdir()} == before


async def test_documents_that_are_missing_are_found(opened):
    """The manifest says what was there: a copy that holds less is no copy of it."""
    counts = opened.copied.counts | {"metadata.Unit": 1000, "metadata.Lost": 3}
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
