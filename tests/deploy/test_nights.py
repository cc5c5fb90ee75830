"""A night in each profile of docker-compose.yaml; its scheduler is restarted in the middle."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from lab.night_watch import NightWatch
from tests.deploy.conftest import PLATFORM
from tests.deploy.containers import Production
from tests.lab import evidence
from tests.lab.conftest import lab_verb
from vitam_operators.nights import MANIFEST

RECORDS = "/var/lib/vitam-backup"


def conclusion(stack: Production) -> dict[str, Any]:
    """Return the manifest of the only night."""
    words = f"cat {RECORDS}/{PLATFORM}/*/{MANIFEST}.json"
    return dict(json.loads(stack.compose("exec", "-T", "triggerer", "bash", "-c", words)))


def seen_outside(stack: Production) -> str:
    """Return what the containers' settings, command lines and logs tell whoever may look at them."""
    names = stack.compose("ps", "--all", "--format", "{{.Name}}").split()
    settings = subprocess.run(["docker", "inspect", *names], capture_output=True, text=True, check=True).stdout
    return settings + stack.compose("top") + stack.compose("logs", "--no-color")


@pytest.mark.parametrize(("profile", "more"), [("local", ()), ("celery", ("--scale", "worker=2"))])
def test_a_night_whose_scheduler_is_restarted(
    production: Callable[..., Production], profile: str, more: tuple[str, ...]
):
    """All services get healthy from nothing; the night is sealed, the platform runs, no secret is seen from outside."""
    began = time.monotonic()
    stack = production(profile, *more)
    print(f"{profile}: healthy after {time.monotonic() - began:.0f} s (lab included)")
    before = evidence.running_units(PLATFORM)
    watch: Any = NightWatch(stack)  # type: ignore[arg-type] # it has url and password, as an AirflowStack has
    watch.await_dag()
    watch.patch("/dags/vitam_backup", {"is_paused": False})
    began = time.monotonic()
    run_id = watch.trigger(note=f"profile {profile}")
    watch.await_step(run_id, "stop_config_primary", ("running", "success"), within_s=900)
    stack.compose("restart", "--timeout", "10", stack.scheduler)
    state = watch.watch(run_id, print, within_s=1800)
    print(f"{profile}: the night took {time.monotonic() - began:.0f} s")
    failed = [
        f"{s['task_id']}: {watch.log_of(run_id, s)[-1500:]}" for s in watch.steps(run_id) if s["state"] == "failed"
    ]
    assert state == "success", "\n".join(failed)
    assert conclusion(stack)["state"] == "sealed"
    assert evidence.running_units(PLATFORM) == before
    lab_verb("status", PLATFORM)
    seen = seen_outside(stack)
    secrets = [path for path in stack.secrets.iterdir() if path.name != "connections.json"]
    assert [path.name for path in secrets if path.read_text().strip() in seen] == []
    assert stack.password not in seen
