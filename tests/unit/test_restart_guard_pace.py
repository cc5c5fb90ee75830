"""
What the guard costs where all goes well: processes that it forks, and time that it sleeps through.

The kind of fault: a last resort that gets more careful, and by that comes too late. Time is counted, not measured.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from vitam_operators import procedure
from vitam_operators.on_host import restart_guard

STARTS_IN_S = 1.6
"""What a small service takes until it answers."""
SYSTEMCTL_S = 0.02
DATABASES = ["vitam-mongod.service", "vitam-mongoc.service", "vitam-mongos.service"]
TIMERS = [f"vitam-traceability-{name}.timer" for name in ("audit", "lfc-unit", "lfc-objectgroup", "operations")]
LEFT_OUT = ("collect", "library", "ihm-recette")
SERVICES = {name: wave for name, wave in procedure.start_waves().items() if name not in LEFT_OUT}


class Host:
    """A host of one small platform, its systemd and its clock: a second passes when the guard sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked: list[tuple[str, ...]] = []
        self.begun: dict[str, float] = {}

    def systemctl(self, *words: str, **_: int) -> str:
        """Answer as systemd does; it takes its time."""
        self.asked.append(words)
        self.now += SYSTEMCTL_S
        if words[0] == "is-active":
            return "active" if words[1] in self.begun else "inactive"
        if words[0] == "start":
            self.begun |= {unit: self.now for unit in words[2:] if unit not in self.begun}
        states = ("active" if unit in self.begun else "inactive" for unit in words[3:])
        return "\n\n".join(f"LoadState=loaded\nActiveState={state}" for state in states) if words[0] == "show" else ""

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def answers(self, name: str) -> bool:
        """Tell whether what was begun has come up."""
        return self.now - self.begun.get(name, self.now) >= STARTS_IN_S

    @property
    def up_at(self) -> float:
        """When the last unit ran and answered."""
        return max(self.begun.values()) + STARTS_IN_S


@pytest.fixture
def host(monkeypatch):
    """A host whose guard fires."""
    made = Host()
    real = restart_guard.time
    clock = SimpleNamespace(sleep=made.sleep, monotonic=lambda: made.now, strftime=real.strftime, gmtime=real.gmtime)
    monkeypatch.setattr(restart_guard, "time", clock)
    for name, stand_in in {
        "systemctl": made.systemctl,
        "is_healthy": made.answers,
        "is_primary": made.answers,
        "end_copies": lambda plan: None,
        "let_go": lambda plan: None,
        "write": lambda path, report: None,
    }.items():
        monkeypatch.setattr(restart_guard, name, stand_in)
    return made


def fire() -> dict:
    """Have the guard start a small platform that lies on one host."""
    units = {f"vitam-{name}.service": wave for name, wave in SERVICES.items()}
    services = [{"unit": unit, "status_url": unit, "resume_url": "", "wave": wave} for unit, wave in units.items()]
    first = {"unit": "vitam-elasticsearch-data.service", "status_url": "", "resume_url": "", "wave": 0}
    timers = [{"unit": unit, "status_url": "", "resume_url": "", "wave": len(SERVICES)} for unit in TIMERS]
    times = {"primary_s": 1800, "service_s": 300, "again_for_s": 5400}
    sets = [[unit] for unit in DATABASES[:2]]
    plan = {"backup": "L", "databases": DATABASES, "services": [first, *services, *timers], "sets": sets, **times}
    return restart_guard.fire(plan, "")


def test_the_happy_path_is_not_slower_than_its_services(host):
    """Twenty-odd services and their databases: no more than a look of a fifth of a second is lost in each wave."""
    waves = len({*SERVICES.values(), 0, len(SERVICES)})
    assert fire()["left_down"] == []
    assert host.up_at < (waves + 1) * (STARTS_IN_S + 2 * restart_guard.LOOK_EVERY_S)


def test_the_happy_path_asks_systemd_little(host):
    """Each question is a process, on a host that starts everything at that moment."""
    waves = len({*SERVICES.values(), 0, len(SERVICES)})
    fire()
    verbs = [words[0] for words in host.asked]
    assert verbs.count("start") == waves + 1, "databases and Elasticsearch at once, then a wave each"
    assert verbs.count("reset-failed") == 1
    assert verbs.count("show") <= 3 * waves + 3
    assert set(verbs) == {"start", "show", "reset-failed"}


def test_timers_start_at_once(host):
    """They wait for nothing, and nothing waits for them."""
    fire()
    assert ("start", "--no-block", *TIMERS) in host.asked
