"""
A plan by day on real hosts: what would fail at night is found, named, and nothing is touched.

What is wrong here is what sites get wrong: a secret that was changed, a port that was mistyped, a proxy that somebody
has set on a host. The look is the package's own over real ssh; the stand-ins answer as their sources say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lab.platform_file import write_platform_file
from tests.lab import evidence, restoring, stories

PROXY = "http_proxy=http://wanda:secret@proxy.example.org:3128"
CLOSED_PORT = 9219


@contextmanager
def nothing_more(run: Path) -> Iterator[None]:
    """What is wrong stands in the platform file."""
    yield


@contextmanager
def another_secret(run: Path) -> Iterator[None]:
    """Airflow has a secret that the platform does not have (any more)."""
    path = run / "connections.json"
    known = path.read_text()
    connections = json.loads(known)
    connections["vitam_medium_secret"]["password"] = "the-secret-of-last-year"
    path.write_text(json.dumps(connections))
    try:
        yield
    finally:
        path.write_text(known)


@contextmanager
def a_proxy(run: Path) -> Iterator[None]:
    """Somebody has set a proxy for all that runs on the host."""
    evidence.on("solo", f"cp /etc/environment /root/environment.before; echo {PROXY} >> /etc/environment")
    try:
        yield
    finally:
        evidence.on("solo", "mv /root/environment.before /etc/environment")


@dataclass(frozen=True)
class Mistake:
    """
    What is wrong by day.

    :param platform: of the lab
    :param wrong: makes it wrong, and puts it right again
    :param state: in which the run has to end
    :param says: what its log has to say
    :param settings: put over the platform file
    """

    platform: str
    wrong: Callable[[Path], Any]
    state: str
    says: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)


MISTAKES = {
    "a-wrong-platform-secret": Mistake(
        "medium", another_secret, "failed", ("on host app2", "/scheduler/v1/current-jobs: 401", "platform secret")
    ),
    "a-wrong-port-of-elasticsearch": Mistake(
        "solo",
        nothing_more,
        "failed",
        (f"on host solo, GET http://172.31.77.32:{CLOSED_PORT}/: ", "nobody listens there"),
        {"elasticsearch": [{"name": "elasticsearch-data", "hosts": ["solo"], "port": CLOSED_PORT}]},
    ),
    "a-proxy-on-a-host": Mistake(
        "solo", a_proxy, "success", ("a proxy is set (/etc/environment: http_proxy=...@proxy.example.org:3128)",)
    ),
}


@pytest.mark.parametrize("row", MISTAKES.values(), ids=MISTAKES)
def test_it_is_found_by_day(row: Mistake, platform_up: Callable[..., Path]) -> None:
    """Each has its own words, no secret is among them, and the platform does not notice the look."""
    run = platform_up(row.platform)
    write_platform_file(row.platform, {"window": stories.window_far_away()}, row.settings)
    before = evidence.running_units(row.platform)
    with row.wrong(run):
        looked = restoring.by_hand(row.platform, "vitam_backup", plan_only=True)
    assert looked["state"] == row.state, looked["log"][-3000:]
    for words in row.says:
        assert words in looked["log"]
    assert "wanda" not in looked["log"]
    assert "the-secret-of-last-year" not in looked["log"]
    assert evidence.running_units(row.platform) == before
    for host in before:
        assert evidence.on(host, "ls /var/lib/vitam-restart-guard 2> /dev/null || true") == ""
