"""
A real mongod of the lab on the loopback: a replica set of one member, and whatever a drill opens beside it.

No stand-in: mongod answers for itself.

Which mongods there are says lab/mongod.py. A test whose subject differs between them asks for the fixture
``each_mongod`` (tests/unit/conftest.py); all others take :data:`MONGOD`, what Vitam 7 ships.
"""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from lab import mongod

MONGOD = mongod.binary("5.0.32")
STARTS_WITHIN_S = 60


def free_port() -> int:
    """Return a port of the loopback that nobody has."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def listens(port: int) -> bool:
    """Tell whether somebody listens on a port of the loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True


def quick_end(program: Path) -> list[str]:
    """Return the words by which a mongod ends at once, where it would go on answering for a while."""
    wanted = mongod.parameters(program.parent.name, config_server=False, quiesce_s=0.1)
    return [word for name, value in wanted.items() for word in ("--setParameter", f"{name}={value}")]


def make_small(db_path: Path) -> None:
    """
    Give back the room of a journal that is mostly nothing, of a mongod that has ended.

    WiredTiger makes files of 100 MiB ahead and begins each log as one (src/third_party/wiredtiger/src/log/log.c,
    ``__wt_log_allocfile``): those made ahead go, as they do at its next start, and of the logs the zeros are left out.
    """
    for ahead in db_path.glob("journal/WiredTigerPreplog.*"):
        ahead.unlink()
    for log in db_path.glob("journal/WiredTigerLog.*"):
        sparse = log.with_name("sparse")
        subprocess.run(["cp", "--archive", "--sparse=always", log, sparse], check=True)
        sparse.replace(log)


@contextmanager
def running(words: list[str], port: int, log: Path, db_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """
    Run a mongod until it listens or has ended, and end it in order at the end of the block.

    :param db_path: what it runs on, whose journal is made small when it has ended.
    """
    with (
        log.open("wb") as output,
        subprocess.Popen(words, stdout=output, stderr=output, env=mongod.environment()) as process,
    ):
        try:
            give_up = time.monotonic() + STARTS_WITHIN_S
            while process.poll() is None and not listens(port):
                assert time.monotonic() < give_up, f"mongod neither listens nor ends: {log.read_text()[-500:]}"
                time.sleep(0.05)
            yield process
        finally:
            process.terminate()
            process.wait(60)
            make_small(db_path)


@contextmanager
def member(db_path: Path, program: Path = MONGOD) -> Iterator[MongoClient[dict[str, Any]]]:
    """
    Give the primary of a replica set of one member that asks for accounts; it closes its files at the end.

    Left out: other members, their lag and elections; a cluster (it is not started as a shard).

    :param db_path: made here; keyfile and log lie beside it.
    :param program: the mongod, such as ``mongod.binary("4.2.6")``.
    """
    db_path.mkdir()
    key, port = base64.b64encode(os.urandom(48)).decode(), free_port()
    keyfile = db_path.with_name("keyfile")
    keyfile.write_text(key)
    keyfile.chmod(0o600)
    words = [
        *(str(program), "--dbpath", str(db_path), "--directoryperdb", "--bind_ip", "127.0.0.1", "--port", str(port)),
        *("--replSet", "shard0", "--keyFile", str(keyfile), "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"),
        *("--setParameter", "enableTestCommands=1", "--oplogSize", "16"),
        *quick_end(program),
    ]
    account = {"username": "__system", "password": key, "authSource": "local", "authMechanism": "SCRAM-SHA-256"}
    with running(words, port, db_path.with_name("member.log"), db_path) as process:
        with MongoClient[dict[str, Any]]("127.0.0.1", port, directConnection=True, **account) as client:
            members = [{"_id": 0, "host": f"127.0.0.1:{port}"}]
            client.admin.command("replSetInitiate", {"_id": "shard0", "members": members})
            while not client.admin.command("isMaster")["ismaster"]:
                time.sleep(0.05)
            yield client
        process.terminate()
        assert process.wait(60) == 0
