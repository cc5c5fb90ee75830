"""The lab's platforms as their inventories tell them, and the Vitam that LAB_VITAM makes of them."""

from __future__ import annotations

import pytest

from lab import platform_file, variants
from lab.components import SECURING
from lab.plans import plan_of
from lab.topology import load_platform
from lab.variants import UnknownPlatform
from vitam_operators.ansible_inventory import read_inventory
from vitam_operators.inventory import draft, with_settings
from vitam_operators.platforms import check_platform


def made_for(platform):
    """Return secrets in the shape in which lab/up makes them."""
    key = {"private": "key", "public": "key"}
    return {
        "ssh": {"backup": key} | dict.fromkeys(platform.hosts, key),
        "platform_secret": "secret",
        "clusters": {name: {"keyfile": "key", "accounts": {}} for name in platform.clusters},
    }


@pytest.mark.parametrize(
    ("vitam", "version", "timers", "collect"),
    [
        (None, "5.3", True, {"collect"}),
        ("4", "4.0.7", True, set()),
        ("5", "5.3", True, {"collect"}),
        ("6", "6.2", False, {"collect-internal", "collect-external"}),
        ("7", "7.0.1", False, {"collect-internal", "collect-external"}),
    ],
)
def test_the_one_host_platform_is_any_vitam(monkeypatch, vitam, version, timers, collect):
    """Vitam 4 and 5 are secured by systemd timers, 6 and 7 by their scheduler: the host gets the one or the other."""
    monkeypatch.delenv("LAB_VITAM", raising=False)
    if vitam:
        monkeypatch.setenv("LAB_VITAM", vitam)
    platform = load_platform("allinone")
    plan = plan_of(platform, platform.hosts["allinone"], made_for(platform), ("", ""))
    assert (platform.version, plan["timers"]) == (version, timers)
    assert plan["securing_timers"] == (list(SECURING) if timers else [])
    assert ("scheduler" in plan["components"]) is not timers
    assert {"collect", "collect-internal", "collect-external"} & set(plan["components"]) == collect
    assert {"mongo-data"} == set(plan["clusters"])


@pytest.mark.parametrize(
    ("name", "vitam"), [("allinone", "4"), ("allinone", None), ("allinone", "6"), ("medium", "7"), ("solo", None)]
)
def test_its_platform_file_is_right(monkeypatch, tmp_path, name, vitam):
    """The reader of inventories makes it, as for any platform; only host keys and records come with lab/up."""
    monkeypatch.delenv("LAB_VITAM", raising=False)
    if vitam:
        monkeypatch.setenv("LAB_VITAM", vitam)
    lab = load_platform(name)
    inventory = tmp_path / "inventory"
    inventory.write_text(variants.inventory_text(name))
    made = draft(read_inventory(inventory), name=name)
    platform = check_platform(with_settings(made, [platform_file._settings(name)], name).content, source=name)
    assert platform.securing.by == ("timers" if lab.timers else "quartz")
    assert {host.name: set(host.services) for host in platform.hosts} == {
        host.name: set(host.components) - {"elasticsearch-data"} for host in lab.hosts.values()
    }


@pytest.mark.parametrize(
    ("name", "vitam", "words"),
    [
        (
            "large",
            "7",
            "LAB=large: there is no such lab platform\nhint: known are allinone, medium, solo, solo2, solo3, spare",
        ),
        ("medium", "5", "LAB_VITAM=5: the lab platform medium cannot be that Vitam\nhint: it can be 6, 7"),
        ("allinone", "3", "LAB_VITAM=3: the lab platform allinone cannot be that Vitam\nhint: it can be 4, 5, 6, 7"),
    ],
)
def test_what_the_lab_cannot_be(monkeypatch, name, vitam, words):
    """A misspelt platform is answered with those that there are."""
    monkeypatch.setenv("LAB_VITAM", vitam)
    with pytest.raises(UnknownPlatform) as caught:
        load_platform(name)
    assert str(caught.value) == words


def test_the_timers_run_on_the_last_host_of_logbook(monkeypatch):
    """As Vitam 5 starts them; lab/plans.py has the source."""
    monkeypatch.delenv("LAB_VITAM", raising=False)
    platform = load_platform("spare")
    made = made_for(platform)
    plans = {name: plan_of(platform, host, made, ("", "")) for name, host in platform.hosts.items()}
    assert [name for name, plan in plans.items() if "logbook" in plan["components"]] == ["spare1", "spare2"]
    assert [name for name, plan in plans.items() if plan["securing_timers"]] == ["spare2"]
