"""Ways to break a lab platform, and to mend it again. Each is what happens on real hosts, done past ssh."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any

from pymongo import MongoClient

from lab.topology import load_platform
from tests.dags import quick
from tests.dags.night import load_dag
from tests.lab.evidence import on
from vitam_operators.hooks.records import nights_of
from vitam_operators.platforms import platform_at

ROOT = Path(__file__).parents[2]
Break = Callable[[], None]
ELECTED_WITHIN_S = 60

WRONG_CLOCK = """
cat > /usr/local/bin/date <<'END'
#!/bin/sh
# Stand-in: a container cannot have a clock of its own, so the answer is wrong instead.
case "$1" in +%s.%N) echo "$(( $(/usr/bin/date +%s) + 60 )).0";; *) exec /usr/bin/date "$@";; esac
END
chmod 755 /usr/local/bin/date
"""


def script(host: str, text: str) -> Break:
    """Run a shell script as root on a host."""
    return lambda: void(on(host, text))


def void(_: object) -> None:
    """Forget an answer."""


def switch(host: str, unit: str, what: str) -> Break:
    """Make a stand-in misbehave."""
    return partial(_ctl, "misbehave", host, unit, what)


def behave(host: str, unit: str) -> Break:
    """Take a stand-in's switches back."""
    return partial(_ctl, "behave", host, unit)


def _ctl(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "lab.ctl", *words], cwd=ROOT, check=True, capture_output=True)


def docker(*words: str) -> Break:
    """Run a docker command."""
    return lambda: void(subprocess.run(["docker", *words], check=True, capture_output=True))


def reboot(host: str) -> Break:
    """Boot a host again, without a warning; what is not enabled does not start."""
    return docker("restart", "--time", "0", f"vitam-lab-{host}")


def reboot_once(condition: str, host: str) -> Break:
    """Boot a host again as soon as a condition holds there, whatever dies meanwhile; it gives up after two minutes."""
    once = f"until docker exec vitam-lab-{host} sh -c {quote(condition)}; do sleep 0.2; done"
    words = ["timeout", "120", "sh", "-c", f"{once}; docker restart --time 0 vitam-lab-{host}"]
    return lambda: void(subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


def cut_off(host: str) -> Break:
    """Take a host off the network."""
    return docker("network", "disconnect", "vitam-lab", f"vitam-lab-{host}")


def put_on(platform: str, host: str) -> Break:
    """Put a host on the network again, with the address that it had."""
    address = load_platform(platform).hosts[host].address
    return docker("network", "connect", "--ip", address, "vitam-lab", f"vitam-lab-{host}")


def later(seconds: float, what: str, host: str) -> Break:
    """Run a script on a host after a while, whatever the night does meanwhile."""
    words = ["docker", "exec", "--detach", f"vitam-lab-{host}", "bash", "-c", f"sleep {seconds}; {what}"]
    return lambda: void(subprocess.run(words, check=True, capture_output=True))


def as_soon_as(condition: str, what: str, host: str) -> Break:
    """Run a script on a host as soon as a condition holds there; it gives up after ten minutes."""
    return later(0, f"for i in $(seq 6000); do if {condition}; then {what}; break; fi; sleep 0.1; done", host)


def all_of(*breaks: Break) -> Break:
    """Do several things in order."""
    return lambda: [each() for each in breaks] and None


class Sets:
    """
    The replica sets of a lab platform, as their administrator.

    :param platform: its name
    """

    def __init__(self, platform: str) -> None:
        self.platform, self.lab = platform, load_platform(platform)
        self.run = ROOT / "lab" / "run" / platform
        self.connected: list[MongoClient[dict[str, Any]]] = []

    def edit(self, old: str, new: str) -> None:
        """Edit the platform file, as a person does in the middle of a night."""
        file = self.run / "platform.yaml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def second_airflow(self) -> None:
        """Let another Airflow, with records of its own, begin a run of the same id; its look has to refuse."""
        known = (self.run / "platform.yaml").read_text(encoding="utf-8")
        own, other = f"file://{self.run}/records", f"file://{self.run}/records-of-another"
        assert own in known
        file = self.run / "platform-of-another.yaml"
        file.write_text(known.replace(own, other), encoding="utf-8")
        now = dt.datetime.now(dt.UTC)
        asked = {"until": (now + dt.timedelta(hours=2)).isoformat(), "securing": "none_running"}
        state, states = quick.run_quickly(load_dag(file), now, asked)
        assert (state, states["open_backup"]) == ("failed", ["upstream_failed"]), states

    def empty(self, record: str) -> None:
        """Leave nothing of a record of the newest night, as a disk that was full does."""
        runs = nights_of(platform_at(str(self.run / "platform.yaml"))).newest_first()
        (runs[0].directory / f"{record}.json").write_text("", encoding="utf-8")

    def member(self, host: str, port: int = 27019, cluster: str = "mongo-data") -> MongoClient[dict[str, Any]]:
        """Return a client of one member."""
        connections = json.loads((self.run / "connections.json").read_text())
        account = connections[f"vitam_{self.platform}_{cluster.replace('-', '_')}_admin"]
        address = self.lab.hosts[host].address
        return MongoClient(
            address, port, directConnection=True, username=account["login"], password=account["password"]
        )

    def primary(self, replica_set: str, cluster: str = "mongo-data") -> str:
        """Return the host of a set's primary; an election that goes on is waited for."""
        port = 27018 if replica_set == "configsvr" else 27019
        give_up = time.monotonic() + ELECTED_WITHIN_S
        while time.monotonic() < give_up:
            for host in self.lab.clusters[cluster].members(replica_set):
                with self.member(host, port, cluster) as client:
                    if client.admin.command("isMaster")["ismaster"]:
                        return host
            time.sleep(0.5)
        raise AssertionError(f"{replica_set} has had no primary for {ELECTED_WITHIN_S} s")

    def fail_over(self, replica_set: str) -> None:
        """Make another member the primary."""
        with self.member(self.primary(replica_set)) as client:
            client.admin.command("replSetStepDown", 60, secondaryCatchUpPeriodSecs=10)

    def write(self, replica_set: str) -> None:
        """Write a document to a set's primary, as a service that somebody has left running would."""
        with self.member(self.primary(replica_set)) as client:
            client["metadata"]["Unit"].insert_one({"_id": "written while the copies were made"})

    def maintain(self, replica_set: str, *, begin: bool) -> None:
        """Put a secondary into RECOVERING, or take it out."""
        for host in self.lab.clusters["mongo-data"].members(replica_set):
            with self.member(host) as client:
                said = client.admin.command("isMaster")
                if said["secondary"] if begin else not said["ismaster"] and not said["secondary"]:
                    client.admin.command("replSetMaintenance", begin)
                    return

    def connect(self, replica_set: str) -> None:
        """Connect to a set's primary as a service would, write, and stay."""
        client = self.member(self.primary(replica_set))
        client["metadata"]["Unit"].update_one({"_id": "a late write"}, {"$inc": {"n": 1}}, upsert=True)
        self.connected.append(client)

    def disconnect(self) -> None:
        """End what :meth:`connect` began."""
        while self.connected:
            self.connected.pop().close()

    def balancer(self, command: str) -> None:
        """Switch the balancer on or off, through a mongos."""
        with self.member(self.lab.clusters["mongo-data"].mongos[0], 27017) as client:
            client.admin.command(command)

    def pretend_migration(self, *, begin: bool) -> None:
        """Leave a migration in ``config.migrations`` as a balancer does while it moves a chunk, or take it out."""
        with self.member(self.primary("configsvr"), 27018) as client:
            found = client["config"]["migrations"]
            found.insert_one({"_id": "a chunk on its way"}) if begin else found.delete_many({})
