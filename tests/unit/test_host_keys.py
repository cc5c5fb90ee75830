"""Who is taken for a host: a real ssh server, the provider's own hook, and what a connection's extra says beside it."""

from __future__ import annotations

import json

import asyncssh
import pytest

from tests.unit.test_hosts_ssh import Open, in_a_shell
from vitam_operators.commands import Command
from vitam_operators.config import Host
from vitam_operators.errors import HostUnreachableError, SecretMissingError
from vitam_operators.hooks import host_keys
from vitam_operators.hooks.hosts import LOOPBACK, HostHook

ITS_OWN, ANOTHER = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))


def public(key: asyncssh.SSHKey) -> str:
    """Type and key, as in known_hosts."""
    return key.export_public_key().decode().strip()


EXTRAS = {
    "nothing": {},
    "no_host_key_check": {"no_host_key_check": True},
    "in words": {"no_host_key_check": "True"},
    "old word": {"ignore_hostkey_verification": "true"},
    "known_hosts": {"known_hosts": "none"},
    "its own key": {"host_key": public(ITS_OWN)},
    "another key": {"host_key": public(ANOTHER)},
    "a word and a key": {"no_host_key_check": True, "host_key": public(ITS_OWN)},
}


async def asked(monkeypatch: pytest.MonkeyPatch, pin: str | None, extra: dict) -> str:
    """What a host answers that is reached by the platform file's key and a connection."""
    connection = {"conn_type": "ssh", "login": "x", "password": "y", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_TEST_PINNED", json.dumps(connection))
    options = {"server_factory": Open, "process_factory": in_a_shell, "server_host_keys": [ITS_OWN], "encoding": None}
    async with await asyncssh.listen(LOOPBACK, 0, **options) as server:
        host = Host(name="a", address=LOOPBACK, ssh_port=server.get_port(), ssh_conn_id="test_pinned", host_key=pin)
        async with HostHook(host).connect() as shell:
            return await shell.run(Command("echo here", str.strip))


@pytest.mark.parametrize("extra", EXTRAS.values(), ids=EXTRAS)
async def test_with_a_key_in_the_platform_file_nothing_else_decides(monkeypatch, extra):
    """Kind: a second place that overrides what was reviewed. A host with another key is refused, its own is taken."""
    with pytest.raises(HostUnreachableError, match=r"[Hh]ost key"):
        await asked(monkeypatch, public(ANOTHER), extra)
    assert await asked(monkeypatch, public(ITS_OWN), extra) == "here"


async def test_what_is_no_key_reaches_nobody(monkeypatch):
    """The pattern of the platform file lets a word through that is no key."""
    with pytest.raises(HostUnreachableError):
        await asked(monkeypatch, "ssh-ed25519 AAAAnotakey", {"no_host_key_check": True})


@pytest.mark.parametrize("name", ["no_host_key_check", "in words", "old word", "known_hosts"])
def test_a_connection_that_takes_anybody_is_named_at_the_look(name):
    """Beside a key of the platform file it is a finding: somebody thinks that the one or the other holds."""
    bare = Host(name="app1", address="10.0.0.1", ssh_conn_id="some_ssh")
    findings, warnings = host_keys.doubts(bare.model_copy(update={"host_key": public(ITS_OWN)}), EXTRAS[name])
    assert [finding.partition(" says ")[0] for finding in findings] == ["app1: the Airflow connection some_ssh"]
    assert warnings == []
    findings, warnings = host_keys.doubts(bare, EXTRAS[name])
    assert (findings, len(warnings)) == ([], 1)
    assert "put its host_key into the platform file" in warnings[0]


@pytest.mark.parametrize("extra", [{}, {"host_key": "x"}, {"known_hosts": "/etc/k"}, {"no_host_key_check": "false"}])
def test_a_connection_that_checks_is_not_named(extra):
    """Whether by a key of its own or by known_hosts."""
    for pin in (None, public(ITS_OWN)):
        assert host_keys.doubts(Host(name="a", address="b", host_key=pin), extra) == ([], [])


async def test_a_connection_that_is_not_there_is_named():
    """In place of Airflow's own words, which name no platform."""
    with pytest.raises(SecretMissingError, match="there is no Airflow connection absent_ssh"):
        await host_keys.ask(Host(name="a", address="b", ssh_conn_id="absent_ssh"))
