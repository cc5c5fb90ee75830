"""What a person accepts as it is, by the names that findings of the look have: none may be a slip of the pen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vitam_operators.engines.base import Engine
from vitam_operators.left_down import ACCEPTED, DOWN_BEFORE
from vitam_operators.mounts import KNOWN_BELOW, MOUNTS
from vitam_operators.platform_mistakes import did_you_mean

ON_HOSTS = ("units_before", DOWN_BEFORE, "sizes", MOUNTS, KNOWN_BELOW)
"""Keys of a plan that have names by host: of units, parts and directories."""


def findings(plan: Mapping[str, Any], engine: Engine) -> Iterator[str]:
    """Name what is accepted and is nothing that a finding can be about."""
    names = [f"{name}@{host}" for key in ON_HOSTS for host, known in plan[key].items() for name in known]
    names += filter(None, (engine.repository(part) for part in plan["parts"]))
    for name in plan[ACCEPTED]:
        if name not in names:
            yield f"the field 'Accepted' has {name!r}, of which no finding can be{did_you_mean(name, names)}"
