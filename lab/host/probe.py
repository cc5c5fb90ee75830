"""Look at this host, change nothing, print what is found as JSON: ``python3 -m lab.host.probe [--wait SECONDS]``."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lab.components import BY_NAME, ELASTICSEARCH, MONGO_PORTS
from lab.host.files import read_plan

PROPERTIES = "Id,ActiveState,SubState,Result,ExecMainStatus,NRestarts"
TIMEOUT_S = 3.0
METRIC = re.compile(r'state="(\w+)",status="\w+",} (\S+)')


def unit_names(plan: dict[str, Any]) -> list[str]:
    """Return the units that have to run on this host, servers first."""
    mongo = sorted((m["role"] for m in plan["mongo"]), key=list(MONGO_PORTS).index, reverse=True)
    names = [f"vitam-{name}.service" for name in [*mongo, *plan["components"]]]
    return names + [f"vitam-{name}.timer" for name in plan["securing_timers"]]


def unit_states(names: list[str]) -> dict[str, dict[str, str]]:
    """Read the states of units (``systemctl show``)."""
    command = ["systemctl", "show", "-p", PROPERTIES, *names]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    blocks = [dict(line.split("=", 1) for line in block.splitlines()) for block in text.strip().split("\n\n")]
    return {block["Id"]: block for block in blocks if "Id" in block}


def component_health(address: str, name: str) -> str:
    """Return ok, or why a component is not healthy."""
    if name == ELASTICSEARCH:
        status, text = _get(f"http://{address}:9200/_cluster/health")
        found = json.loads(text)["status"] if status == 200 else f"http {status}"
        return "ok" if found == "green" else str(found)
    status, text = _get(f"http://{address}:{BY_NAME[name].admin_port}/admin/v1/status")
    return "ok" if status == 200 else f"{status} {text[:200]}"


def _get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def member_state(address: str, member: dict[str, Any]) -> dict[str, Any]:
    """Return a MongoDB server's set and role (``isMaster``, which each version knows), or that it does not answer."""
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError

    known = {"cluster": member["cluster"], "set": member["set"], "role": member["role"]}
    try:
        client: MongoClient[Any] = MongoClient(
            address, member["port"], directConnection=True, serverSelectionTimeoutMS=1500
        )
        with client:
            found = client.admin.command("isMaster")
    except PyMongoError as error:
        return {**known, "state": "down", "detail": str(error)[:200]}
    state = "primary" if found.get("ismaster") else "secondary" if found.get("secondary") else "starting"
    return {**known, "state": state}


def balancer_state(address: str, member: dict[str, Any], cluster: dict[str, Any]) -> dict[str, Any]:
    """Return the balancer's state as the router on this host tells it (``balancerStatus``)."""
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError

    account = {"username": "vitamdb-admin", "password": cluster["accounts"]["vitamdb-admin"], "authSource": "admin"}
    try:
        with MongoClient(address, member["port"], serverSelectionTimeoutMS=1500, **account) as client:
            found = client.admin.command("balancerStatus")
            shards = [shard["_id"] for shard in client.admin.command("listShards")["shards"]]
    except PyMongoError as error:
        return {"cluster": member["cluster"], "mode": "unknown", "detail": str(error)[:200]}
    return {"cluster": member["cluster"], "mode": found["mode"], "in_round": found["inBalancerRound"], "shards": shards}


def workflows(address: str) -> dict[str, int]:
    """Count processing's workflows by state, from its metrics."""
    status, text = _get(f"http://{address}:{BY_NAME['processing'].admin_port}/admin/v1/metrics")
    counts: dict[str, int] = {}
    for state, number in METRIC.findall(text) if status == 200 else []:
        counts[state] = counts.get(state, 0) + int(float(number))
    return counts


def probe(plan: dict[str, Any]) -> dict[str, Any]:
    """Return all that is known of this host."""
    address = plan["address"]
    servers = [m for m in plan["mongo"] if m["role"] != "mongos"]
    routers = [m for m in plan["mongo"] if m["role"] == "mongos"]
    with ThreadPoolExecutor(12) as pool:
        healths = dict(
            zip(plan["components"], pool.map(lambda n: component_health(address, n), plan["components"]), strict=True)
        )
        members = list(pool.map(lambda m: member_state(address, m), servers))
        balancers = list(pool.map(lambda m: balancer_state(address, m, plan["clusters"][m["cluster"]]), routers))
    found: dict[str, Any] = {
        "units": unit_states(unit_names(plan)),
        "health": healths,
        "members": members,
        "balancers": balancers,
    }
    if "processing" in plan["components"]:
        found["workflows"] = workflows(address)
    return found


def faults(found: dict[str, Any]) -> list[str]:
    """Return what is not as it should be on a host."""
    units = [f"{u['Id']} is {u['ActiveState']}" for u in found["units"].values() if u["ActiveState"] != "active"]
    health = [f"vitam-{name} is not healthy: {why}" for name, why in found["health"].items() if why != "ok"]
    members = [f"{m['role']} is {m['state']}" for m in found["members"] if m["state"] not in ("primary", "secondary")]
    balancers = [f"balancer of {b['cluster']} is {b['mode']}" for b in found["balancers"] if b["mode"] != "full"]
    return units + health + members + balancers


def main() -> None:
    """Print the host's state, at once or as soon as it is healthy."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--wait", type=float, default=0.0)
    give_up = time.monotonic() + parser.parse_args().wait
    plan = read_plan()
    found = probe(plan)
    while faults(found) and time.monotonic() < give_up:
        time.sleep(0.7)
        found = probe(plan)
    print(json.dumps({**found, "faults": faults(found)}))


if __name__ == "__main__":
    main()
