"""The guard's unit files, read by the systemd of a host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.evidence import on
from vitam_operators import guard

PLATFORM = "allinone"
WRITE_AND_VERIFY = """
rm -rf {directory} && mkdir {directory} && cd {directory}
cat > {name}.service <<'END'
{service}
END
cat > {name}.timer <<'END'
{timer}
END
systemd-analyze verify --man=no ./{name}.service ./{name}.timer 2>&1
"""
TIMER = guard.TIMER_TEXT.format(moment="2030-01-01 07:00:00 UTC")


def verified(timer: str) -> list[str]:
    """Return what systemd says against service and timer."""
    text = WRITE_AND_VERIFY.format(directory="/tmp/guard", name=guard.NAME, service=guard.SERVICE_TEXT, timer=timer)
    return [line for line in on(PLATFORM, f"{{ {text} }} || true").splitlines() if guard.NAME in line]


def test_systemd_understands_timer_and_service(platform_up: Callable[..., Path]) -> None:
    """A key that it does not know is only a line in the journal, and a guard that does not fire."""
    platform_up(PLATFORM)
    assert verified(TIMER) == []


@pytest.mark.parametrize("mistake", [("Persistent", "Persistant"), ("2030-01-01 07:00:00 UTC", "tomorrow night")])
def test_systemd_would_have_said_so(platform_up: Callable[..., Path], mistake: tuple[str, str]) -> None:
    """The story above can fail."""
    platform_up(PLATFORM)
    assert verified(TIMER.replace(*mistake)) != []
