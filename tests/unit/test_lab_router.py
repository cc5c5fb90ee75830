"""The lab's mongos: ``balancerStop`` waits for a balancing round as a config primary does, no longer than it may."""

from __future__ import annotations

import asyncio
import json
import time
from types import SimpleNamespace

import pytest

from lab.services import mongos, switches

DAY_S = 86_400


@pytest.fixture
def ask(monkeypatch, tmp_path):
    """Give what sends ``balancerStop`` to a router whose config primary agrees, while a round goes on for a day."""
    monkeypatch.setattr(switches, "DIRECTORY", tmp_path)
    (tmp_path / "mongos.json").write_text(json.dumps({"busy-round": {"value": str(DAY_S), "at": time.time()}}))
    asked = []

    async def agree(document):
        asked.append(document)
        return {"ok": 1.0}

    async def may(self, roles):
        return True

    monkeypatch.setattr(mongos.Connection, "_may", may)
    connection = mongos.Connection(SimpleNamespace(internal=SimpleNamespace(command=agree)), None)

    def run(**more):
        answer = asyncio.run(connection._balancer("balancerStop", {"balancerStop": 1, **more}))
        return answer, asked

    return run


def test_a_round_that_outlasts_the_time_is_an_error_and_the_balancer_is_off(ask):
    answer, asked = ask(maxTimeMS=1)
    assert (answer["code"], answer["codeName"]) == (50, "MaxTimeMSExpired")
    assert asked == [{"_configsvrBalancerStop": 1, "maxTimeMS": 1}]


def test_it_answers_once_the_round_is_over(ask, monkeypatch, tmp_path):
    looks = []

    async def then(_):
        looks.append("a look")
        (tmp_path / "mongos.json").write_text("{}")

    monkeypatch.setattr(mongos.asyncio, "sleep", then)
    answer, _ = ask(maxTimeMS=DAY_S * 1000)
    assert answer == {"ok": 1.0}
    assert looks == ["a look"]
