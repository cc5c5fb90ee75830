"""What tests of the on-host program share: servers in threads, and a host whose guard is armed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from lab import mongod
from tests.fakes.cold import ColdData, make_cold_data
from tests.fakes.guarded import GuardedHost
from vitam_operators.on_host import restart_guard


@pytest.fixture
def serve():
    """Have a server in a thread until the end of the test."""
    servers = []

    def start(server):
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def cold_data(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], ColdData]:
    """Give the data of a member that was closed, by the program that wrote it; made once for each."""
    made: dict[Path, ColdData] = {}

    def of(program: Path) -> ColdData:
        if program not in made:
            made[program] = make_cold_data(program, tmp_path_factory.mktemp("member"))
        return made[program]

    return of


@pytest.fixture(scope="module", params=mongod.VERSIONS)
def each_mongod(request: pytest.FixtureRequest) -> Path:
    """The program of each mongod in turn, for what differs between them."""
    program = mongod.binary(request.param)
    if not program.exists() and not os.environ.get("CI"):  # in CI they fail rather than not run
        pytest.skip("tools/setup puts the lab's mongods there")
    return program


@pytest.fixture
def guarded(tmp_path, monkeypatch):
    """A host whose looks are quick."""
    made = GuardedHost(tmp_path)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("LOOK_EVERY_S", "ASK_SYSTEMD_EVERY_S", "SETTLES_WITHIN_S", "AGAIN_AFTER_S"):
        monkeypatch.setattr(restart_guard, name, 0.02)
    monkeypatch.setattr(restart_guard, "ANSWER_WITHIN_S", 0.5)
    return made
