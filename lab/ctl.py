"""The lab's command line: ``python3 -m lab.ctl up|status|reset|down|misbehave|behave``. LAB chooses the platform."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab import containers, lifecycle, variants
from lab.containers import LabError
from lab.mongod import UnknownMongod
from lab.services.switches import known_switches
from lab.state import lines, read_state
from lab.topology import Host, Platform, load_platform
from lab.variants import UnknownPlatform

LOCK = Path(__file__).resolve().parent / "run" / "lock"


def main(arguments: list[str] | None = None) -> int:
    """Run one verb and return the exit status; a failure is told in words, not as a traceback."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (LabError, UnknownMongod, UnknownPlatform) as error:
        print(f"ERROR {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lab", description=__doc__)
    verbs = parser.add_subparsers(required=True)
    for name, run, text in (
        ("up", _up, "build, start and fill the platform; a second run starts only what is missing"),
        ("reset", _reset, "bring every unit, the balancers and the switches back to normal"),
        ("down", _down, "remove the platform with its data"),
    ):
        verbs.add_parser(name, help=text).set_defaults(run=run)
    status = verbs.add_parser("status", help="show hosts, replica sets, balancers, workflows; 0 only if all is healthy")
    status.add_argument("--json", action="store_true", help="print what was found as JSON")
    status.set_defaults(run=_status)
    misbehave = verbs.add_parser(
        "misbehave", help="make a unit misbehave, e.g. misbehave app2 processing workflows=3:20"
    )
    misbehave.add_argument("host")
    misbehave.add_argument("unit")
    misbehave.add_argument("switch", metavar="SWITCH[=VALUE]")
    misbehave.set_defaults(run=_misbehave)
    behave = verbs.add_parser("behave", help="take back the switches of a unit or of a whole host")
    behave.add_argument("host")
    behave.add_argument("unit", nargs="?")
    behave.set_defaults(run=_behave)
    return parser


def _platform() -> Platform:
    return load_platform(os.environ.get("LAB", "medium"))


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until nobody else brings a platform of this checkout up or down."""
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _up(options: argparse.Namespace) -> int:
    with _alone():
        lifecycle.up(_platform())
    return 0


def _reset(options: argparse.Namespace) -> int:
    with _alone():
        lifecycle.reset(_platform())
    return 0


def _down(options: argparse.Namespace) -> int:
    with _alone():
        lifecycle.down(_platform())
    return 0


def _status(options: argparse.Namespace) -> int:
    platform = _platform()
    state = read_state(platform)
    if options.json:
        print(json.dumps({"hosts": state.hosts, "faults": state.faults}, indent=2))
    else:
        print("\n".join(lines(platform, state)))
    return 1 if state.faults else 0


def _misbehave(options: argparse.Namespace) -> int:
    host, unit = _host(options.host), _short(options.unit)
    switch, _, value = options.switch.partition("=")
    known = known_switches(unit)
    if switch not in known:
        told = "\n  ".join(f"{name}: {meaning}" for name, meaning in known.items()) or "none"
        raise LabError(f"{unit} on {host.name} has no switch {switch}\nhint: it has\n  {told}")
    containers.execute(host.container, "python3", "-m", "lab.host.switch", "set", unit, switch, value)
    return 0


def _behave(options: argparse.Namespace) -> int:
    unit = [_short(options.unit)] if options.unit else []
    containers.execute(_host(options.host).container, "python3", "-m", "lab.host.switch", "clear", *unit)
    return 0


def _host(name: str) -> Host:
    """Find a host by name in any platform."""
    platforms = [load_platform(platform) for platform in variants.platforms()]
    for platform in platforms:
        if name in platform.hosts:
            return platform.hosts[name]
    known = ", ".join(host for platform in platforms for host in platform.hosts)
    raise LabError(f"the lab has no host {name}\nhint: it has {known}")


def _short(unit: str) -> str:
    """Return a unit's name without vitam- and without its suffix."""
    return unit.removeprefix("vitam-").removesuffix(".service").removesuffix(".timer")


if __name__ == "__main__":
    sys.exit(main())
