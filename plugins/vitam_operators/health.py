"""Whether a Vitam service answers as a healthy one."""

from __future__ import annotations

from vitam_operators.commands import Command, line


def admin_status(address: str, admin_port: int) -> Command[int]:
    """Fact: the HTTP status of ``/admin/v1/status`` (200 healthy, 503 not), 0 when nobody answers."""
    url = f"http://{address}:{admin_port}/admin/v1/status"
    words = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--max-time", "10", url]
    return Command(line(*words), int, ok=frozenset({0, 7, 28, 52, 56}))


def admin_version(address: str, admin_port: int) -> Command[str]:
    """Fact: what ``/admin/v1/version`` says, as text; empty when it says nothing."""
    url = f"http://{address}:{admin_port}/admin/v1/version"
    return Command(line("curl", "--silent", "--max-time", "10", url), str.strip, ok=frozenset({0, 7, 28, 52, 56}))
