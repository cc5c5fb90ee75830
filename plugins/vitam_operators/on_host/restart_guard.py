"""
The restart guard: starts a host's units again when a night's window ends and nobody has disarmed it.

systemd runs it at the window's end, or at the boot after it, and once more where a boot comes while it is at work.
It needs neither Airflow nor any other host: whatever waits is bounded, and what does not come in time is started all
the same. What does not run then is started again, until it runs, is beyond help, or time is over. What it did stands
in the journal of ``vitam-restart-guard.service`` and in ``report.json`` beside its plan.

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
from itertools import groupby
from typing import Any, Callable

LOOK_EVERY_S = 0.2
ASK_SYSTEMD_EVERY_S = 1.0
ANSWER_WITHIN_S = 3.0
SETTLES_WITHIN_S = 5.0
LEAST_PATIENCE_S = 10.0
AGAIN_AFTER_S = 5.0
AGAIN_AFTER_AT_MOST_S = 300.0
RESUMED_WITHIN_S = 30.0
REMOVED_WITHIN_S = 30.0
RESUME_TRIES = 3
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
JOBS = ("vitam-copy-*", "vitam-verify-*", "vitam-restore-*")
OWN_UNIT = "vitam-restart-guard.service"
QUESTION = b'7\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0"\0\0\0\x10isMaster\0\1\0\0\0\2$db\0\6\0\0\0admin\0\0'
"""``{isMaster: 1, $db: "admin"}`` as a message of MongoDB's protocol; each version answers it to anybody."""
IS_PRIMARY = b"\x08ismaster\x00\x01"
PROPERTIES = "--property=LoadState,ActiveState,Job,ExecMainStartTimestampMonotonic"


def systemctl(*words: str, errors: int = subprocess.STDOUT) -> str:
    """Run systemctl and return what it printed; a refusal is seen in the units' states afterwards."""
    done = subprocess.run(["systemctl", *words], stdout=subprocess.PIPE, stderr=errors, check=False)
    return done.stdout.decode(errors="replace").strip()


class State:
    """What ``systemctl show`` prints of a unit; without a job ``Job=`` is empty, or not there (before systemd 240)."""

    def __init__(self, shown: str) -> None:
        fields = dict(line.partition("=")[::2] for line in shown.splitlines())
        self.beyond_help = fields.get("LoadState", "loaded") != "loaded"
        self.up = fields.get("ActiveState") == "active" and not fields.get("Job")
        self.ended = fields.get("ActiveState") in ("inactive", "failed") and not fields.get("Job")
        self.began = fields.get("ExecMainStartTimestampMonotonic", "")


def states(units: "list[str]") -> "dict[str, State]":
    """Ask systemd once for all units; it answers in their order, whatever an alias is called by it."""
    shown = systemctl("show", PROPERTIES, "--", *units, errors=subprocess.DEVNULL) if units else ""
    blocks = iter(shown.split("\n\n"))
    return {unit: State(next(blocks, "")) for unit in units}


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
    Put back what a restore has kept and nobody proved to be replaced well.

    :return: units that must not start: with no data, or half of it, they would begin an empty set, or one of another
        moment than their others
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


def is_primary(address: str) -> bool:
    """Tell whether the member at ``host:port``, IPv6 in brackets, says that it is its set's primary."""
    host, _, port = address.replace("[", "").replace("]", "").rpartition(":")
    try:
        with socket.create_connection((host, int(port)), ANSWER_WITHIN_S) as connection:
            connection.sendall(QUESTION)
            answer = connection.makefile("rb")
            return IS_PRIMARY in answer.read(struct.unpack("<i", answer.read(4))[0] - 4)
    except (OSError, ValueError, struct.error):
        return False


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


def start(units: "list[str]", failed: "tuple[str, ...]" = ()) -> None:
    """Start units, all at once; first have systemd forget that some failed: after too many starts it refuses one."""
    if failed:
        systemctl("reset-failed", *failed)
    if units:
        say("starting " + " ".join(units))
        systemctl("start", "--no-block", *units)


def wait_for_primaries(sets: "list[list[str]]", databases: "list[str]", until: float) -> "list[str]":
    """Wait until each set has a primary, start what ends here meanwhile; return those without when time is up."""
    missing, pause_s = list(sets), AGAIN_AFTER_S
    again_at = time.monotonic() + pause_s
    while missing:
        missing = [members for members in missing if not any(is_primary(address) for address in members)]
        if time.monotonic() > until:
            break
        if missing and time.monotonic() > again_at:
            ended = [unit for unit, state in states(databases).items() if state.ended]
            start(ended, tuple(ended))
            pause_s = min(2 * pause_s, AGAIN_AFTER_AT_MOST_S)
            again_at = time.monotonic() + pause_s
        if missing:
            time.sleep(LOOK_EVERY_S)
    for members in missing:
        say("no primary among " + ", ".join(members) + ": going on without")
    return [", ".join(members) for members in missing]


def start_services(services: "list[dict[str, Any]]", patience_s: float) -> None:
    """Start wave after wave, each for those behind it; patience that one has used up the next ones do not have."""
    for _, wave in groupby(services, key=lambda service: service["wave"]):
        together, began = list(wave), time.monotonic()
        whatever_happens(start, [service["unit"] for service in together])
        if not whatever_happens(wait_for_services, together, began + patience_s):
            patience_s = max(LEAST_PATIENCE_S, patience_s - (time.monotonic() - began))


def wait_for_services(waiting: "list[dict[str, Any]]", until: float) -> bool:
    """Wait until each of some services runs and is healthy, or has ended; tell whether that came in time."""
    ask_at, mute = 0.0, [service for service in waiting if service["status_url"]]
    while waiting and time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)
        answered = [service for service in mute if is_healthy(service["status_url"])]
        mute = [service for service in mute if service not in answered]
        if answered or time.monotonic() > ask_at:
            ask_at = time.monotonic() + ASK_SYSTEMD_EVERY_S
            found = states([service["unit"] for service in waiting])
            up = [service for service in waiting if service not in mute and found[service["unit"]].up]
            waiting = [service for service in waiting if service not in up and not found[service["unit"]].ended]
    return not waiting


def start_what_is_down(plan: "dict[str, Any]", units: "list[str]", until: float) -> "list[str]":
    """Start those of some units that do not run, databases first; return the sets without a primary in time."""
    found = whatever_happens(states, units) or {}
    down = [unit for unit in units if unit not in found or not found[unit].up]
    databases = [unit for unit in plan["databases"] if unit in down]
    services = [service for service in plan["services"] if service["unit"] in down]
    whatever_happens(start, databases + [service["unit"] for service in services if service["wave"] == 0], tuple(down))
    missing = whatever_happens(wait_for_primaries, plan["sets"], databases, until) if services else []
    whatever_happens(start_services, services, plan["service_s"])
    return missing or []


def look_twice(units: "list[str]") -> "tuple[list[str], list[str]]":
    """Return the units that do not run, twice and as the same process (a restart loop), and those that cannot."""
    first = states(units)
    time.sleep(SETTLES_WITHIN_S)
    later = states(units)
    up = [u for u in units if first[u].up and later[u].up and first[u].began == later[u].began]
    return [u for u in units if u not in up], [u for u in units if u not in up and later[u].beyond_help]


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
    report = {"backup": plan["backup"], "fired_at": now(), "resumed": []}  # type: dict[str, Any]
    whatever_happens(write, report_path, {**report, "left_down": []})
    say("nobody disarmed the guard of backup " + plan["backup"] + ": starting what ran before")
    whatever_happens(end_copies, plan)
    spoilt = whatever_happens(put_back, plan) or []
    whatever_happens(let_go, plan)
    began, pause_s = time.monotonic(), AGAIN_AFTER_S
    while start_all(plan, report, spoilt, began) and time.monotonic() + pause_s < began + plan["again_for_s"]:
        say("not up: " + " ".join(report["left_down"]) + "; trying again in " + str(int(pause_s)) + " s")
        whatever_happens(write, report_path, report)
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, AGAIN_AFTER_AT_MOST_S)
    report["ended_at"] = now()
    whatever_happens(write, report_path, report)
    say("done; left down: " + (" ".join(report["left_down"]) or "none"))
    return report


def start_all(plan: "dict[str, Any]", report: "dict[str, Any]", spoilt: "list[str]", began: float) -> bool:
    """Try once to have all up; note in the report what is not, and tell whether another try may help."""
    units = plan["databases"] + [service["unit"] for service in plan["services"]]
    sound, until = [unit for unit in units if unit not in spoilt], began + plan["primary_s"]
    report["without_primary"] = whatever_happens(start_what_is_down, plan, sound, until) or []
    held = [s for s in plan["services"] if s["resume_url"] and s["unit"] not in report["resumed"]]
    report["resumed"] += [s["unit"] for s in held if any(is_resumed(s["resume_url"]) for _ in range(RESUME_TRIES))]
    down, hopeless = whatever_happens(look_twice, units) or (units, [])
    paused = [s["unit"] + " (paused)" for s in held if s["unit"] not in down + report["resumed"]]
    report["left_down"] = down + paused
    return bool(paused or [unit for unit in down if unit not in spoilt + hopeless])


def main(directory: str) -> int:
    """Fire with a directory's plan, also at a boot (its timer fires once) until done; 1 when something stays down."""
    try:
        with open(os.path.join(directory, "plan.json")) as file:
            plan = json.load(file)
    except (OSError, ValueError) as error:
        say("nothing says what ran here before the night, start it by hand: plan.json: " + str(error))
        return 1
    whatever_happens(systemctl, "enable", "--quiet", OWN_UNIT)
    report = fire(plan, os.path.join(directory, "report.json"))
    say(whatever_happens(systemctl, "disable", "--quiet", OWN_UNIT) or "a boot starts nothing any more")
    return 1 if report["left_down"] else 0


if __name__ == "__main__":
    sys.exit(main(os.path.dirname(os.path.abspath(__file__))))
