"""
The platform file of a lab platform: made by the package's own inventory reader from lab/inventories.

``PYTHONPATH=plugins python -m lab.platform_file medium`` writes lab/run/medium/platform.yaml; lab/platforms has what
differs from the defaults, lab/run/medium/host_keys.json the hosts' public keys.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from lab import variants
from lab.variants import UnknownPlatform
from vitam_operators.ansible_inventory import read_inventory
from vitam_operators.errors import ConfigError
from vitam_operators.inventory import as_yaml, draft, host_key_settings, with_settings
from vitam_operators.platform_yaml import read_yaml
from vitam_operators.platforms import check_platform
from vitam_operators.privileges import key_options, sudoers

LAB = Path(__file__).resolve().parent


def write_platform_file(platform: str, *more_settings: dict[str, Any]) -> Path:
    """
    Write the platform file and return its path; running it again gives the same.

    :param platform: medium, allinone, or a twin of one.
    :param more_settings: put over those of lab/platforms, such as ``{"window": {"start": "15:00"}}``.
    :raises ConfigError: its hosts have no keys yet, or the settings are wrong.
    :raises UnknownPlatform: there is no such platform.
    """
    run = LAB / "run" / platform
    settings = [_settings(platform), _host_keys(run), {"records": f"file://{run}/records"}, *more_settings]
    inventory = read_inventory(_inventory(run, platform))
    made = with_settings(draft(inventory, name=platform), settings, inventory.source)
    (run / "records").mkdir(parents=True, exist_ok=True)
    path = run / "platform.yaml"
    path.write_text(as_yaml(made, f"lab/run/{platform}/inventory"), encoding="utf-8")
    return path


def rights(platform: str, addresses: str) -> dict[str, tuple[str, str]]:
    """
    Return, for each host, the backup account's sudoers file and the options of its key.

    :param platform: medium, allinone, or a twin of one.
    :param addresses: that Airflow comes from.
    :raises ConfigError: its settings are wrong.
    :raises UnknownPlatform: there is no such platform.
    """
    inventory = read_inventory(_inventory(LAB / "run" / platform, platform))
    made = with_settings(draft(inventory, name=platform), [_settings(platform)], inventory.source)
    found = check_platform(made.content, source=inventory.source)
    names = [host.name for host in found.hosts]
    return {name: (sudoers(found, name), key_options(found, name, addresses)) for name in names}


def _settings(platform: str) -> Any:
    return read_yaml(variants.settings_text(platform))


def _inventory(run: Path, platform: str) -> Path:
    """Write the inventory that ansible-inventory reads, beside the platform file."""
    path = run / "inventory"
    run.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(variants.inventory_text(platform), encoding="utf-8")
    return path


def _host_keys(run: Path) -> dict[str, Any]:
    path = run / "host_keys.json"
    if not path.exists():
        raise ConfigError(f"{path} is missing: the lab's hosts have no keys yet", hint="make lab-up")
    return host_key_settings(json.loads(path.read_text(encoding="utf-8")))


def main() -> int:
    """Write the platform file of the platform that is named."""
    parser = argparse.ArgumentParser(description="Write the platform file of a lab platform.")
    parser.add_argument("platform", help=" or ".join(variants.platforms()))
    try:
        print(write_platform_file(parser.parse_args().platform))
    except (ConfigError, UnknownPlatform) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
