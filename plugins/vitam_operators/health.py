"""What a host tells of itself: whether a Vitam service answers as a healthy one, and versions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vitam_operators.commands import Command, line
from vitam_operators.curl import Endpoint, Reply, UnansweredError, ask, explanation

STATUS, VERSIONS = "/admin/v1/status", "/admin/v1/version"
ANSWER_WITHIN_S = 10
VERSION = re.compile(r"\d+(?:\.\d+)+")


def admin_status(address: str, admin_port: int) -> Command[int]:
    """Fact: the HTTP status of ``/admin/v1/status`` (200 healthy, 503 not), 0 when nobody answers."""
    return ask(Endpoint(address, admin_port), STATUS, _status, max_time_s=ANSWER_WITHIN_S)


def _status(reply: Reply) -> int:
    if not reply.status and not reply.nobody:
        raise UnansweredError(reply, *explanation(reply))
    return reply.status


def admin_version(address: str, admin_port: int) -> Command[str]:
    """Fact: what ``/admin/v1/version`` says, as text; empty when it says nothing."""
    return ask(Endpoint(address, admin_port), VERSIONS, lambda reply: reply.text.strip(), max_time_s=ANSWER_WITHIN_S)


VERSIONS_SCRIPT = """
for tool in "$@"; do
  printf '%s %s\\n' "$tool" "$({ "$tool" --version || "$tool" version; } 2> /dev/null | head -n 1)"
done
"""


def tool_versions(tools: Iterable[str]) -> Command[dict[str, str]]:
    """Fact: the version of each program, empty where it tells none; restic knows ``version`` only."""
    words = ("env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-c", VERSIONS_SCRIPT, "sh", *tools)
    return Command(line(*words), _versions)


def _versions(output: str) -> dict[str, str]:
    told = (words.partition(" ") for words in output.splitlines() if words)
    return {tool: next(iter(VERSION.findall(words)), "") for tool, _, words in told}
