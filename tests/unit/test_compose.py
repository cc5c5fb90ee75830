"""docker-compose.yaml as a production start: what an administrator may rely on before anything is brought up."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lab.airflow_stack import SETTINGS
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(
    shutil.which("docker") is None and not os.environ.get("CI"),  # in CI they fail rather than not run
    reason="tools/setup installs Docker Compose",
)

PROFILES = {"local": [], "celery": ["--profile", "celery"]}
SECRETS = {
    *("airflow_passwords", "api_secret_key", "connections.json", "fernet_key", "jwt_secret"),
    *("postgres_password", "redis_password"),
}


@pytest.fixture(scope="module", params=PROFILES)
def composed(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What Docker Compose makes of the file, the services of a profile only."""
    words = ["docker", "compose", "--file", str(ROOT / "docker-compose.yaml"), *PROFILES[request.param]]
    hidden = ("AIRFLOW", "VITAM_BACKUP", "COMPOSE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    done = subprocess.run(
        [*words, "config", "--format", "json"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "profile": request.param}


def ends(composed: dict[str, Any]) -> set[str]:
    """The services that others wait for to end."""
    waits = [service.get("depends_on") or {} for service in composed["services"].values()]
    return {name for one in waits for name, how in one.items() if how["condition"] == "service_completed_successfully"}


def test_the_parts_of_each_profile(composed):
    """One scheduler, and it has the executor of the profile."""
    common = {"postgres", "init", "api-server", "dag-processor", "triggerer"}
    own = {"local": {"scheduler"}, "celery": {"scheduler-celery", "redis", "worker"}}[composed["profile"]]
    assert set(composed["services"]) == common | own
    schedulers = [s for name, s in composed["services"].items() if name.startswith("scheduler")]
    executor = {"local": "LocalExecutor", "celery": "CeleryExecutor"}[composed["profile"]]
    assert [s["environment"]["AIRFLOW__CORE__EXECUTOR"] for s in schedulers] == [executor]


def test_every_service_is_looked_after(composed):
    """It tells whether it is healthy, comes back after a reboot, and does not fill the disk with its log."""
    for name, service in composed["services"].items():
        once = name in ends(composed)
        assert bool(service["healthcheck"].get("test")) is not once, name
        assert service["restart"] == ("on-failure" if once else "unless-stopped"), name
        assert service["logging"]["options"]["max-size"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "privileged" not in service, name


def test_nothing_is_kept_in_a_container(composed):
    """What has to outlive an upgrade is in a volume that has a name."""
    kept = {
        (name, mount["source"])
        for name, s in composed["services"].items()
        for mount in s["volumes"]
        if mount["type"] == "volume"
    }
    assert ("postgres", "postgres") in kept
    assert {source for name, source in kept if name.startswith("scheduler")} == {"logs", "records"}
    assert {source for _, source in kept} <= set(composed["volumes"])


def test_no_password_but_from_a_file(composed):
    """There is no default to forget: without the administrator's files nothing starts."""
    for service in composed["services"].values():
        for name, value in service.get("environment", {}).items():
            secret = (
                re.search("PASSWORD|SECRET|KEY|CONN|URL|BACKEND", name)
                and "API__BASE_URL" not in name
                and "SERVER_URL" not in name
            )
            assert not secret or name.endswith("_CMD") or str(value).startswith("/run/airflow-secrets/"), name
            assert "://" not in str(value) or str(value).startswith("http://"), name
    used = {secret["source"] for s in composed["services"].values() for secret in s.get("secrets", [])}
    assert used == SECRETS - ({"redis_password"} if composed["profile"] == "local" else set())
    assert all(Path(secret["file"]).parent == ROOT / "secrets" for secret in composed["secrets"].values())
    assert subprocess.run(["git", "check-ignore", "-q", "secrets/x"], cwd=ROOT, check=False).returncode == 0


def test_the_ui_is_on_the_loopback(composed):
    """Who may reach it from elsewhere is said by the administrator, with TLS in front."""
    published = [(name, port) for name, s in composed["services"].items() for port in s.get("ports", [])]
    assert [(name, port["host_ip"]) for name, port in published] == [("api-server", "127.0.0.1")]


@pytest.mark.parametrize(
    "setting", [name for name in SETTINGS if re.search("WORKERS__M|EXECUTION_API_R|__ORPHANED|HEARTBEAT|REFRESH", name)]
)
def test_the_settings_that_nights_were_proved_with(composed, setting):
    """With Airflow's defaults a night can fail falsely: docs/operate.md has why."""
    airflow = [s for s in composed["services"].values() if s["image"] == "vitam-backup-airflow"]
    assert {s["environment"][setting] for s in airflow} == {SETTINGS[setting]}


def test_accounts_are_not_those_of_development(composed):
    """Kind: a default that is not for production. Passwords are read by the step that makes the accounts alone."""
    airflow = {name: s for name, s in composed["services"].items() if s["image"] == "vitam-backup-airflow"}
    managers = {s["environment"]["AIRFLOW__CORE__AUTH_MANAGER"].rpartition(".")[2] for s in airflow.values()}
    assert managers == {"FabAuthManager"}
    readers = [name for name, s in airflow.items() if "airflow_passwords" in {one["source"] for one in s["secrets"]}]
    assert readers == ["init"]
    assert airflow["init"]["command"][-1].endswith("&& accounts")
    assert airflow["init"]["environment"]["VITAM_BACKUP_USERS"] == "admin:admin"


def make_secrets(directory: Path) -> str:
    environment = {**os.environ, "VITAM_BACKUP_SECRETS": str(directory)}
    return subprocess.run(
        [ROOT / "tools" / "production", "secrets"], env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_secrets_are_made_once(tmp_path):
    """Each machine has its own, for root alone, and a second run changes none; they are not printed."""
    first, other = tmp_path / "first", tmp_path / "other"
    said = make_secrets(first)
    make_secrets(other)
    texts = {path.name: path.read_text(encoding="utf-8") for path in first.iterdir()}
    assert set(texts) == SECRETS
    assert {path.stat().st_mode & 0o777 for path in first.iterdir()} == {0o600}
    same = {name for name, text in texts.items() if (other / name).read_text(encoding="utf-8") == text}
    assert same == {"connections.json"}
    assert len(base64.urlsafe_b64decode(texts["fernet_key"])) == 32
    assert set(json.loads(texts["airflow_passwords"])) == {"admin"}
    assert not [text for name, text in texts.items() if name not in same and text.strip() in said]
    assert make_secrets(first) == ""
    assert {path.name: path.read_text(encoding="utf-8") for path in first.iterdir()} == texts
