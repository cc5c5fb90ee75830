"""The scripts of the engine restic, run for real by bash and restic as a host's systemd runs them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path, PurePosixPath

import pytest

from tests.unit.test_tar_scripts import NAMES_OF_ALL_KINDS, ROLLED_BACK, contents, ended_well, fill, fill_with_names
from vitam_operators import secret_files
from vitam_operators.archive import EXCLUDED_OF_MONGODB
from vitam_operators.config_copies import CopyConfig
from vitam_operators.engines.base import Job
from vitam_operators.engines.restic import ResticEngine
from vitam_operators.restores import bringing

UNIT = "vitam-copy-L-p.service"
PASSWORD = 'cafe\'s "$(secret)" \\\n'
FINISHED = {"p.files", "p.facts"}
AS_ANYBODY = "exec setpriv --bounding-set=-dac_override,-dac_read_search" if os.geteuid() == 0 else "exec"


class Place:
    """A directory to copy, a directory for lists, a repository for each part."""

    def __init__(self, base: Path) -> None:
        self.base, self.source, self.target = base, base / "source", base / "copies" / "L"
        self.source.mkdir(exist_ok=True)
        (base / "secrets").mkdir(exist_ok=True)
        self.password = PASSWORD
        self.settings = {"repository": f"{base}/repositories", "password_conn_id": "restic"}

    @property
    def engine(self) -> ResticEngine:
        copies = {"directory": f"{self.base}/copies", "engine": "restic", "restic": self.settings}
        return ResticEngine(CopyConfig.model_validate(copies))

    def begin(self, job: Job, within: str = "exec", path: str = "", unit: str = UNIT) -> subprocess.Popen:
        """Give the job its secrets, and run it as the transient unit does; `within` limits the process."""
        text = secret_files.write(unit, {"RESTIC_PASSWORD": self.password})[-1].stdin or ""
        (self.base / "secrets" / unit).write_text(text, encoding="utf-8")
        script = job.script.replace(secret_files.HOME, f"{self.base}/secrets")
        words = ["bash", "-c", f'{within} bash -c "$@"', "outer", script, unit, *job.arguments]
        env = {name: value for name, value in os.environ.items() if name in ("PATH", "TMPDIR")}
        env["PATH"] = f"{path}{env['PATH']}"
        pipe = subprocess.PIPE
        return subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, env=env, cwd="/", start_new_session=True)

    def run(self, job: Job, within: str = "exec", path: str = "") -> subprocess.CompletedProcess:
        process = self.begin(job, within, path)
        output, errors = process.communicate(timeout=100)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def storing(self, label: str = "L", part: str = "p", exclude: tuple[str, ...] = ()) -> Job:
        return self.engine.store(str(self.source), label, part, exclude)

    def copy(self, label: str = "L", exclude: tuple[str, ...] = (), **how: str) -> subprocess.CompletedProcess:
        return self.run(self.storing(label, exclude=exclude), **how)

    def verify(self, label: str = "L") -> subprocess.CompletedProcess:
        return self.run(self.engine.verify(label, "p"))

    def extract(self, target: Path, label: str = "L") -> subprocess.CompletedProcess:
        return self.run(self.engine.extract(self.engine.place(label, "p"), str(target)))

    def remove(self, label: str) -> subprocess.CompletedProcess:
        return self.run(self.engine.remove(label, ("p",)))

    def restic(self, *words: str) -> str:
        """What restic answers to somebody who knows the password."""
        env = os.environ | {"RESTIC_PASSWORD": self.password, "RESTIC_REPOSITORY": str(self.repository)}
        return subprocess.run(["restic", "--no-cache", *words], capture_output=True, text=True, env=env).stdout

    @property
    def repository(self) -> Path:
        return self.base / "repositories" / "p"

    @property
    def snapshots(self) -> list[str]:
        return re.findall(r'"id":"(\w{64})"', self.restic("snapshots", "--json"))

    @property
    def packs(self) -> list[Path]:
        return sorted((path for path in (self.repository / "data").rglob("*") if path.is_file()), key=lambda p: p.name)

    @property
    def size_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.packs)

    @property
    def left(self) -> set[str]:
        return {path.name for path in self.target.iterdir()}

    def watched(self, what: str) -> str:
        """Put another `restic` before the real one, which does more: `$1` is its command."""
        (self.base / "bin").mkdir()
        real = f'exec {shutil.which("restic")} ${{first-}} "$@"'
        text = f"#!/bin/bash\n[[ $1 == --* ]] && first=$1 && shift\n{what}\n{real}\n"
        (self.base / "bin" / "restic").write_text(text, encoding="utf-8")
        (self.base / "bin" / "restic").chmod(0o755)
        return f"{self.base}/bin:"


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A source that was copied, once for all stories that only look at it, or harm a copy of it."""
    made = Place(tmp_path_factory.mktemp("finished"))
    fill(made.source)
    ended_well(made.copy())
    return made


def another(finished: Place, base: Path) -> Place:
    subprocess.run(["cp", "--archive", f"{finished.base}/.", base], check=True)
    return Place(base)


@pytest.fixture
def copied(finished, tmp_path):
    """A source and its finished copy, to harm."""
    return another(finished, tmp_path)


def test_no_repository_is_made_where_one_was_before(finished, tmp_path):
    """Its disk is away: a new one on the mount point would fill the system's disk, and hide all copies of before."""
    place = another(finished, tmp_path)
    shutil.rmtree(place.repository)
    failed = place.run(place.engine.store(str(place.source), "L2", "p", (), "20261121T190000Z"))
    assert failed.returncode != 0
    assert f"{place.repository} does not answer, backup 20261121T190000Z has its copy there: no new" in failed.stdout
    assert not place.repository.exists()


def test_where_one_was_before_it_is_used(finished, tmp_path):
    """Every night but the first."""
    place = another(finished, tmp_path)
    ended_well(place.run(place.engine.store(str(place.source), "L2", "p", (), "20261121T190000Z")))
    assert len(place.snapshots) == 2


@pytest.fixture(scope="module", autouse=True)
def long_tries(finished, tmp_path_factory):
    """What a backend refuses restic tries again for most of a minute: begun with the first story, told last."""
    places = {name: another(finished, tmp_path_factory.mktemp(name)) for name in ("missing", "closed", "full")}
    for place in places.values():
        (place.source / "new").write_bytes(os.urandom(2_000_000))
    max(places["missing"].packs, key=lambda path: path.stat().st_size).unlink()
    closed = places["closed"].repository
    for path in (closed, *closed.rglob("*")):
        path.chmod(0o500 if path.is_dir() else 0o400)
    begun = {
        "missing": places["missing"].begin(places["missing"].engine.verify("L", "p")),
        "closed": places["closed"].begin(places["closed"].storing("L2"), AS_ANYBODY),
        "full": places["full"].begin(places["full"].storing("L2"), "trap '' XFSZ; ulimit -f 200; exec"),
    }
    yield {name: (places[name], process) for name, process in begun.items()}
    for process in begun.values():
        process.kill()
        process.communicate()


# --- what is copied --------------------------------------------------------------------------------------------------


def test_what_is_extracted_is_what_was_copied(finished, tmp_path):
    """Empty directories, owners, modes, attributes and links: mongod does not start on less."""
    done = finished.verify()
    ended_well(done)
    assert done.stdout == "read back 9 files\n"
    back = tmp_path / "back"
    ended_well(finished.extract(back))
    assert contents(back) == contents(finished.source)
    assert os.path.samefile(back / "hard link", back / "WiredTiger.wt")
    assert not (tmp_path / "back.partial").exists()


def test_the_facts_are_those_of_the_snapshot(finished):
    """Its id is a hash of everything in it: the manifest names it."""
    (snapshot,) = finished.snapshots
    assert (finished.target / "p.facts").read_text() == f"170000 {snapshot} 9\n"
    assert finished.left == FINISHED
    assert {oct(path.stat().st_mode & 0o777) for path in finished.target.iterdir()} == {"0o600"}
    assert oct(finished.target.stat().st_mode & 0o777) == "0o700"


def test_names_of_all_kinds(place, tmp_path):
    """restic's own list shows all bytes that are not UTF-8 as the same: the archive that is read back does not."""
    fill_with_names(place.source)
    ended_well(place.copy())
    for percent in (100, 50):
        place.settings["read_data_percent"] = percent
        ended_well(place.verify())
    ended_well(place.extract(tmp_path / "back"))
    assert contents(tmp_path / "back") == contents(place.source)
    assert len(contents(place.source)) == len(NAMES_OF_ALL_KINDS) + 3


def test_what_is_left_out_of_a_dbpath(place, tmp_path, monkeypatch):
    """
    As the engine tar does it: only at the top, with all that is below; a socket has nothing to copy.

    The source is a link with a nasty name: the directory is copied that it leads to.
    """
    place.source.rename(tmp_path / "-r [d] *.log")
    place.source = tmp_path / "it's $(x)\n*"
    place.source.symlink_to(tmp_path / "-r [d] *.log")
    monkeypatch.chdir(place.source)  # a socket's path may have 107 characters only
    for name in (
        "diagnostic.data/metrics",
        ROLLED_BACK,
        "rollback/collection-7-1.wt",
        "db/diagnostic.data/kept",
        "db/kept.wt",
        "[a]*.log/x",
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    for name in ("mongod.log", "new\nline \\.log", "kept.logs", "mongodb.sock", "a.loh"):
        Path(name).touch()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
    ended_well(place.copy(exclude=EXCLUDED_OF_MONGODB))
    ended_well(place.verify())
    ended_well(place.extract(tmp_path / "back"))
    kept = {".", "db", "db/diagnostic.data", "db/diagnostic.data/kept", "db/kept.wt", "kept.logs", "a.loh"}
    kept |= {"rollback", str(PurePosixPath(ROLLED_BACK).parent), "rollback/collection-7-1.wt"}
    assert set(contents(tmp_path / "back")) == kept


def test_the_second_night_stores_what_is_new(copied):
    """That is what one takes restic for; the first night's copy is as good as before."""
    (copied.source / "new").write_bytes(os.urandom(10_000))
    before = copied.size_bytes
    ended_well(copied.copy("L2"))
    assert before + 10_000 < copied.size_bytes < before + 30_000
    ended_well(copied.verify("L2"))
    ended_well(copied.verify("L"))
    assert len(copied.snapshots) == 2


def test_two_hosts_begin_at_once_with_what_is_new(place):
    """Two that make one repository damage it (seen with restic 0.14): each part has its own."""
    (place.source / "file").touch()
    both = [place.begin(place.storing(part=part), unit=f"vitam-copy-L-{part}.service") for part in ("p", "q")]
    for process in both:
        assert process.wait(timeout=60) == 0, process.stderr.read()
    assert {path.name for path in (place.base / "repositories").iterdir()} == {"p", "q"}


# --- what fails ------------------------------------------------------------------------------------------------------


def nothing_is_left(place: Place, snapshots: int = 0) -> None:
    assert "p.facts" not in place.left
    assert len(place.snapshots) == snapshots


def test_a_file_that_may_not_be_read_leaves_no_snapshot(place):
    """restic goes on to the end without it, makes its snapshot, and says so with its exit status only."""
    (place.source / "closed").touch(mode=0)
    done = place.copy(within=AS_ANYBODY)
    assert done.returncode == 3
    assert 'source/closed"}' in done.stderr
    nothing_is_left(place)


def test_a_file_that_changes_while_it_is_read_leaves_no_snapshot(place):
    """Somebody writes: the copy is not of one moment. restic takes what it finds."""
    (place.source / "growing").touch()
    path = place.watched(f'if [[ $1 == backup ]]; then echo more >> "{place.source}/growing"; fi')
    done = place.copy(path=path)
    assert done.returncode != 0
    assert '"name": "./growing", "size": 5' in done.stderr
    nothing_is_left(place)


def test_a_wrong_password(copied):
    """Nothing is copied into a repository that nobody could read afterwards."""
    copied.password = "another"
    done = copied.copy("L2")
    assert done.returncode != 0
    assert "wrong password" in done.stderr


def test_a_copy_killed_halfway_is_made_again(place):
    """The host went down: a lock stays in the repository, and data that no snapshot has."""
    (place.source / "big").write_bytes(os.urandom(20_000_000))
    place.settings["limit_upload_kib"] = 4000
    process = place.begin(place.storing())
    until = time.monotonic() + 60
    while not place.repository.exists() or not place.packs:
        assert time.monotonic() < until
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert list((place.repository / "locks").iterdir())
    assert "p.facts" not in place.left
    del place.settings["limit_upload_kib"]
    ended_well(place.copy())
    ended_well(place.verify())
    assert len(place.snapshots) == 1
    assert place.left == FINISHED


def test_a_second_try_replaces_what_the_first_one_made(copied):
    """One snapshot for each backup and part: nobody has to choose when a restore is urgent."""
    first = copied.snapshots
    (copied.source / "new").touch()
    ended_well(copied.copy())
    assert len(copied.snapshots) == 1
    assert copied.snapshots != first
    ended_well(copied.verify())


def test_a_second_try_that_fails_leaves_nothing_of_the_first(copied):
    """Its facts would be those of another moment."""
    (copied.source / "closed").touch(mode=0)
    assert copied.copy(within=AS_ANYBODY).returncode == 3
    nothing_is_left(copied)


# --- what is found when it is read back ------------------------------------------------------------------------------


def flip(pack: Path) -> None:
    content = bytearray(pack.read_bytes())
    content[len(content) // 3] ^= 1
    pack.chmod(0o600)
    pack.write_bytes(content)


@pytest.mark.parametrize("number", [0, 1])
def test_one_bit_that_flipped_is_found(copied, number):
    """In a pack of data, and in that of the directories."""
    flip(copied.packs[number])
    assert copied.verify().returncode != 0


def test_a_snapshot_that_is_missing_is_found(copied):
    copied.restic("forget", *copied.snapshots)
    done = copied.verify()
    assert done.returncode != 0
    assert "no matching ID found" in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "percent"),
    [
        ('"size": 50000', '"size": 50001', 100),
        ('"mode": "0600"', '"mode": "0644"', 100),
        ('"uid": 2001', '"uid": 2002', 100),
        ('"name": "./mongod.lock"', '"name": "./mongod.lick"', 1),
        ('"type": "symlink"', '"type": "file"', 1),
    ],
)
def test_a_list_of_another_source_is_found(copied, old, new, percent):
    """Type, mode, owner, size and time of every file are those that the source had while it was stopped."""
    copied.settings["read_data_percent"] = percent
    listed = copied.target / "p.files"
    assert old in listed.read_text()
    listed.write_text(listed.read_text().replace(old, new, 1), encoding="utf-8")
    done = copied.verify()
    assert done.returncode != 0
    assert "missing: " in done.stderr
    assert new in done.stderr


@pytest.mark.parametrize("name", sorted(FINISHED))
@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-30])])
def test_whatever_is_lost_or_cut_is_found(copied, harm, name):
    harm(copied.target / name)
    assert copied.verify().returncode != 0


def test_a_link_that_restic_cannot_keep_is_found(place):
    """restic 0.14 spoils a link whose target is not UTF-8; its own list does not show where links lead."""
    (place.source / "link").symlink_to(os.fsdecode(b"\xff"))
    ended_well(place.copy())
    done = place.verify()
    assert done.returncode != 0
    assert r'"target": "\udcff"' in done.stderr


# --- extracting and removing -----------------------------------------------------------------------------------------


def test_what_is_there_is_not_written_over(finished, tmp_path):
    (tmp_path / "back").mkdir()
    assert "back is there already" in finished.extract(tmp_path / "back").stdout


def test_a_damaged_copy_is_not_extracted(copied, tmp_path):
    """Whoever restores it would find out only once mongod does not start."""
    flip(max(copied.packs, key=lambda path: path.stat().st_size))
    assert copied.extract(tmp_path / "back").returncode != 0
    assert not (tmp_path / "back").exists()


def test_a_repository_is_carried_to_another_host_and_opened_there(finished, tmp_path):
    """By the commands of a restore, whose sudo is taken away: all of it, or nothing under that name."""
    pieces = finished.engine.pieces(finished.engine.place("L", "p"))
    own = f"{tmp_path}/restore-L/p"
    steps = [bringing.make_directory(own), bringing.send(pieces), bringing.receive(own), bringing.arrived(own)]
    make, send, receive, arrived = (step.line.replace("sudo -n ", "") for step in steps)
    subprocess.run(["bash", "-ec", f"set -o pipefail; {make}; {send} | {receive}; {arrived}"], check=True)
    ended_well(finished.run(finished.engine.extract(pieces.place_in(own), f"{tmp_path}/back")))
    assert contents(tmp_path / "back") == contents(finished.source)


@pytest.mark.parametrize("repository", ["sftp:me@vault:/srv/restic", "rest:https://vault"])
def test_a_repository_elsewhere_is_not_carried(place, repository):
    assert place.engine.pieces(f"{repository}/p#L") is None


def test_a_copy_that_is_not_there_is_not_extracted(finished, tmp_path):
    assert "one snapshot expected of L8 p" in finished.extract(tmp_path / "back", "L8").stdout


def test_what_an_interrupted_extraction_left_is_swept(finished, tmp_path):
    (tmp_path / "back.partial").mkdir()
    (tmp_path / "back.partial" / "stranger").touch()
    ended_well(finished.extract(tmp_path / "back"))
    assert contents(tmp_path / "back") == contents(finished.source)


def test_an_old_backup_is_removed_and_no_other(copied):
    """What only it needed goes with it; removing again finds nothing to do."""
    (copied.source / "WiredTiger.wt").write_bytes(os.urandom(50_000))
    ended_well(copied.copy("L2"))
    before = copied.size_bytes
    ended_well(copied.remove("L"))
    ended_well(copied.remove("L"))
    assert copied.size_bytes < before - 40_000
    assert not copied.target.exists()
    ended_well(copied.verify("L2"))


def test_a_removal_waits_for_whoever_reads(copied):
    """A drill begins with the same sealed night: the removal was red, night after night, and the disk filled up."""
    words = ["restic", "--no-cache", "backup", "--stdin", "--tag", "else"]
    env = os.environ | {"RESTIC_PASSWORD": copied.password, "RESTIC_REPOSITORY": str(copied.repository)}
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=env) as reader:
        while not list((copied.repository / "locks").iterdir()):
            time.sleep(0.05)
        removal = copied.begin(copied.engine.remove("L", ("p",)))
        time.sleep(3)
        assert (removal.poll(), copied.target.exists()) == (None, True)
        reader.communicate(b"read")
    output, errors = removal.communicate(timeout=60)
    assert removal.returncode == 0, output + errors
    assert not copied.target.exists()


# --- secrets ---------------------------------------------------------------------------------------------------------


def test_nobody_sees_the_password(copied):
    """Not in any process's command line while restic runs, not in the journal, not in what is left on the host."""
    seen = copied.base / "seen"
    watch = f'cat /proc/[0-9]*/cmdline >> "{seen}" 2> /dev/null; ls "{copied.base}/secrets" >> "{seen}"'
    done = copied.copy("L2", path=copied.watched(watch))
    ended_well(done)
    texts = [done.stdout.encode(), done.stderr.encode(), seen.read_bytes()]
    texts += [path.read_bytes() for path in (copied.base / "copies").rglob("*") if path.is_file()]
    assert b"restic" in seen.read_bytes()
    assert not [
        text for text in texts if b"cafe's" in text or b"RESTIC_PASSWORD" in text or UNIT.encode() in text[-60:]
    ]
    assert not list((copied.base / "secrets").iterdir())


def test_a_job_without_its_secrets_does_nothing(copied):
    """It was started by hand, or twice: it fails before it removes what an earlier try made."""
    job = copied.storing()
    script = job.script.replace(secret_files.HOME, f"{copied.base}/nowhere")
    words = ["bash", "-c", script, UNIT, *job.arguments]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"nowhere/{UNIT}: No such file" in done.stderr
    assert copied.left == FINISHED


# --- what takes restic long ------------------------------------------------------------------------------------------


def test_a_pack_that_is_missing_is_found(long_tries):
    _, process = long_tries["missing"]
    assert process.wait(timeout=100) != 0
    assert "no such file or directory" in process.stderr.read()


@pytest.mark.parametrize(
    ("which", "words"), [("closed", "permission denied"), ("full", "file too large")], ids=["closed", "full"]
)
def test_a_repository_that_takes_nothing(long_tries, which, words):
    """The copy fails, and what was there before is as good as ever."""
    place, process = long_tries[which]
    assert process.wait(timeout=100) != 0
    assert words in process.stderr.read()
    assert len(place.snapshots) == 1
    assert not (place.base / "copies" / "L2" / "p.facts").exists()
