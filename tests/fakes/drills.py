"""What a fake host does of a restore drill: extracted copies, the mongods that open them, what these answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pymongo.errors import AutoReconnect

from tests.fakes.mongo import Document, batch
from tests.fakes.units import FakeUnit

KEY = "a-key-that-is-nobody-elses"
FILES = 3
"""As many as every fake archive says that it has."""
EXIT_ABRUPT = 14
"""Of a mongod that cannot go on: mongodb/mongo@09388643a69a src/mongo/util/exit_code.h."""


@dataclass
class FakeCopy:
    """
    What an opened copy holds: collections as sizes, and who it says it is.

    ``validate`` answers as mongodb/mongo@20f2d4ebfe9c src/mongo/db/catalog/validate_results.cpp, ``appendToResultObj``.

    Left out: documents, indexes, recovery; it validates whatever is not in :attr:`invalid` or :attr:`deadly`.

    :param documents: of each ``database.collection``
    :param shards: documents of ``config.shards``
    :param shard: the shardName of ``shardIdentity``
    :param fast: counts that differ from the documents
    :param invalid: what ``validate`` says against a collection
    :param deadly: a collection at which the mongod ends itself
    """

    documents: dict[str, int]
    shards: list[Document] = field(default_factory=list)
    shard: str | None = None
    fast: dict[str, int] = field(default_factory=dict)
    invalid: dict[str, str] = field(default_factory=dict)
    deadly: str | None = None
    validated: list[str] = field(default_factory=list)
    last_words: str = "a.wt: read checksum error for 4096B block at offset 4096"
    """Of the mongod that ends itself, as 5.0.32 was seen to log them (tests/unit/test_drill_mongod.py)."""
    die: Callable[[], None] = lambda: None

    def answer(self, command: str, value: Any, database: str, more: Document) -> Document:
        """Answer a command."""
        namespace = f"{database}.{value}"
        match command:
            case "listDatabases":
                return {"databases": [{"name": name} for name in sorted({n.partition(".")[0] for n in self.documents})]}
            case "listCollections":
                names = [name.partition(".")[2] for name in self.documents if name.startswith(f"{database}.")]
                view = {"name": "a_view", "type": "view"}
                return batch([*({"name": name, "type": "collection"} for name in names), view])
            case "count":
                return {"n": self.fast.get(namespace, self.documents[namespace])}
            case "validate":
                return self._validate(namespace, full=more["full"])
            case "find" if namespace == "config.shards":
                return batch(self.shards)
            case "find" if namespace == "admin.system.version":
                return batch([{"_id": "shardIdentity", "shardName": self.shard}] if self.shard else [])
        raise AssertionError(f"a drill's mongod was sent {command} {value}")

    def _validate(self, namespace: str, *, full: bool) -> Document:
        if namespace == self.deadly:
            self.die()
            raise AutoReconnect("connection closed")
        self.validated.append(namespace)
        errors = [self.invalid[namespace]] if namespace in self.invalid else []
        found = {"valid": not errors, "repaired": False, "warnings": [], "errors": errors}
        return {"nrecords": self.documents[namespace], **found}


@dataclass
class FakeDrills:
    """
    The drills of one host.

    :param tell: notes a change
    :param known: whether an archive is there
    :param copies: what each part holds once it is opened, by its name
    """

    tell: Callable[[str, str], None]
    known: Callable[[str], bool]
    copies: dict[str, FakeCopy] = field(default_factory=dict)
    version: str = "5.0.26"
    extracted: set[str] = field(default_factory=set)
    opened: dict[int, FakeCopy] = field(default_factory=dict)
    open_scratch: dict[int, str] = field(default_factory=dict)
    damaged: set[str] = field(default_factory=set)
    """Parts whose archive does not have its checksum."""
    does_not_open: set[str] = field(default_factory=set)
    extractions_fail: list[str] = field(default_factory=list)
    """What extractions say that fail, once each."""
    falls: list[str] = field(default_factory=list)
    """Errors of which a mongod that opens a copy ends, once each."""
    lost_files: int = 0

    def answer(self, words: list[str], *, root: bool) -> tuple[int, str] | None:
        """Run one line, without its ``sudo -n``; ``None`` when it is of no drill."""
        if not root and words[1:] != ["--version"]:
            return None
        match words:
            case ["stat", "--format=%n", "--", *paths]:
                found = [path for path in paths if path in self.extracted]
                return int(len(found) < len(paths)), "".join(f"{path}\n" for path in found)
            case [_, "--version"]:
                return (0, f"db version v{self.version}\nBuild Info: {{}}\n") if self.version else (127, "")
            case ["cat", "--", path] if path.endswith(".key"):
                return (0, KEY) if path.removesuffix(".key") in self.extracted else (1, "")
            case ["find", path, "-printf", ".", "|", "wc", "--bytes"] if path in self.extracted:
                return 0, f"{FILES - self.lost_files}\n"
            case ["rm", "-rf", "--", path, partial, key] if (partial, key) == (f"{path}.partial", f"{path}.key"):
                return self._remove(path)
        return None

    def extract(self, unit: FakeUnit, archive: str, target: str) -> int:
        """End as the script of the engine does."""
        part = archive.removesuffix("/config").rpartition("/")[2].partition(".")[0]
        if self.extractions_fail:
            unit.words += self.extractions_fail.pop().splitlines()
            return 1
        if part in self.damaged or not self.known(archive):
            unit.words.append(f"{part}.tar.zst: FAILED")
            return 1
        assert target not in self.extracted, f"{target} is extracted twice"
        self.extracted.add(target)
        return 0

    def open(self, unit: FakeUnit, scratch: str, *words: str) -> None:
        """Run a mongod that has opened what was extracted, or that could not."""
        port, part = int(words[words.index("--port") + 1]), scratch.rpartition("/")[2].partition("Z-")[2]
        assert scratch in self.extracted
        assert port not in self.opened
        unit.ports = (port,)
        unit.run()
        if self.falls:
            self._end(unit, self.falls.pop())
            return
        copy = self.opened[port] = self.copies[part]
        self.open_scratch[port] = scratch
        copy.die = lambda: self._end(unit, copy.last_words)
        unit.on_stop = lambda: self._close(port)
        if part in self.does_not_open:
            self._end(unit, "WiredTiger.wt: handle-open: open: No such file or directory")

    def _close(self, port: int) -> None:
        del self.opened[port], self.open_scratch[port]

    def _end(self, unit: FakeUnit, why: str) -> None:
        unit.words.append(f'{{"s": "E", "msg": "WiredTiger error message", "attr": {{"message": "{why}"}}}}')
        unit.end(EXIT_ABRUPT)

    def _remove(self, path: str) -> tuple[int, str]:
        assert path not in self.open_scratch.values(), f"{path} is open"
        if path in self.extracted:
            self.extracted.remove(path)
            self.tell("remove", path)
        return 0, ""
