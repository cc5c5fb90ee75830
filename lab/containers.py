"""The lab's containers: build the image, create and remove hosts, run something in one. All goes through docker."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from lab import mongod

LAB = Path(__file__).resolve().parent
COMPOSE_FILE = LAB.parent / "docker-compose.yaml"
IMAGE = "vitam-lab-host"
NETWORK, SUBNET = "vitam-lab", "172.31.77.0/24"
PROFILES = {
    "medium": "lab",
    "allinone": "lab-allinone",
    "solo": "lab-solo",
    "solo2": "lab-solo2",
    "solo3": "lab-solo3",
    "spare": "lab-spare",
}
PROXIES = ("http_proxy", "https_proxy", "no_proxy")


class LabError(Exception):
    """The lab cannot do what it was asked; the message says what, where and what to do."""


def run(command: Sequence[str], *, where: str, hint: str, stdin: str | None = None, timeout_s: float = 300) -> str:
    """
    Run a program and return its output.

    :param where: what the command works on, for the error.
    :param hint: what to do when it fails.
    :raises LabError: when it fails, does not exist or does not end in time.
    """
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False)
    except FileNotFoundError as error:
        raise LabError(f"{where}: {command[0]} is not installed\nhint: `make setup` installs it") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{where}: no end after {timeout_s:.0f} s: {' '.join(command)[:200]}\nhint: {hint}") from error
    if done.returncode:
        words = (done.stderr or done.stdout).strip()[-1500:]
        raise LabError(f"{where}: `{' '.join(command)[:200]}` failed ({done.returncode}):\n{words}\nhint: {hint}")
    return done.stdout


def build_image() -> None:
    """
    Build the hosts' image; layers that are there are not built again.

    :raises LabError: when mongod is missing or the build fails.
    """
    if missing := mongod.missing():
        raise LabError(
            f"the hosts' image needs MongoDB's servers; missing: {', '.join(missing)}\n"
            "hint: `make setup` puts them there"
        )
    base = os.environ.get("LAB_BASE_IMAGE", "debian:bookworm-slim")
    command = ["docker", "build", "--quiet", "--tag", IMAGE, "--build-arg", f"BASE={base}"]
    for name in PROXIES:
        if name in os.environ:
            command += ["--build-arg", name]
    run(
        [*command, str(LAB)],
        where="the hosts' image",
        hint="is the Debian archive reachable from a container?",
        timeout_s=900,
    )


def compose(platform: str, *arguments: str) -> str:
    """Run docker compose with the platform's profile."""
    command = ["docker", "compose", "--progress", "quiet", "--file", str(COMPOSE_FILE), "--profile", PROFILES[platform]]
    return run(
        [*command, *arguments], where=f"platform {platform}", hint="is the Docker engine running? `docker info` tells"
    )


def create_hosts(platform: str, hosts: Sequence[str]) -> None:
    """Create the containers that are not there, and start those that do not run."""
    compose(platform, "up", "--detach", "--no-deps", "--pull", "never", *hosts)


def remove_hosts(containers: Sequence[str]) -> None:
    """Remove containers with their volumes, and the network unless another platform is on it."""
    there = sorted(existing(containers))
    if there:
        volumes = _volumes(there)
        run(
            ["docker", "rm", "--force", "--volumes", *there],
            where="containers",
            hint="`docker ps --all` shows what is left",
        )
        # A container that was created anew holds its volume by name: removing the container does not remove it.
        if volumes:
            run(
                ["docker", "volume", "rm", "--force", *volumes],
                where="volumes",
                hint="`docker volume ls` shows what is left",
            )
    subprocess.run(["docker", "network", "rm", NETWORK], capture_output=True, check=False)


def _volumes(containers: Sequence[str]) -> list[str]:
    """Return the names of the volumes that containers hold."""
    template = '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}'
    command = ["docker", "inspect", "--format", template, *containers]
    return run(command, where="containers", hint="is the Docker engine running?").split()


def existing(containers: Sequence[str]) -> set[str]:
    """Return those containers that exist, running or not."""
    names = run(
        ["docker", "ps", "--all", "--format", "{{.Names}}"], where="containers", hint="is the Docker engine running?"
    )
    return set(names.split()) & set(containers)


def made_by(containers: Sequence[str]) -> tuple[Path, bool]:
    """Return the checkout whose compose file made containers, and whether one of them runs."""
    template = '{{.State.Running}} {{index .Config.Labels "com.docker.compose.project.working_dir"}}'
    told = run(
        ["docker", "inspect", "--format", template, *containers],
        where="containers",
        hint="is the Docker engine running?",
    )
    states = [line.split(" ", 1) for line in told.splitlines()]
    return Path(states[0][1]), any(runs == "true" for runs, _ in states)


def execute(container: str, *command: str, stdin: str | None = None, timeout_s: float = 180) -> str:
    """Run a command as root in a container and return its output."""
    flags = ["--interactive"] if stdin is not None else []
    return run(
        ["docker", "exec", *flags, container, *command],
        where=container,
        hint=f"look inside: docker exec -it {container} journalctl -b --no-pager | tail -50",
        stdin=stdin,
        timeout_s=timeout_s,
    )
