"""Airflow's metadata database for the demo and the tests: a PostgreSQL cluster made by Debian's own tools."""

from __future__ import annotations

import os
import secrets
import subprocess
from pathlib import Path

CLUSTER = "vitambackup"
PORT = 54320
PASSWORD_FILE = Path(__file__).parent / "run" / "postgres.password"


def url_of(database: str) -> str:
    """Return the SQLAlchemy URL of an empty database, made anew each time; the server is started if need be."""
    _ensure_running(_version())
    _ensure_role(database)
    _psql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE); CREATE DATABASE "{database}" OWNER "{database}";')
    return f"postgresql+psycopg2://{database}:{_password()}@127.0.0.1:{PORT}/{database}"


def _version() -> str:
    versions = sorted(path.name for path in Path("/usr/lib/postgresql").glob("*"))
    if not versions:
        raise SystemExit("PostgreSQL is not installed\nHINT: apt-get install postgresql, or run make setup")
    return versions[-1]


def _ensure_running(version: str) -> None:
    if not Path(f"/etc/postgresql/{version}/{CLUSTER}").exists():
        _run("pg_createcluster", version, CLUSTER, "--port", str(PORT))
    if subprocess.run(["pg_ctlcluster", version, CLUSTER, "status"], capture_output=True, check=False).returncode:
        _run("pg_ctlcluster", version, CLUSTER, "start")


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
    words = ["runuser", "-u", "postgres", "--", "psql", "--quiet", "--port", str(PORT), "--set", "ON_ERROR_STOP=1"]
    subprocess.run(words, input=statements, text=True, check=True, cwd="/", capture_output=True)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, cwd="/")
