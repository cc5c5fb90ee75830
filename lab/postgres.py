"""
Airflow's metadata database for the demo and the tests: a PostgreSQL cluster made by Debian's own tools.

Each checkout has a cluster of its own, with a directory of its own for its socket: the lock beside a socket names the
process that holds it, and one of another checkout, or one that has got the number since, would keep it from starting.
It holds nothing that is worth keeping: one that does not start is made anew, and ``python -m lab.postgres`` removes it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLUSTER = f"vitambackup_{hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]}"
SOCKETS = Path("/run") / CLUSTER
LOCK = Path("/run/lock/vitambackup_postgres")
PORTS = range(54320, 54420)
PASSWORD_FILE = Path(__file__).parent / "run" / "postgres.password"


def url_of(database: str) -> str:
    """
    Return the SQLAlchemy URL of an empty database, made anew each time; the server is started if need be.

    :raises SystemExit: PostgreSQL is not installed, or does not even start with a cluster made anew
    """
    version = _version()
    with _alone():
        _ensure_running(version)
        _ensure_role(database)
        _psql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE); CREATE DATABASE "{database}" OWNER "{database}";')
    return f"postgresql+psycopg2://{database}:{_password()}@127.0.0.1:{_port()}/{database}"


def remove() -> None:
    """Stop this checkout's server, and remove its cluster with all databases."""
    if not _is_installed():
        return
    with _alone():
        _stop_by_force(_version())
        _drop(_version())


@contextmanager
def _alone() -> Iterator[None]:
    """Let Airflows of this machine that start at once wait for each other: two new clusters could choose one port."""
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _version() -> str:
    if not _is_installed():
        raise SystemExit("PostgreSQL is not installed\nHINT: apt-get install postgresql, or run make setup")
    return _versions()[-1]


def _is_installed() -> bool:
    return bool(_versions()) and shutil.which("pg_createcluster") is not None


def _versions() -> list[str]:
    return sorted(
        (path.name for path in Path("/usr/lib/postgresql").glob("*")),
        key=lambda name: [int(part) for part in name.split(".")],
    )


def _configuration(version: str) -> Path:
    return Path("/etc/postgresql") / version / CLUSTER


def _ensure_running(version: str) -> None:
    """Start the cluster; what cannot be started is made anew once, and then has to start."""
    if _configuration(version).exists() and (_answers() or _starts(version)):
        return
    _stop_by_force(version)
    _drop(version)
    _make(version)
    started = _start(version)
    if not _answers():
        raise SystemExit(f"PostgreSQL does not start:\n{started.stdout}{started.stderr}\nHINT: pg_lsclusters")


def _make(version: str) -> None:
    _make_directory_of_socket()
    _run("pg_createcluster", version, CLUSTER, "--port", str(_free_port()), "--socketdir", str(SOCKETS))


def _make_directory_of_socket() -> None:
    """Make it anew where a boot has emptied /run."""
    SOCKETS.mkdir(exist_ok=True)
    shutil.chown(SOCKETS, "postgres", "postgres")


def _starts(version: str) -> bool:
    _make_directory_of_socket()
    _forget_locks(version)
    _start(version)
    return _answers()


def _start(version: str) -> subprocess.CompletedProcess[str]:
    words = ["pg_ctlcluster", version, CLUSTER, "start"]
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd="/")


def _forget_locks(version: str) -> None:
    """
    Remove the locks of a server that was killed: where a process has got its number since, it would not start.

    PostgreSQL takes a lock for stale only when no process has the number that it names (``CreateLockFile`` in
    ``postgres/postgres@REL_15_STABLE src/backend/utils/init/miscinit.c``).
    """
    if any(_is_own(pid, version) for pid in _postmasters()):
        return
    for lock in (*SOCKETS.glob(".s.PGSQL.*"), _data(version) / "postmaster.pid"):
        lock.unlink(missing_ok=True)


def _stop_by_force(version: str) -> None:
    """End the server, whatever state its files are in."""
    words = ["pg_ctlcluster", version, CLUSTER, "stop", "--mode", "immediate"]
    subprocess.run(words, capture_output=True, check=False, cwd="/")
    for pid in (pid for pid in _postmasters() if _is_own(pid, version)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _postmasters() -> list[int]:
    found = subprocess.run(["pgrep", "-u", "postgres", "-x", "postgres"], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


def _is_own(pid: int, version: str) -> bool:
    """Tell whether a server works in this checkout's cluster: its data are its working directory."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == _data(version)
    except OSError:
        return False


def _drop(version: str) -> None:
    """Remove the cluster's files; ``pg_dropcluster`` refuses one whose configuration is torn."""
    for directory in (_configuration(version), _data(version), SOCKETS):
        shutil.rmtree(directory, ignore_errors=True)


def _data(version: str) -> Path:
    return Path("/var/lib/postgresql") / version / CLUSTER


def _answers() -> bool:
    """Tell whether the server takes statements at the port of its configuration."""
    try:
        _psql("SELECT 1;")
    except (OSError, ValueError, subprocess.SubprocessError):
        return False
    return True


def _port() -> int:
    """
    Return the port that the cluster's configuration has.

    :raises ValueError: it has none: the file is torn
    """
    text = (_configuration(_version()) / "postgresql.conf").read_text(errors="replace")
    found = re.search(r"^port = (\d+)", text, re.MULTILINE)
    if found is None:
        raise ValueError(f"no port stands in the configuration of {CLUSTER}")
    return int(found[1])


def _free_port() -> int:
    """Return a port that no cluster of this machine is to have, and on which nobody listens."""
    files = Path("/etc/postgresql").glob("*/*/postgresql.conf")
    texts = (file.read_text(errors="replace") for file in files)
    taken = {int(port) for text in texts for port in re.findall(r"^port = (\d+)", text, re.MULTILINE)}
    return next(port for port in PORTS if port not in taken and not _listens(port))


def _listens(port: int) -> bool:
    with socket.socket() as own:
        return own.connect_ex(("127.0.0.1", port)) == 0


def _ensure_role(role: str) -> None:
    """Give each database a role of its own: another checkout's Airflow keeps the password that it connects with."""
    password = _password()
    _psql(
        f"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') THEN "
        f'CREATE ROLE "{role}" LOGIN; END IF; END $$; ALTER ROLE "{role}" PASSWORD \'{password}\';'
    )


def _password() -> str:
    if not PASSWORD_FILE.exists():
        PASSWORD_FILE.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(PASSWORD_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(24))
    return PASSWORD_FILE.read_text()


def _psql(statements: str) -> None:
    """Run statements one by one as the superuser; they go through the standard input, a password with them."""
    words = ["runuser", "-u", "postgres", "--", "psql", "--quiet", "--host", str(SOCKETS), "--port", str(_port())]
    words += ["--set", "ON_ERROR_STOP=1"]
    subprocess.run(words, input=statements, text=True, check=True, cwd="/", capture_output=True, timeout=60)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, cwd="/")


if __name__ == "__main__":
    remove()
