"""The engine restic: names, arguments, progress. Its scripts run in test_restic_scripts.py."""

from __future__ import annotations

import shlex

import pytest

from tests.unit.test_archive import answered
from vitam_operators.config_copies import CopyConfig
from vitam_operators.engines.base import Stored
from vitam_operators.engines.chosen import engine_of
from vitam_operators.engines.restic import FILE_LIST, ResticEngine
from vitam_operators.errors import ConfigError
from vitam_operators.on_host import file_list
from vitam_operators.secret_files import Secret

ID = "ab" * 32
SETTINGS = {"repository": "rest:https://vault/", "password_conn_id": "vault_password"}


def copies(**settings: object) -> CopyConfig:
    return CopyConfig.model_validate({"engine": "restic", "restic": SETTINGS | settings})


RESTIC = copies()


def arguments(job) -> list[str]:
    """Without the program that lists files."""
    assert job.arguments[1] == FILE_LIST.read_text(encoding="utf-8")
    return [job.arguments[0], *job.arguments[2:]]


# --- names and arguments ---------------------------------------------------------------------------------------------


def test_the_platform_file_chooses():
    """A copy of another engine is read with that one, as its manifest says."""
    assert isinstance(engine_of(RESTIC), ResticEngine)
    assert engine_of(RESTIC, "tar").name == "tar"
    assert isinstance(engine_of(copies().model_copy(update={"engine": "tar"}), "restic"), ResticEngine)


def test_copies_of_an_engine_that_the_platform_file_forgot():
    with pytest.raises(ConfigError, match=r"no copy.restic, which copies of the engine restic need"):
        engine_of(CopyConfig(), "restic").extract("/r/p#L", "/vitam/restored")


@pytest.mark.parametrize("repository", ["rest:https://vault/", "/srv/restic", "sftp:me@vault:/srv/restic"])
def test_where_a_copy_lies(repository):
    """What stands before the `#` is what restic calls a repository."""
    place = ResticEngine(copies(repository=repository)).place("L-2", "data1-conf")
    assert place == f"{repository.rstrip('/')}/data1-conf#L-2"


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({}, "--no-cache"),
        ({"cache_directory": "/var/cache/restic", "limit_upload_kib": 500},
         "--cache-dir=/var/cache/restic --limit-upload=500"),
    ],
)  # fmt: skip
def test_what_the_copy_is_told(settings, options):
    job = ResticEngine(copies(**settings)).store("/vitam/conf", "L", "p", ("./*.log",))
    own = ["/vitam/conf", "/vitam/backup/L", "rest:https://vault", "p", "none", "./*.log"]
    assert arguments(job) == [options, "L", *own]
    assert job.secret == Secret("vault_password", "RESTIC_PASSWORD")


def test_the_copy_is_told_of_a_backup_that_has_one_there():
    """It makes no new repository then."""
    job = ResticEngine(copies()).store("/vitam/conf", "L", "p", (), "20261121T190000Z")
    assert arguments(job)[-2:] == ["p", "20261121T190000Z"]


def test_what_is_read_back_is_not_from_the_cache():
    """A cache on the host would prove what is on the host."""
    engine = ResticEngine(copies(cache_directory="/var/cache/restic", read_data_percent=5))
    assert arguments(engine.verify("L", "p")) == ["--no-cache", "L", "/vitam/backup/L", "rest:https://vault", "p", "5"]


def test_what_the_extraction_is_told():
    """All of it from the place that the manifest names."""
    job = ResticEngine(RESTIC).extract("sftp:me@old:/srv/p#L-2", "/vitam/restored")
    assert arguments(job) == ["--no-cache", "L-2", "sftp:me@old:/srv/p", "p", "/vitam/restored"]


def test_what_the_removal_is_told():
    job = ResticEngine(RESTIC).remove("L-2", ("p", "q"))
    assert arguments(job) == ["--no-cache", "L-2", "/vitam/backup/L-2", "rest:https://vault", "p", "q"]


def test_only_the_unfinished_is_removed():
    """What is in the repository the next copy of the part sweeps up: that needs the password."""
    words = shlex.split(ResticEngine(RESTIC).remove_unfinished("L", "p").line)
    assert words == [
        *("sudo", "-n", "rm", "-f", "--", "/run/vitam-backup-secrets/vitam-copy-L-p.service"),
        *(f"/vitam/backup/L/p.{what}.partial" for what in ("files", "excluded", "facts")),
    ]


# --- what restic says ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "done_bytes"),
    [
        ("", 0),
        ('{"message_type":"status","percent_done":0,"total_files":1}', 0),
        ('{"message_type":"status","total_bytes":400,"bytes_done":100,"current_files":["/db/a"]}', 100),
        ('{"total_bytes":400,"bytes_done":100}\n{"total_bytes":400,"bytes_done":399}\nFatal: x', 399),
    ],
)
def test_progress_is_restics_last_word(words, done_bytes):
    assert ResticEngine(RESTIC).progress_bytes(words) == done_bytes


@pytest.mark.parametrize(
    ("output", "stored"),
    [("", None), (f"1048576 {ID} 17\n", Stored(1048576, ID, 17)), (f"1048576 {ID}\n", None)],
)
def test_what_there_is_of_a_copy(output, stored):
    assert ResticEngine(RESTIC).stored("L", "p").read(output) == stored


def test_a_finished_copy_on_a_real_disk(tmp_path):
    """No facts is an answer, too (status 1 of cat)."""
    command = ResticEngine(RESTIC.model_copy(update={"directory": str(tmp_path)})).stored("L", "p")
    assert command.read(answered(command)) is None
    (tmp_path / "L").mkdir()
    (tmp_path / "L" / "p.facts").write_text(f"5 {ID} 2\n", encoding="utf-8")
    assert command.read(answered(command)) == Stored(5, ID, 2)


# --- lists of files --------------------------------------------------------------------------------------------------


def test_the_program_is_plain_ascii():
    """Python 3.6 takes no other letters from a command line under LC_ALL=C."""
    assert FILE_LIST.read_text(encoding="utf-8").isascii()


@pytest.mark.parametrize(
    ("moment", "ns"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-11-24T02:37:30.688179565Z", 1795487850688179565),
        ("2026-11-24T02:37:30.7Z", 1795487850700000000),
        ("1969-12-31T23:59:59.25Z", -750000000),
    ],
)
def test_moments_are_read_to_the_nanosecond(moment, ns):
    assert file_list.nanoseconds(moment) == ns


@pytest.mark.parametrize(
    ("path", "name"), [("db", "."), ("db/", "."), ("db/a/b", "./a/b"), ("db/new\nline", "./new\nline")]
)
def test_names_are_those_below_the_source(path, name):
    """A snapshot of the method reflink has another name than the dbPath."""
    assert file_list.below(path) == name
