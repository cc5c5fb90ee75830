"""A host that understands the very command lines that the package builds, and no other."""

from __future__ import annotations

import hashlib
import re
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from tests.fakes.drills import FakeDrills
from tests.fakes.guards import FakeGuard
from tests.fakes.restores import BROUGHT, FakeRestores
from tests.fakes.units import FakeUnit, not_found
from vitam_operators import archive, guard, proxies, reflink, scratch_mongod, secret_files, tools
from vitam_operators.clients import RESTIC_SCRIPT
from vitam_operators.config import Host
from vitam_operators.engines import restic, tar
from vitam_operators.procedure import SERVICES

Answer = tuple[int, str]
TRIES_TO_SHARE = "(sudo -n stat --format=%d -- "
SUDO_QUESTION = re.compile(r"sudo -n -l (\S+) .*> /dev/null 2>&1 && echo yes \|\| echo no")
GIGABYTE = 2**30
REFUSED, TOO_SLOW = (7, ""), (28, "")
CURLS_WORDS = {
    7: "curl: (7) Failed to connect to 10.0.0.1 port 1 after 0 ms: Couldn't connect to server",
    28: "curl: (28) Operation timed out after 10001 milliseconds with 0 bytes received",
}
"""As curl 7.88.1 (Debian 12) says them; the numbers: curl(1), EXIT CODES."""
CURL = ["-q", "--noproxy", "*", "--globoff"]
CURL_LINE = shlex.join(["curl", *CURL])


class UnknownCommandError(AssertionError):
    """The package ran a command line that no fake host knows: teach the fake, after a look at a real host."""


DEBIAN_12 = {
    "systemctl": "systemd 252 (252.39-1~deb12u1)",
    "systemd-run": "systemd 252 (252.39-1~deb12u1)",
    "journalctl": "systemd 252 (252.39-1~deb12u1)",
    "python3": "Python 3.11.2",
    "sudo": "Sudo version 1.9.13p3",
    "curl": "curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1 OpenSSL/3.0.17 zlib/1.2.13",
    "ss": "ss utility, iproute2-6.1.0, libbpf 1.1.0",
    "tar": "tar (GNU tar) 1.34",
    "zstd": "*** Zstandard CLI (64-bit) v1.5.4, by Yann Collet ***",
    "sha256sum": "sha256sum (GNU coreutils) 9.1",
    "restic": "restic 0.14.0 compiled with go1.19.8 on linux/amd64",
    "bash": "GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)",
}
"""What the programs of a Debian 12 say, read on one."""


@dataclass
class FakeHost:
    """
    One host: units, files, and web services that answer while their unit runs.

    Files are sizes by path. A copy reads its source when it ends, so that a mongod that was started meanwhile spoils
    it, as it would on a disk. Secrets are files that a job takes away when it begins.

    Left out: users and rights (but for ``sudo``), network failures other than :attr:`unreachable`, time.
    """

    host: Host
    tell: Callable[[str, str, str], None]
    web: Callable[[FakeHost, str, str, list[str], str], Answer]
    units: dict[str, FakeUnit] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    archives: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    mounts: list[str] = field(default_factory=list)
    free_bytes: int = 100 * GIGABYTE
    missing_tools: tuple[str, ...] = ()
    programs: dict[str, str] = field(default_factory=lambda: dict(DEBIAN_12))
    proxies: str = ""
    slow: set[int] = field(default_factory=set)
    """Ports that take a connection and say nothing."""
    sudo: bool = True
    unreachable: bool = False
    copy_fails: bool = False
    disk_fails: bool = False
    clock_off_s: float = 0
    shares_blocks: bool = True
    room_beside_bytes: int = 100 * GIGABYTE

    def __post_init__(self) -> None:
        self.guard = FakeGuard(lambda verb, what: self.tell(self.host.name, verb, what))
        self.drills = FakeDrills(lambda verb, what: self.tell(self.host.name, verb, what), lambda p: p in self.archives)

        self.restores = FakeRestores(self, lambda verb, what: self.tell(self.host.name, verb, what))

    async def run(self, command: str, stdin: str) -> Any:
        """Run one line with its input, as a process of asyncssh's does."""
        if not self.sudo and "sudo -n " in command and not SUDO_QUESTION.fullmatch(command):
            # sudo-project/sudo@008a0e8dc13b plugins/sudoers/logging.c, log_auth_failure.
            return SimpleNamespace(exit_status=1, stdout="", stderr="sudo: a password is required\n")
        status, output = self.answer(command, stdin)
        told = CURLS_WORDS.get(status, "") if command.startswith("env LC_ALL=C curl") else f"status {status}"
        told = "cp: Operation not supported" if command.startswith(TRIES_TO_SHARE) else told
        return SimpleNamespace(exit_status=status, stdout=output, stderr=told if status else "")

    def answer(self, command: str, stdin: str) -> Answer:
        """Run one line."""
        if SUDO_QUESTION.fullmatch(command):
            return 0, "yes\n" if self.sudo else "no\n"
        if command.startswith(TRIES_TO_SHARE):
            return 0 if self.shares_blocks else 1, "2049\n2049\n"
        words = shlex.split(command)
        root = words[:2] == ["sudo", "-n"]
        words = words[2:] if root else words
        words = [word for word in words if word not in ("LC_ALL=C", "TZ=UTC")]
        words = words[1:] if words[0] == "env" else words
        assert words[0] != "curl" or words[1:5] == CURL, "a question that a proxy or ~/.curlrc may change"
        restored = self.restores.answer(words) if root else None
        if restored is not None:
            return restored
        match words:
            case [
                "systemctl",
                "show",
                "--property=BoundBy,RequiredBy,RequisiteOf,ConsistsOf,PropagatesStopTo",
                "--",
                *units,
            ]:
                return 0, "\n".join(f"BoundBy={' '.join(self._bound_by(unit))}\nConsistsOf=\n" for unit in units)
            case ["systemctl", "show", _, "--", *units]:
                return 0, "\n".join(self._show(unit) for unit in units)
            case ["systemctl", "stop", "--no-block", "--", *units] if root:
                return self._each("stop", units)
            case ["systemctl", "start", "--no-block", "--", *units] if root:
                return self._each("start", units)
            case ["systemctl", "stop", "--", unit] if root:
                return self._forget("end", unit)
            case ["systemctl", "reset-failed", "--", unit] if root:
                return self._forget("forget", unit)
            case ["systemd-run", *_] if root:
                return self._run_transient(words)
            case ["journalctl", name, since, *_, "|", "tail", lines] if root:
                return 0, self._journal(self.units[name.partition("=")[2]], since, int(lines.partition("=")[2]))
            case ["ss", "-Hltn"]:
                ports = sorted(port for unit in self.units.values() if unit.running for port in unit.ports)
                return 0, "".join(f"LISTEN 0 128 {self.host.service_ip}:{port} 0.0.0.0:*\n" for port in ports)
            case ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-c", tools.SCRIPT, "sh", *names]:
                return 0, "".join(f"{name} {self.programs.get(name, f'{name} 1.0.1')}\n" for name in names)
            case ["sh", "-c", proxies.SCRIPT]:
                return 0, self.proxies
            case ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-c", _, "sh", *names]:
                return 0, "".join(f"{name}\n" for name in names if name in self.missing_tools)
            case ["curl", *more]:
                return self._curl(more, stdin)
            case ["du", "--summarize", "--bytes", *_, "--", path] if root:
                sizes = [size for name, size in self.files.items() if name.startswith(f"{path}/")]
                return (0, f"{sum(sizes)}\t{path}\n") if sizes else (1, "")
            case ["stat", "--format=%n", "--", path] if root and path == RESTIC_SCRIPT:
                return (0, f"{path}\n") if path in self.files else (1, "")
            case ["find", directory, "-type", "l"] if root:
                return 0, "".join(f"{link}\n" for link in self.links if link.startswith(directory))
            case ["readlink", "--canonicalize", "--", path, "&&", "cat", "/proc/self/mounts"] if root:
                return 0, f"{path}\n" + "".join(f"/dev/sdb1 {place} xfs rw 0 0\n" for place in ("/", *self.mounts))
            case ["cat", "/proc/self/mounts"]:
                return 0, "".join(f"/dev/sdb1 {place} xfs rw 0 0\n" for place in ("/", *self.mounts))
            case ["stat", "--format=%s:%Y", path] if root:
                return (0, f"{self.files[path]}:{self.changed[path]}\n") if path in self.files else (1, "")
            case ["stat", "--format=%s", "--", path, "&&", "sudo", "-n", "cat", "--", facts] if root:
                assert facts == f"{path}.facts"
                if path not in self.files:
                    return 1, ""
                return 0, f"{self.files[path]}\n{self.files[path]} {self.archives[path]} 3\n"
            case ["stat", "--format=%F", "--", path, "&&", "sudo", "-n", "cat", "--", facts] if root:
                assert facts == f"{path}.facts"
                return (0, f"directory\n{self.files[facts]} {'0' * 64} 3\n") if facts in self.files else (1, "")
            case ["stat", "--file-system", "--format=%i:%a:%S", "--", _] if root:
                return 0, f"fd0100000000:{self.room_beside_bytes // 4096}:4096\n"
            case ["bash", "-c", archive.ROOM_SCRIPT, "bash", _]:
                return 0, f"Avail\n{self.free_bytes}\n"
            case ["sh", "-c", guard.STATE_SCRIPT]:
                return 0, self.guard.state()
            case ["date", "+%s.%N"]:
                return 0, f"{time.time() + self.clock_off_s:.9f}\n"
            case ["tee", "--", path, ">", "/dev/null"] if root and path.startswith("/vitam/"):
                return self._write_beside(path, stdin)
            case ["mv", "--", path, other] if root and path in self.texts:
                self.tell(self.host.name, "write", other)
                self.texts[other], self.files[other] = self.texts.pop(path), self.files.pop(path)
                return 0, ""
            case ["rm", "-rf", "--", path] if root and path.startswith("/vitam/"):
                return self._remove_tree(path)
            case ["rm", "-f", "--", path] if root and path.startswith("/vitam/"):
                self.tell(self.host.name, "remove", path)
                return 0, ""
            case ["rm", "-f", "--", secret, *partial] if root and secret.startswith(secret_files.HOME):
                self.secrets.pop(secret, None)
                assert all(path.endswith(".partial") for path in partial)
                return 0, ""
            case ["mkdir", "-p", "-m", "0700", "--", secret_files.HOME] if root:
                return 0, ""
            case ["umask", "077", "&&", "sudo", "-n", "tee", "--", path, ">", "/dev/null"]:
                self.secrets[path] = stdin
                return 0, ""
            case ["cat", "--", facts] if root and facts.endswith(".facts"):
                known = (self.files.get(facts), self.archives.get(facts))
                return (0, f"{known[0]} {known[1]} 3\n") if facts in self.archives else (1, "")
            case ["rm", "-rf", "--", path, *_] if root and ".vitam-backup-" in path:
                self._remove_snapshot(path)
                return 0, ""
        answer = self.drills.answer(words, root=root) or (self.guard.answer(words, stdin) if root else None)
        if answer is None:
            raise UnknownCommandError(command)
        return answer

    def writes(self, path: str) -> Callable[[int], None]:
        """Return what writes so many bytes into a file: an hour ago first; no two changes are of the same second."""

        def write(size: int) -> None:
            self.files[path] = size
            first = path not in self.changed
            self.changed[path] = int(time.time()) - 3600 if first else max(int(time.time()), self.changed[path] + 1)

        return write

    def reboot(self) -> None:
        """Boot in order: every unit stops and, as Vitam's are not enabled, stays down; ``/run`` is empty."""
        self.units = {name: unit for name, unit in self.units.items() if unit.job is None}
        for unit in self.units.values():
            unit.boot()
        self.guard.let_go()

    def _show(self, name: str) -> str:
        unit = self.units.get(name)
        if unit is None:
            return not_found(name)
        unit.look()
        return unit.show()

    def _each(self, verb: str, names: list[str]) -> Answer:
        for name in names:
            self.tell(self.host.name, verb, name)
            unit = self.units[name]
            assert verb == "stop" or not self.guard.refuses(name), f"{name} is held, and was started"
            (unit.ask_stop if verb == "stop" else unit.ask_start)()
            for bound in self._all_bound_by(name) - {name} if verb == "stop" else ():
                self.units[bound].ask_stop()
        return 0, ""

    def _all_bound_by(self, name: str) -> set[str]:
        """A stop goes on from unit to unit (systemd/systemd@v252 src/core/transaction.c, UNIT_ATOM_PROPAGATE_STOP)."""
        found, asked = set[str](), {name}
        while asked:
            asked = {bound for unit in asked for bound in self._bound_by(unit)} - found
            found |= asked
        return found & {*self.units}

    def _bound_by(self, name: str) -> tuple[str, ...]:
        return self.units[name].bound_by if name in self.units else ()

    def _forget(self, verb: str, name: str) -> Answer:
        """
        Stop a transient unit, or forget that it failed: either ends it for systemd, but a stop no unit that failed.

        systemd.unit(5), ``CollectMode=``; status of a unit that is not there: ``systemd/systemd@v252 src/systemctl/``
        ``systemctl-util.c:103-104``, and ``systemctl-reset-failed.c:31-37``, which has no status of its own.
        """
        self.tell(self.host.name, verb, name)
        unit = self.units.get(name)
        if unit is None:
            return (5, "") if verb == "end" else (1, "")
        if (unit.active == "failed") == (verb == "forget"):
            del self.units[name]
            if unit.running:
                unit.end(0)
        return 0, ""

    def _run_transient(self, words: list[str]) -> Answer:
        name = words[1].removeprefix("--unit=")
        if name in self.units:
            return 1, ""
        at = words.index("-c")
        script, *arguments = (word.replace("$$", "$") for word in [words[at + 1], *words[at + 3 :]])
        self.tell(self.host.name, "run", name)
        if script == scratch_mongod.OPEN_SCRIPT:
            self.units[name] = FakeUnit(name)
            self._extracting(arguments[0]).open(self.units[name], *arguments)
            return 0, ""
        jobs: dict[str, Callable[[], int]] = {
            tar.STORE_SCRIPT: lambda: self._copy(unit, *arguments[:3]),
            tar.VERIFY_SCRIPT: lambda: self._read_back(*arguments[:2]),
            tar.EXTRACT_SCRIPT: lambda: self._extracting(arguments[2]).extract(unit, arguments[0], arguments[2]),
            reflink.SNAPSHOT_SCRIPT: lambda: self._share(unit, *arguments),
            restic.STORE_SCRIPT: lambda: self._snapshot(unit, *arguments[3:7]),
            restic.REMOVE_SCRIPT: lambda: self._forget_snapshots(*arguments[3:]),
            restic.EXTRACT_SCRIPT: lambda: self._restore_snapshot(unit, arguments[3], arguments[5]),
            restic.VERIFY_SCRIPT: lambda: self._read_back(arguments[3], f"{arguments[5]}.facts"),
        }
        secret = self.secrets.pop(secret_files.path_of(name), "")
        knows = secret_files.TAKE_SCRIPT not in script or secret.startswith("export ")
        unit = self.units[name] = FakeUnit(name, job=jobs[script] if knows else lambda: 1)
        unit.begin()
        unit.words.append("copied 1")
        return 0, ""

    @staticmethod
    def _journal(unit: FakeUnit, since: str, lines: int) -> str:
        began = int(unit.started_at.timestamp()) if unit.started_at else 0
        assert since == f"--since=@{began}", "it would read what an earlier try said"
        ended = [f"{unit.name}: Failed with result '{unit.result}'."] if unit.active == "failed" else []
        return "\n".join([*unit.words, *ended][-lines:])

    def _extracting(self, target: str) -> FakeDrills | FakeRestores:
        return self.restores if BROUGHT in target else self.drills

    def _copy(self, unit: FakeUnit, source: str, directory: str, name: str) -> int:
        read = self._read_cold(source)
        if self.copy_fails or not read:
            unit.words.append("tar: no space left on device")
            return 2
        path = f"{directory}/{name}"
        self.files[path] = sum(read.values())
        self.archives[path] = hashlib.sha256(path.encode()).hexdigest()
        return 0

    def _snapshot(self, unit: FakeUnit, source: str, directory: str, repository: str, part: str) -> int:
        read = self._read_cold(source)
        if self.copy_fails or not read:
            unit.words.append("Fatal: unable to save snapshot: no space left on device")
            return 1
        facts = f"{directory}/{part}.facts"
        self.files[facts] = sum(read.values())
        self.archives[facts] = hashlib.sha256(f"{repository}/{part}".encode()).hexdigest()
        return 0

    def _restore_snapshot(self, unit: FakeUnit, repository: str, target: str) -> int:
        if not repository.startswith("/"):
            self.archives[f"{repository}/config"] = "is elsewhere, for whoever asks"
        return self._extracting(target).extract(unit, f"{repository}/config", target)

    def _forget_snapshots(self, directory: str, repository: str, *parts: str) -> int:
        for part in parts:
            self.tell(self.host.name, "forget snapshot", f"{repository}/{part}")
            self.files.pop(f"{directory}/{part}.facts", None)
        return 0

    def _share(self, unit: FakeUnit, source: str, snapshot: str) -> int:
        read = self._read_cold(source)
        if self.copy_fails or not self.shares_blocks:
            unit.words.append("cp: failed to clone: Operation not supported")
            return 1
        self.files |= {snapshot + path.removeprefix(source): size for path, size in read.items()}
        self.files[f"{snapshot}.facts"] = sum(read.values())
        return 0

    def _read_cold(self, source: str) -> dict[str, int]:
        read = {path: size for path, size in self.files.items() if path.startswith(f"{source}/")}
        assert not any(size for path, size in read.items() if path.endswith("mongod.lock")), f"{source}: mongod at work"
        services = [SERVICES[name].unit for name in self.host.services]
        at_work = any(self.units[name].running for name in services)
        assert ".vitam-backup-" in source or not at_work, f"{source}: services at work"
        return read

    def _remove_snapshot(self, snapshot: str) -> None:
        own = (f"{snapshot}/", f"{snapshot}.")
        kept = {path: size for path, size in self.files.items() if not path.startswith(own)}
        if len(kept) < len(self.files):
            self.tell(self.host.name, "remove", snapshot)
        self.files = kept

    def _write_beside(self, path: str, content: str) -> Answer:
        if not any(name.startswith(f"{path.rpartition('/')[0]}/") for name in self.files):
            return 1, ""
        self.texts[path], self.files[path] = content, len(content)
        return 0, ""

    def _remove_tree(self, path: str) -> Answer:
        self.tell(self.host.name, "prune", path)
        if self.disk_fails:
            return 1, ""
        for known in (self.files, self.archives, self.texts):
            for name in [name for name in known if name.startswith(f"{path}/")]:
                del known[name]
        return 0, ""

    def _read_back(self, directory: str, name: str) -> int:
        return 0 if f"{directory}/{name}" in self.archives else 1

    def _curl(self, words: list[str], stdin: str) -> Answer:
        method, url = words[words.index("--request") + 1], words[-1]
        rest = url.partition("://")[2]
        address, _, path = rest.partition("/")
        name, _, port = address.rpartition(":")
        own = (self.host.service_ip, self.host.admin_ip)
        if name not in own or not any(unit.running and int(port) in unit.ports for unit in self.units.values()):
            return REFUSED
        if int(port) in self.slow:
            return TOO_SLOW
        status, body = self.web(self, method, f"/{path}", words, stdin)
        return 0, f"{body}\n{status}"
