"""Restored data on fake hosts: directories that are swapped, the mongods that open them, what these are told."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.drills import KEY
from tests.fakes.mongo import Document, batch
from tests.fakes.units import FakeUnit

BROUGHT, KEPT, CARRIED = ".vitam-restore-", ".vitam-before-", "/restore-"


@dataclass
class FakeData:
    """
    The data of one member: documents as numbers, but for the few collections that say who the others are.

    Left out: documents of Vitam's, indexes, the oplog; a mongod that recovers finds nothing to do.

    :param documents: of each ``database.collection``
    :param stores: documents of ``local.system.replset``, ``config.shards``, ``admin.system.version`` and the like
    """

    documents: dict[str, int]
    stores: dict[str, list[Document]] = field(default_factory=dict)

    def answer(self, command: str, value: Any, database: str, more: Document) -> Document:
        """Answer a command of whoever has its key."""
        namespace = f"{database}.{value}"
        names = [*self.documents, *(name for name in self.stores if name not in self.documents)]
        match command:
            case "listDatabases":
                return {"databases": [{"name": name} for name in sorted({n.partition(".")[0] for n in names})]}
            case "listCollections":
                own = [name.partition(".")[2] for name in names if name.startswith(f"{database}.")]
                return batch([{"name": name, "type": "collection"} for name in own])
            case "count":
                return {"n": self.documents.get(namespace, len(self.stores.get(namespace, [])))}
            case "find":
                wanted = more.get("filter", {})
                found = self.stores.get(namespace, [])
                return batch([one for one in found if wanted.items() <= one.items()])
            case "insert":
                self.stores.setdefault(namespace, []).extend(more["documents"])
            case "update":
                for one in more["updates"]:
                    for document in self._matching(namespace, one["q"]):
                        document |= one["u"]["$set"]
            case "delete":
                for one in more["deletes"]:
                    gone = self._matching(namespace, one["q"])
                    self.stores[namespace] = [d for d in self.stores.get(namespace, []) if d not in gone]
            case "drop":
                del self.stores[namespace]
            case _:
                raise AssertionError(f"restored data was sent {command} {value}")
        return {"ok": 1.0}

    def _matching(self, namespace: str, query: Document) -> list[Document]:
        return [one for one in self.stores.get(namespace, []) if query.items() <= one.items()]

    @property
    def identity(self) -> Document:
        """The document ``shardIdentity``, as ``shardingState`` tells it."""
        (found,) = self._matching("admin.system.version", {"_id": "shardIdentity"})
        return {"enabled": True, "shardName": found["shardName"], "configServer": found["configsvrConnectionString"]}


def _rename(known: dict[str, Any], source: str, target: str) -> None:
    for name in [name for name in known if name.startswith(f"{source}/")]:
        known[target + name.removeprefix(source)] = known.pop(name)


@dataclass
class FakeRestores:
    """
    The directories of data of one host.

    :param host: the fake host
    :param tell: notes a change
    """

    host: Any
    tell: Callable[[str, str], None]
    data: dict[str, FakeData] = field(default_factory=dict)
    """By directory."""
    copies: dict[str, FakeData] = field(default_factory=dict)
    """What each part's archive holds, by the part's name."""
    opened: dict[int, FakeData] = field(default_factory=dict)
    damaged: set[str] = field(default_factory=set)
    mounts: set[str] = field(default_factory=set)

    def answer(self, words: list[str]) -> tuple[int, str] | None:
        """Run one line of root's; ``None`` when it is of no restore."""
        match words:
            case ["stat", "--format=%n", "--", *paths] if any(self._ours(path) for path in paths):
                found = [path for path in paths if path in self.data or self._is_directory(path)]
                return int(len(found) < len(paths)), "".join(f"{path}\n" for path in found)
            case ["stat", "--format=%d", "--", path, _]:
                return 0, "66\n2049\n" if path in self.mounts else "2049\n2049\n"
            case ["stat", "--format=%s", "--", path]:
                return (0, f"{self.host.files[path]}\n") if path in self.host.files else (1, "")
            case ["cat", "--", path] if BROUGHT in path and path.endswith(".key"):
                return (0, KEY) if path.removesuffix(".key") in self.data else (1, "")
            case ["mv", "-T", "--", source, target] if CARRIED in source:
                for known in (self.host.files, self.host.archives):
                    _rename(known, source, target)
                return 0, ""
            case ["mv", "-T", "--", source, target]:
                return self._move(source, target)
            case ["mkdir", "-p", "-m", "0700", "--", path] if CARRIED in path:
                return 0, ""
            case ["rm", "-rf", "--", path] if CARRIED in path:
                self._forget(path)
                return 0, ""
            case ["rm", "-rf", "--", path, _, _] if BROUGHT in path or KEPT in path:
                if self.data.pop(path, None):
                    self.tell("remove", path)
                self._forget(path)
                return 0, ""
        return None

    def _ours(self, path: str) -> bool:
        return path in self.data or BROUGHT in path or KEPT in path or CARRIED in path

    def _is_directory(self, path: str) -> bool:
        return CARRIED in path and any(name.startswith(f"{path}/") for name in self.host.files)

    def _forget(self, path: str) -> None:
        for known in (self.host.files, self.host.archives):
            for name in [name for name in known if name.startswith(f"{path}/")]:
                del known[name]

    def _move(self, source: str, target: str) -> tuple[int, str]:
        assert target not in self.data, f"{target} would be overwritten"
        assert self.host.files.get(f"{source}/mongod.lock", 0) == 0, f"{source} is open"
        self.tell("rename", f"{source} to {target}")
        self.data[target] = self.data.pop(source)
        for known in (self.host.files, self.host.changed):
            _rename(known, source, target)
        return 0, ""

    def receive(self, holder: Any, directory: str, name: str, target: str) -> None:
        """Have what another host has of that name in a directory: a file, or all that is below it."""
        self.tell("carry", f"{directory}/{name}")
        for theirs, ours in ((holder.files, self.host.files), (holder.archives, self.host.archives)):
            for path in [p for p in theirs if p == f"{directory}/{name}" or p.startswith(f"{directory}/{name}/")]:
                ours[target + path.removeprefix(directory)] = theirs[path]

    def extract(self, unit: FakeUnit, archive: str, target: str) -> int:
        """End as the script of the engine does; an archive of restic is the ``config`` of its repository."""
        part = archive.removesuffix("/config").rpartition("/")[2].partition(".")[0]
        if part in self.damaged or archive not in self.host.archives:
            unit.words.append(f"{part}.tar.zst: FAILED")
            return 1
        assert target not in self.data, f"{target} is extracted twice"
        self.data[target] = copy.deepcopy(self.copies[part])
        self.host.files[f"{target}/WiredTiger.wt"] = 1_000_000
        self.host.writes(f"{target}/mongod.lock")(0)
        return 0

    def open(self, unit: FakeUnit, directory: str, *words: str) -> None:
        """Run a mongod that has opened a directory."""
        port = int(words[words.index("--port") + 1])
        assert port not in self.opened
        data = self.data[directory]
        lock = self.host.writes(f"{directory}/mongod.lock")
        unit.ports = (port,)
        unit.run()
        lock(4)
        recovers = "recoverFromOplogAsStandalone=true" in words
        self.opened[port] = FakeData(data.documents, copy.deepcopy(data.stores)) if recovers else data

        def closed() -> None:
            del self.opened[port]
            lock(0)

        unit.on_stop = closed
