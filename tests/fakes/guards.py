"""
The restart guard's files on a fake host, and what systemd makes of them.

The files are our own. Of systemd 252 it follows systemd.unit(5), "Conditions and Asserts" (a start whose assertion is
not met fails, and the unit's state stays), and systemctl(1), "Exit status" (5 for a unit that is not there where it is
to run, else not 0).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vitam_operators import guard
from vitam_operators.run_ids import RUN

Answer = tuple[int, str]
TIMER_FILE = f"{guard.UNITS}/{guard.TIMER}"
ASSERTED = "AssertPathExists=!"


@dataclass
class FakeGuard:
    """
    Files, directories, drop-ins and the timer of one host.

    Drop-ins hold from the next ``daemon-reload`` on. Left out: the timer's firing (:meth:`fired` says that it has),
    what a drop-in says besides its assertion.

    :param tell: notes a change
    """

    tell: Callable[[str, str], None]
    texts: dict[str, str] = field(default_factory=dict)
    directories: set[str] = field(default_factory=lambda: {guard.UNITS})
    loaded: dict[str, str] = field(default_factory=dict)
    armed: bool = False
    timer_dies: bool = False

    @property
    def there(self) -> bool:
        """Whether anything of a guard, or of its hold, is on the host."""
        held = [path for path in self.directories if path.startswith(guard.HOLD)]
        return bool(self.armed or self.texts or self.loaded or held)

    @property
    def plan(self) -> dict[str, Any]:
        """The plan on the host."""
        plan: dict[str, Any] = json.loads(self.texts[f"{guard.HOME}/plan.json"])
        return plan

    def refuses(self, unit: str) -> bool:
        """Tell whether a start of a unit would fail on what its drop-in asserts."""
        asserted = [line for line in self.loaded.get(unit, "").splitlines() if line.startswith(ASSERTED)]
        return any(line.removeprefix(ASSERTED).replace("%n", unit) in self.directories for line in asserted)

    def fired(self, **report: Any) -> None:
        """Note, as the program on the host does, that the guard has fired."""
        known = {
            "backup": self.plan["backup"],
            "fired_at": "2026-11-24T07:00:01+00:00",
            "ended_at": "2026-11-24T07:01:00+00:00",
        }
        known |= {"left_down": []}
        self.texts[f"{guard.HOME}/report.json"] = json.dumps(known | report)
        self.let_go()

    def let_go(self) -> None:
        """Forget hold and drop-ins: the guard has fired, or the host was booted, and they are under ``/run``."""
        self._remove_trees([guard.HOLD])
        self.texts = {path: text for path, text in self.texts.items() if not path.startswith("/run/")}
        self.loaded = {}

    def belongs_to(self, run_id: str) -> None:
        """Make it the guard of another run."""
        self.texts[f"{guard.HOME}/plan.json"] = json.dumps(self.plan | {RUN: run_id, "run_id": run_id})

    def answer(self, words: list[str], stdin: str) -> Answer | None:
        """Answer root's command lines on these files, ``None`` to any other."""
        match words:
            case ["mkdir", "-p", "--", *paths]:
                self.directories |= set(paths)
            case ["tee", "--", *paths, ">", "/dev/null"]:
                if not {path.rpartition("/")[0] for path in paths} <= self.directories:
                    return 1, ""
                self.texts |= dict.fromkeys(paths, stdin)
            case ["mv", "--", source, target] if source in self.texts:
                self.texts[target] = self.texts.pop(source)
            case ["systemctl", "daemon-reload"]:
                drop_ins = {path: text for path, text in self.texts.items() if path.endswith(f".d/{guard.DROP_IN}")}
                self.loaded = {path.split("/")[-2].removesuffix(".d"): text for path, text in drop_ins.items()}
            case ["systemctl", "disable", "--quiet", guard.SERVICE]:
                return (0 if TIMER_FILE in self.texts else 1), ""
            case ["systemctl", *verb, guard.TIMER] | ["systemctl", *verb, guard.TIMER, guard.SERVICE]:
                return self._timer(verb)
            case ["rm", "-rf", "--", *paths] if all(path.startswith(guard.HOLD) for path in paths):
                self._remove_trees(paths)
            case ["rm", "-f", "--", *paths] if not any(path.startswith("/vitam") for path in paths):
                self.texts = {path: text for path, text in self.texts.items() if path not in paths}
            case _:
                return None
        return 0, ""

    def _remove_trees(self, paths: list[str]) -> None:
        self.directories = {d for d in self.directories if not any(f"{d}/".startswith(f"{path}/") for path in paths)}

    def _timer(self, verb: list[str]) -> Answer:
        there = TIMER_FILE in self.texts
        match verb:
            case ["enable", "--quiet"]:
                return (0 if there else 1), ""
            case ["restart"]:
                self.armed = there and not self.timer_dies
                self.tell("arm", "guard")
                return (0 if there else 5), ""
            case ["disable", "--quiet", "--now"]:
                if self.there:
                    self.tell("disarm", "guard")
                self.armed = False
                return (0 if there else 1), ""
        raise AssertionError(f"nobody taught the fake what systemctl {verb} {guard.TIMER} does")

    def state(self) -> str:
        """Return what the script that reads the state prints."""
        files = "".join(f"{self.texts.get(f'{guard.HOME}/{n}.json', '')}\n{guard.MARK}\n" for n in ("plan", "report"))
        state = "active" if self.armed else "inactive"
        return f"{files}ActiveState={state}\nNextElapseUSecRealtime={self._next_firing() if self.armed else ''}\n"

    def _next_firing(self) -> str:
        calendar = self.texts[TIMER_FILE].partition("OnCalendar=")[2].partition("\n")[0]
        moment = dt.datetime.strptime(calendar, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=dt.UTC)
        return f"{moment:%a %Y-%m-%d %H:%M:%S} UTC" if moment > dt.datetime.now(dt.UTC) else ""
