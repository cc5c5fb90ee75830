"""
The demo: a whole night on the lab's platform, conducted by a real Airflow whose UI stays open.

``demo.py`` runs the night; ``demo.py down`` stops the demo's Airflow. The lab is removed by ``make lab-down``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "plugins")]

from lab.airflow_stack import AirflowStack  # noqa: E402
from lab.night_watch import DAG_ID, NightWatch  # noqa: E402
from lab.platform_file import write_platform_file  # noqa: E402
from vitam_operators.hooks.records import nights_of  # noqa: E402
from vitam_operators.nights import CONCLUSION, Record  # noqa: E402
from vitam_operators.platforms import platform_at  # noqa: E402

PLATFORM = os.environ.get("LAB", "medium")
RUN = ROOT / "lab" / "run" / PLATFORM
STACK = AirflowStack(ROOT / ".demo" / "airflow", RUN / "platform.yaml", RUN / "connections.json")


def main() -> int:
    """Run the demo; return 0 only if the night is proved."""
    began = time.monotonic()
    say(f"1/4  the lab's platform {PLATFORM}: real systemd, sshd and mongod in containers")
    if not (lab("up") or lab("reset")):
        return 1
    write_platform_file(PLATFORM)
    say("2/4  Airflow")
    STACK.up()
    say(f"     {STACK.url}   user admin   password {STACK.password}")
    say("3/4  the night, triggered by hand")
    watch = NightWatch(STACK)
    run_id = watch.trigger(note="make demo")
    try:
        state = watch.watch(run_id, say)
    except KeyboardInterrupt:
        say("     not watched any more: the night goes on, and starts the platform again at its end")
        say(f"     look: {STACK.url}/dags/{DAG_ID}/runs/{run_id}")
        return 130
    say("4/4  what was done")
    summary = conclusion(run_id)
    tell(watch, run_id, state, summary)
    up = lab("status")
    say(
        f"     the platform {'runs' if up else 'DOES NOT RUN as it should'}; all of this took "
        f"{time.monotonic() - began:.0f} s"
    )
    say(f"     look: {STACK.url}/dags/{DAG_ID}/runs/{run_id}")
    say("     stop: make demo-down (Airflow), make lab-down (the platform)")
    return 0 if state == "success" and up and summary and summary["state"] == "sealed" else 1


def lab(verb: str) -> bool:
    """Run ``lab/<verb>`` and tell whether it went well; what an earlier night left is put right by ``reset``."""
    environment = {**os.environ, "LAB": PLATFORM}
    return subprocess.run([ROOT / "lab" / verb], env=environment, check=False).returncode == 0


def conclusion(run_id: str) -> Record | None:
    """Return what conclude_night wrote, or ``None`` if it did not come to that."""
    platform = platform_at(str(STACK.platform_file))
    for night in nights_of(platform).newest_first():
        if night.opened["run_id"] == run_id:
            return night.read(CONCLUSION)
    return None


def tell(watch: NightWatch, run_id: str, state: str, summary: dict[str, Any] | None) -> None:
    """Print the summary of a night; of a red one, the last words of what failed."""
    if state != "success":
        for step in watch.steps(run_id):
            if step["state"] == "failed":
                say(f"     {step['task_id']} {step['rendered_map_index'] or ''} FAILED:")
                say(watch.log_of(run_id, step)[-1500:])
    if summary is None:
        say("     no backup was opened")
        return
    for line in summary["lines"]:
        say(f"     {line}")


def say(words: str) -> None:
    """Print at once, also into a pipe."""
    print(words, flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["down"]:
        STACK.down()
        say("the demo's Airflow is stopped")
    else:
        sys.exit(main())
