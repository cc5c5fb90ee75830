"""What tests of the on-host program share: servers in threads, and a host whose guard is armed."""

from __future__ import annotations

import threading

import pytest

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


@pytest.fixture
def guarded(tmp_path, monkeypatch):
    """A host whose looks are quick."""
    made = GuardedHost(tmp_path)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(restart_guard, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(restart_guard, "ANSWER_WITHIN_S", 0.5)
    return made
