"""What is wrong with the readers of a platform file: they must not let through who writes."""

from __future__ import annotations

from collections.abc import Iterator

from vitam_operators.clients import ADMINISTRATORS, VITAMS_ACCOUNTS, VITAMS_DRIVER
from vitam_operators.config import Platform
from vitam_operators.config_readers import Reader

ADVICE = "name an account, an application or an address that only the reader has"


def findings(platform: Platform) -> Iterator[str]:
    """Yield a line for each reader that lets a service of Vitam through, or whoever has an administrator's account."""
    for number, cluster in enumerate(platform.mongodb):
        for index, reader in enumerate(cluster.readers):
            at = f"mongodb.{number} ({cluster.name}).readers.{index}"
            if services := _services(platform, reader):
                yield f"at {at}: lets Vitam's own services on {', '.join(services)} through; {ADVICE}"
            elif reader.account in ADMINISTRATORS and not (reader.application or reader.address):
                yield f"at {at}: lets everybody through who has Vitam's {reader.account}, which may write; {ADVICE}"


def _services(platform: Platform, reader: Reader) -> list[str]:
    """Return the hosts whose services of Vitam would pass; one whose address is a name is seen by the look only."""
    if reader.account and reader.account not in VITAMS_ACCOUNTS:
        return []
    if reader.application and not reader.application.startswith(VITAMS_DRIVER):
        return []
    hosts = [host for host in platform.hosts if host.services]
    return [h.name for h in hosts if any(map(reader.holds, (h.address, h.service_ip, h.admin_ip)))]
