"""The containers of docker-compose.yaml beside an administrator's: with a project, secrets and volumes of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

HEALTHY_WITHIN_S = 600
LISTENS = "127.0.0.1:8095"


class Production:
    """
    The services of a profile.

    :param profile: ``local`` or ``celery``
    :param home: a directory for its secrets and its platform file
    :param run: directory of the lab's platform that it backs up
    """

    def __init__(self, profile: str, home: Path, run: Path) -> None:
        self.profile, self.secrets, self.config = profile, home / "secrets", home / "config"
        self.environment = {
            **os.environ,
            "VITAM_BACKUP_SECRETS": str(self.secrets),
            "VITAM_BACKUP_CONFIG": str(self.config),
            "VITAM_BACKUP_LISTEN": LISTENS,
        }
        self.config.mkdir(parents=True)
        shutil.copy(run / "platform.yaml", self.config)
        self._run(str(ROOT / "tools" / "production"), "secrets")
        (self.secrets / "connections.json").write_text((run / "connections.json").read_text())

    @property
    def url(self) -> str:
        """Where the UI is."""
        return f"http://{LISTENS}"

    @property
    def password(self) -> str:
        """The password of the user ``admin``."""
        return str(json.loads((self.secrets / "airflow_passwords").read_text())["admin"])

    @property
    def scheduler(self) -> str:
        """The service that is the scheduler."""
        return "scheduler" if self.profile == "local" else "scheduler-celery"

    def up(self, *more: str) -> None:
        """Bring it up and wait until each service says that it is healthy."""
        self.compose("up", "--detach", "--no-build", *more)
        give_up = time.monotonic() + HEALTHY_WITHIN_S
        while unhealthy := self.unhealthy():
            assert time.monotonic() < give_up, (
                f"not healthy: {unhealthy}\n{self.compose('logs', '--tail', '30')[-8000:]}"
            )
            time.sleep(2)

    def unhealthy(self) -> dict[str, str]:
        """Return the containers that are neither healthy nor ended as they should, and what they are."""
        states = {
            one["Name"]: one for one in map(json.loads, self.compose("ps", "--all", "--format", "json").splitlines())
        }
        return {name: f"{one['State']} {one['Health']}" for name, one in states.items() if not _well(one)}

    def down(self) -> None:
        """Remove it with its volumes."""
        self.compose("down", "--volumes", "--timeout", "20")

    def compose(self, *words: str) -> str:
        """Run docker compose and return what it prints."""
        files = ["--file", str(ROOT / "docker-compose.yaml"), "--file", str(Path(__file__).with_name("on-lab.yaml"))]
        return self._run(
            *("docker", "compose", "--project-name", f"vitam-test-{self.profile}", "--profile", self.profile),
            *(*files, "--progress", "quiet", *words),
        )

    def _run(self, *words: str) -> str:
        done = subprocess.run(words, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(words)}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout


def _well(one: dict[str, Any]) -> bool:
    if one["Service"] == "init":
        return bool(one["State"] == "exited" and one["ExitCode"] == 0)
    return bool(one["State"] == "running" and one["Health"] == "healthy")
