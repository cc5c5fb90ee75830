"""The database of the demo's and the tests' Airflow: whatever happened to it before, the next Airflow has one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress

import psycopg2
import pytest

from lab import postgres

DATABASE = "airflow_of_test_postgres"


def answers(url: str) -> bool:
    """Ask through the address that an Airflow is given."""
    with psycopg2.connect(url.replace("postgresql+psycopg2", "postgresql")) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone() == (1,)


@pytest.fixture(scope="module")
def own_names(tmp_path_factory):
    """Give a cluster that no Airflow of this checkout uses; what a story has spoiled is the next one's to mend."""
    name = f"{postgres.CLUSTER}_test"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgres, "CLUSTER", name)
        patch.setattr(postgres, "SOCKETS", postgres.SOCKETS.with_name(name))
        patch.setattr(postgres, "PASSWORD_FILE", tmp_path_factory.mktemp("postgres") / "postgres.password")
        yield
        postgres.remove()
        assert not postgres.SOCKETS.exists()


@pytest.fixture
def cluster(own_names):
    """Give a cluster that answers."""
    assert answers(postgres.url_of(DATABASE))


def killed() -> None:
    """Kill the server as a power cut does, and wait until it is gone with all its children."""
    own = [pid for pid in postgres._postmasters() if postgres._is_own(pid, postgres._version())]
    for pid in own:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for pid in own:
        subprocess.run(["tail", f"--pid={pid}", "-f", "/dev/null"], check=True, timeout=60)


def files() -> int:
    """Tell one making of the cluster from another."""
    return (postgres._data(postgres._version()) / "PG_VERSION").stat().st_ino


def test_one_that_was_killed_starts_again(cluster):
    """The lock that it left does not keep it away, and nothing is made anew."""
    before = files()
    killed()
    assert answers(postgres.url_of(DATABASE))
    assert files() == before


def test_a_lock_that_names_another_process_keeps_nobody_away(cluster):
    """Kind of fault: PostgreSQL waits for whoever has got the number of a server that was killed."""
    before = files()
    killed()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as another:
        for lock in (*postgres.SOCKETS.glob("*.lock"), postgres._data(postgres._version()) / "postmaster.pid"):
            first, rest = lock.read_text().split("\n", 1)
            assert first.isdecimal()
            lock.write_text(f"{another.pid}\n{rest}")
        assert answers(postgres.url_of(DATABASE))
        assert files() == before
        assert another.poll() is None
        another.communicate(b"\n")


@pytest.mark.parametrize("torn", ["PG_VERSION", "global/pg_control"])
def test_torn_files_are_made_anew(cluster, torn):
    """Nothing in it is worth a person's time."""
    killed()
    (postgres._data(postgres._version()) / torn).write_bytes(b"")
    assert answers(postgres.url_of(DATABASE))


def test_a_torn_configuration_is_made_anew(cluster):
    """A disk that was full leaves files empty."""
    (postgres._configuration(postgres._version()) / "postgresql.conf").write_text("")
    assert answers(postgres.url_of(DATABASE))


def test_data_without_a_configuration_are_made_anew(cluster):
    """Debian's tools would take the old files for those of the new cluster."""
    killed()
    shutil.rmtree(postgres._configuration(postgres._version()))
    assert answers(postgres.url_of(DATABASE))
