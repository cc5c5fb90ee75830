"""
Proxies in a host's environment. The backup asks past them (see :mod:`.curl`); an operator should know of them.

What a proxy's address may hold before ``@`` is a password: it does not leave the host.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vitam_operators.commands import Command, line

SCRIPT = r"""
setting='^[[:space:]]*(export[[:space:]]+|set[[:space:]]+)?(http|https|ftp|all)_proxy[[:space:]]*='
{
  grep -HisE "$setting" /etc/environment /etc/profile /etc/bashrc /etc/bash.bashrc /etc/profile.d/*.sh
  env | grep -isE "$setting" | sed 's/^/environment:/'
} | sed -E 's/=.*@/=...@/'
"""


@dataclass(frozen=True)
class Proxy:
    """
    One setting.

    :param where: the file, or ``environment``: what an ssh session of the account has
    :param setting: ``http_proxy=…``, without what stands before ``@``
    """

    where: str
    setting: str


def settings() -> Command[tuple[Proxy, ...]]:
    """Fact: the proxies that a host's files and the account's own environment set."""
    return Command(line("sh", "-c", SCRIPT), _read)


def _read(output: str) -> tuple[Proxy, ...]:
    told = (words.partition(":") for words in output.splitlines() if ":" in words)
    return tuple(dict.fromkeys(Proxy(where, setting.strip()) for where, _, setting in told))


def warnings(found: tuple[Proxy, ...]) -> Iterator[str]:
    """Say which proxies there are, and that the backup uses none."""
    if found:
        shown = "; ".join(f"{proxy.where}: {proxy.setting}" for proxy in found)
        yield f"a proxy is set ({shown}); no request of the backup goes through it, those of other programs may"
