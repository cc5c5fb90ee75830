"""The systemd units of a Vitam host, as Vitam's packages write them; what is a stand-in says so in its description."""

from __future__ import annotations

PROGRAM = "/usr/bin/python3 -m lab.services"
ENVIRONMENT = "Environment=PYTHONPATH=/usr/lib/vitam-lab PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1"


def _unit(description: str, service: list[str], before: str = "network.target") -> str:
    lines = ["[Unit]", f"Description={description}", f"After={before}", "", "[Service]", *service]
    return "\n".join([*lines, "", "[Install]", "WantedBy=multi-user.target", ""])


def mongo_unit(role: str, restart: str | None) -> str:
    """
    Return the unit of a mongod or a mongoc: a real server, and no TimeoutStopSec, as in Vitam.

    :param restart: Vitam <= 6.2 sets ``Restart=always``, 7.0.1 nothing.
    """
    run = f"ExecStart=/usr/bin/mongod --config /vitam/conf/{role}/{role}.conf"
    again = [f"Restart={restart}"] if restart else []
    return _unit(f"MongoDB {role}", ["Type=simple", "User=vitamdb", "Group=vitam", run, "LimitNOFILE=64000", *again])


def mongos_unit() -> str:
    """Return the unit of the router stand-in."""
    run = f"ExecStart={PROGRAM}.mongos /vitam/conf/mongos/mongos.conf"
    return _unit("MongoDB mongos (stand-in)", ["Type=simple", "User=vitamdb", "Group=vitam", ENVIRONMENT, run])


def java_unit(component: str) -> str:
    """Return the unit of a Java service's stand-in: without SuccessExitStatus, so that it ends as failed (143)."""
    run = f"ExecStart={PROGRAM}.vitam_service {component}"
    return _unit(f"Vitam {component} (stand-in)", ["Type=simple", "User=vitam", "Group=vitam", ENVIRONMENT, run])


def elasticsearch_unit() -> str:
    """Return the unit of the Elasticsearch stand-in, with the stop settings of Vitam's own."""
    run = f"ExecStart={PROGRAM}.elasticsearch"
    stop = ["TimeoutStopSec=0", "SuccessExitStatus=143"]
    return _unit(
        "Elasticsearch data (stand-in)", ["Type=simple", "User=vitamdb", "Group=vitam", ENVIRONMENT, run, *stop]
    )


def securing_units(name: str, calendar: str) -> dict[str, str]:
    """
    Return the timer and the oneshot service of one securing job (Vitam <= 5).

    :param name: the unit's name without vitam-, such as traceability-operations.
    :param calendar: OnCalendar of the timer.
    """
    run = f"ExecStart={PROGRAM}.securing {name}"
    service = ["Type=oneshot", "User=vitam", "Group=vitam", ENVIRONMENT, run]
    timer = f"[Unit]\nDescription=Vitam {name}\n\n[Timer]\nOnCalendar={calendar}\nAccuracySec=1s\n\n"
    return {
        f"vitam-{name}.service": _unit(f"Vitam {name} (stand-in)", service),
        f"vitam-{name}.timer": timer + "[Install]\nWantedBy=timers.target\n",
    }
