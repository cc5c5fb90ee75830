"""Switch on again what a backup holds: ``python3 -m lab.host.resume balancer CLUSTER`` or ``... scheduler``."""

from __future__ import annotations

import sys
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from lab.components import BY_NAME, MONGO_PORTS
from lab.host.files import read_plan

WAIT_S = 40.0


def balancer(plan: dict[str, Any], cluster: str) -> None:
    """Send balancerStart to this host's router."""
    from pymongo import MongoClient

    account = {"username": "vitamdb-admin", "password": plan["clusters"][cluster]["accounts"]["vitamdb-admin"]}
    with MongoClient(plan["address"], MONGO_PORTS["mongos"], serverSelectionTimeoutMS=2000, **account) as client:
        client.admin.command("balancerStart")


def scheduler(plan: dict[str, Any]) -> None:
    """Resume all jobs of this host's scheduler."""
    url = f"http://{plan['address']}:{BY_NAME['scheduler'].admin_port}/scheduler/v1/resume/ALL"
    urllib.request.urlopen(urllib.request.Request(url, method="PUT"), timeout=5).close()


def insist(action: Callable[[], None]) -> None:
    """
    Try until it works, as long as services may take to start.

    :raises SystemExit: when it does not work in time.
    """
    give_up = time.monotonic() + WAIT_S
    while True:
        try:
            return action()
        except Exception as error:  # the service is still starting: whatever it says, ask again
            if time.monotonic() > give_up:
                raise SystemExit(f"{' '.join(sys.argv[1:])}: not resumed after {WAIT_S:.0f} s: {error}") from error
            time.sleep(0.5)


if __name__ == "__main__":
    _plan = read_plan()
    if sys.argv[1] == "balancer":
        insist(lambda: balancer(_plan, sys.argv[2]))
    else:
        insist(lambda: scheduler(_plan))
