"""
The restart guard: starts a host's units again when a night's window ends and nobody has disarmed it.

systemd runs it at the window's end, or at the boot after it, and once more where a boot comes while it is at work.
It needs neither Airflow nor any other host: whatever waits is bounded, and what does not come in time is started all
the same. What it did stands in the journal of ``vitam-restart-guard.service`` and in ``report.json`` beside its plan.

It does not switch balancers on: it knows no password. Airflow does that when it is back, or the next look says so.
"""

import http.client
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from typing import Any, Callable

LOOK_EVERY_S = 1.0
ANSWER_WITHIN_S = 3.0
RESUMED_WITHIN_S = 30.0
REMOVED_WITHIN_S = 30.0
RESUME_TRIES = 3
OP_MSG = 2013
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
JOBS = ("vitam-copy-*", "vitam-verify-*", "vitam-restore-*")
OWN_UNIT = "vitam-restart-guard.service"
IS_PRIMARY = b"\x08ismaster\x00\x01"


def systemctl(*words: str) -> str:
    """Run systemctl and return what it printed; a refusal is seen in the units' states afterwards."""
    done = subprocess.run(["systemctl", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout.decode(errors="replace").strip()


def say(words: str) -> None:
    """Tell the journal."""
    print(words, flush=True)


def end_copies(plan: "dict[str, Any]") -> None:
    """
    End copies that still run, and remove what they left unfinished: a mongod may need that room.

    A network disk that hangs holds a process for ever, even one that is killed; it must not be this one.
    """
    systemctl("stop", *JOBS)
    systemctl("reset-failed", *JOBS)
    remove = ["find", plan["copies"], "-maxdepth", "1", "-name", "*.partial", "-print", "-delete"]
    subprocess.Popen(remove, stderr=subprocess.DEVNULL).wait(REMOVED_WITHIN_S)


def put_back(plan: "dict[str, Any]") -> "list[str]":
    """
    Put back what a restore has kept and nobody proved to be replaced well; return the units that must not start.

    A mongod whose data could not be put back, or is only half there, stays down: it would begin an empty set, or one
    of another moment than its others.
    """
    spoilt = []
    for swap in plan.get("put_back", []):
        if os.path.isdir(swap["kept"]):
            whatever_happens(put_back_one, swap)
        if os.path.isdir(swap["kept"]) or not os.path.isdir(swap["db_path"]):
            say(swap["db_path"] + " is not what was there before: " + swap["unit"] + " is not started")
            spoilt.append(swap["unit"])
    return spoilt


def put_back_one(swap: "dict[str, str]") -> None:
    """Put back one data directory, once its mongod is down; what had taken its place stays beside it."""
    systemctl("stop", swap["unit"])
    if systemctl("is-active", swap["unit"]) not in ("inactive", "failed"):
        return say(swap["unit"] + " does not stop")
    if os.path.isdir(swap["db_path"]):
        if os.path.isdir(swap["brought"]):
            shutil.rmtree(swap["brought"])
        os.rename(swap["db_path"], swap["brought"])
    os.rename(swap["kept"], swap["db_path"])
    say("put back " + swap["db_path"] + " as it was before the restore")


def let_go(plan: "dict[str, Any]") -> None:
    """Take the night's hold off the units: from now on anybody may start them."""
    shutil.rmtree(plan["hold"], ignore_errors=True)
    for path in plan["drop_ins"]:
        if os.path.exists(path):
            os.remove(path)
    systemctl("daemon-reload")


def question() -> bytes:
    """Return ``{isMaster: 1, $db: "admin"}`` as a message of MongoDB's protocol; each version answers it to anybody."""
    fields = b"\x10isMaster\x00" + struct.pack("<i", 1) + b"\x02$db\x00" + struct.pack("<i", 6) + b"admin\x00"
    document = struct.pack("<i", len(fields) + 5) + fields + b"\x00"
    body = struct.pack("<IB", 0, 0) + document
    return struct.pack("<iiii", len(body) + 16, 1, 0, OP_MSG) + body


def is_primary(address: str) -> bool:
    """Tell whether the member at ``host:port`` says that it is its set's primary."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), ANSWER_WITHIN_S) as connection:
            connection.settimeout(ANSWER_WITHIN_S)
            connection.sendall(question())
            return IS_PRIMARY in answer_of(connection)
    except (OSError, struct.error):
        return False


def answer_of(connection: socket.socket) -> bytes:
    """Read one message: its first four bytes are its length."""
    found = connection.recv(65536)
    while found and len(found) < struct.unpack("<i", found[:4])[0]:
        more = connection.recv(65536)
        if not more:
            break
        found += more
    return found


def is_healthy(url: str) -> bool:
    """Tell whether a service answers 200."""
    try:
        with DIRECT.open(url, timeout=ANSWER_WITHIN_S) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError, http.client.HTTPException):
        return False


def is_resumed(url: str) -> bool:
    """Let the scheduler fire its jobs again: its pause outlives a restart. Tell whether it agreed."""
    try:
        with DIRECT.open(urllib.request.Request(url, method="PUT"), timeout=RESUMED_WITHIN_S):  # noqa: S310
            say("resumed the scheduler")
            return True
    except (OSError, ValueError, http.client.HTTPException) as error:
        say("the scheduler could not be resumed: " + str(error))
        return False


def wait_for_primaries(sets: "list[list[str]]", until: float) -> "list[str]":
    """Wait until each set has a primary; return those that have none when time is up."""
    missing = list(sets)
    while missing:
        missing = [members for members in missing if not any(is_primary(address) for address in members)]
        if time.monotonic() > until:
            break
        if missing:
            time.sleep(LOOK_EVERY_S)
    for members in missing:
        say("no primary among " + ", ".join(members) + ": going on without")
    return [", ".join(members) for members in missing]


def start_databases(units: "list[str]") -> None:
    """Start what holds data, all at once: its members wait for each other by themselves."""
    if units:
        say("starting " + " ".join(units))
        systemctl("reset-failed", *units)
        systemctl("start", "--no-block", *units)


def start_service(service: "dict[str, str]", patience_s: float) -> bool:
    """
    Start one unit and wait until it is healthy, so that the next one finds it; not longer than that.

    Tell whether its jobs go on, if it is one that was paused.
    """
    unit, status_url = service["unit"], service.get("status_url")
    say("starting " + unit)
    systemctl("reset-failed", unit)
    systemctl("start", "--no-block", unit)
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        active = systemctl("is-active", unit)
        if active == "failed" or (active == "active" and (not status_url or is_healthy(status_url))):
            break
        time.sleep(LOOK_EVERY_S)
    url = service.get("resume_url")
    return not url or any(is_resumed(url) for _ in range(RESUME_TRIES))


def write(path: str, content: "dict[str, Any]") -> None:
    """Write a report whole or not at all."""
    with open(path + ".partial", "w") as file:
        json.dump(content, file)
    os.chmod(path + ".partial", 0o644)
    os.replace(path + ".partial", path)


def now() -> str:
    """Return this moment in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())


def whatever_happens(step: "Callable[..., Any]", *arguments: "Any") -> "Any":
    """Do a step; if it breaks, say so and go on: behind this guard there is nobody."""
    try:
        return step(*arguments)
    except Exception as error:
        say(step.__name__ + " failed: " + repr(error))
        return None


def fire(plan: "dict[str, Any]", report_path: str) -> "dict[str, Any]":
    """Start everything that ran here before the night; return the report."""
    report = {"backup": plan["backup"], "fired_at": now(), "without_primary": [], "left_down": []}  # type: dict[str, Any]
    whatever_happens(write, report_path, report)
    say("nobody disarmed the guard of backup " + plan["backup"] + ": starting what ran before")
    whatever_happens(end_copies, plan)
    spoilt = whatever_happens(put_back, plan) or []
    whatever_happens(let_go, plan)
    whatever_happens(start_databases, [unit for unit in plan["databases"] if unit not in spoilt])
    if plan["services"]:
        until = time.monotonic() + plan["patience_s"]
        report["without_primary"] = whatever_happens(wait_for_primaries, plan["sets"], until) or []
    paused = [s["unit"] for s in plan["services"] if not whatever_happens(start_service, s, plan["patience_s"])]
    units = plan["databases"] + [service["unit"] for service in plan["services"]]
    report["left_down"] = [unit for unit in units if systemctl("is-active", unit) not in ("active", "activating")]
    report["left_down"] += [unit + " (paused)" for unit in paused if unit not in report["left_down"]]
    report["ended_at"] = now()
    whatever_happens(write, report_path, report)
    say("done; left down: " + (" ".join(report["left_down"]) or "none"))
    return report


def main(directory: str) -> int:
    """
    Fire with the plan of a directory; 1 when something stays down.

    A timer whose moment is over does not fire again after a boot, so until all is done the service starts at boot.
    """
    with open(os.path.join(directory, "plan.json")) as file:
        plan = json.load(file)
    whatever_happens(systemctl, "enable", "--quiet", OWN_UNIT)
    report = fire(plan, os.path.join(directory, "report.json"))
    say(whatever_happens(systemctl, "disable", "--quiet", OWN_UNIT) or "a boot starts nothing any more")
    return 1 if report["left_down"] else 0


if __name__ == "__main__":
    sys.exit(main(os.path.dirname(os.path.abspath(__file__))))
