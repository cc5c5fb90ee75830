"""Bring a lab platform up, reset it, take it down."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from lab import containers, credentials, disks, mongod
from lab.containers import LabError
from lab.plans import data_mb, plan_of
from lab.state import PlatformState, read_state
from lab.topology import Host, Platform

HEALTHY_S = 60
BOOT_S = 30.0
STEP_S = 180.0
SEED_S_PER_MB = 0.3
Result = TypeVar("Result")


def on_all(platform: Platform, action: Callable[[Host], Result]) -> list[Result]:
    """Do something on all hosts side by side and return the results in the hosts' order."""
    with ThreadPoolExecutor(len(platform.hosts)) as pool:
        return list(pool.map(action, platform.hosts.values()))


class Narrator:
    """Prints each step with the seconds since the beginning."""

    def __init__(self) -> None:
        self.started_at = time.monotonic()

    def say(self, text: str) -> None:
        """Print one line."""
        print(f"[{time.monotonic() - self.started_at:5.1f} s] {text}", flush=True)


def up(platform: Platform) -> PlatformState:
    """
    Build, create and provision what is missing, start what does not run, and wait until all is healthy.

    :raises LabError: when the platform does not get healthy, naming all that is wrong.
    """
    from lab.platform_file import rights  # all other verbs do without the package

    narrator = Narrator()
    if left_behind := _take_over(platform):
        narrator.say(left_behind)
    made = credentials.load_or_make(platform)
    mongodb = mongod.version_of(platform.version)
    narrator.say(f"platform {platform.name}: Vitam {platform.version}, MongoDB {mongodb}, {len(platform.hosts)} hosts")
    containers.build_image()
    narrator.say("image ready")
    narrator.say(disks.prepare(platform.name, list(platform.hosts)))
    containers.create_hosts(platform.name, list(platform.hosts))
    on_all(platform, _wait_for_boot)
    narrator.say("hosts booted")
    given = rights(platform.name, containers.SUBNET)
    on_all(platform, lambda host: _provision(platform, host, made, given[host.name]))
    narrator.say("hosts provisioned: sshd and MongoDB servers run")
    for line in _set_up_clusters(platform):
        narrator.say(line)
    on_all(platform, lambda host: _python(host, "bring_up", "rest"))
    state = _wait_until_healthy(platform)
    credentials.write_for_airflow(platform, made)
    narrator.say(f"healthy; connections and host keys in lab/run/{platform.name}")
    return state


def reset(platform: Platform) -> PlatformState:
    """
    Bring a platform back to normal: switches off, copies and guards gone, all units up, balancer and jobs on.

    :raises LabError: when the platform is not up at all or does not get healthy.
    """
    narrator = Narrator()
    on_all(platform, lambda host: _python(host, "bring_up", "servers", "--clean"))
    narrator.say("clean; MongoDB servers run")
    on_all(platform, lambda host: _python(host, "bring_up", "rest"))
    _resume(platform)
    state = _wait_until_healthy(platform)
    narrator.say("healthy")
    return state


def down(platform: Platform) -> None:
    """Remove the platform's containers, volumes and secrets, and the network when nobody else is on it."""
    containers.remove_hosts([host.container for host in platform.hosts.values()])
    disks.remove(platform.name)
    credentials.forget(platform.name)
    print(f"platform {platform.name}: removed")


def _take_over(platform: Platform) -> str | None:
    """
    Remove hosts that another checkout left behind: the lab's names and addresses exist once on a machine.

    :raises LabError: when they still run, so that somebody may be using them.
    """
    there = sorted(containers.existing([host.container for host in platform.hosts.values()]))
    if not there:
        return None
    owner, running = containers.made_by(there)
    if owner == containers.LAB.parent and credentials.made(platform.name):
        return None
    if running:
        raise LabError(
            f"platform {platform.name}: its hosts run, but {owner} made them, and their secrets are there\n"
            f"hint: if nobody uses them any more, LAB={platform.name} lab/down, then lab/up"
        )
    containers.remove_hosts(there)
    disks.remove(platform.name, owner / "lab")
    disks.remove(platform.name)
    credentials.forget(platform.name)
    return f"removed {len(there)} hosts that {owner} left behind"


def _wait_for_boot(host: Host) -> None:
    """Wait until systemd has started what it starts at boot."""
    give_up = time.monotonic() + BOOT_S
    while True:
        try:
            containers.execute(host.container, "systemctl", "is-system-running", "--wait", timeout_s=BOOT_S)
        except LabError as error:
            if "degraded" in str(error):
                return
            if time.monotonic() > give_up:
                raise
            time.sleep(0.3)
        else:
            return


def _python(host: Host, module: str, *arguments: str, stdin: str | None = None, timeout_s: float = STEP_S) -> str:
    words = ("python3", "-m", f"lab.host.{module}", *arguments)
    return containers.execute(host.container, *words, stdin=stdin, timeout_s=timeout_s)


def _provision(platform: Platform, host: Host, made: dict[str, Any], rights: tuple[str, str]) -> None:
    _python(host, "provision", stdin=json.dumps(plan_of(platform, host, made, rights)))


def _set_up_clusters(platform: Platform) -> list[str]:
    def set_up(name: str) -> str:
        first = platform.hosts[platform.clusters[name].config[0]]
        timeout_s = STEP_S + data_mb() * SEED_S_PER_MB
        return f"cluster {name}: " + _python(first, "cluster", name, timeout_s=timeout_s).strip()

    with ThreadPoolExecutor(len(platform.clusters)) as pool:
        return list(pool.map(set_up, platform.clusters))


def _resume(platform: Platform) -> None:
    """Switch balancers and securing on again, through the programs that answer for them."""
    for cluster in platform.clusters.values():
        _python(platform.hosts[cluster.mongos[0]], "resume", "balancer", cluster.name)
    for host in platform.hosts.values():
        if "scheduler" in host.components:
            _python(host, "resume", "scheduler")


def _wait_until_healthy(platform: Platform) -> PlatformState:
    state = read_state(platform, wait_s=HEALTHY_S)
    if state.faults:
        raise LabError(
            f"platform {platform.name} is not healthy after {HEALTHY_S} s:\n  "
            + "\n  ".join(state.faults)
            + f"\nhint: LAB={platform.name} lab/reset brings units, balancer and switches back to normal"
        )
    return state
