"""
Storage offers that keep their objects elsewhere than in files of their host: object stores and tape libraries.

Their MongoDB cluster is copied as any other; nothing of the objects is.
"""

from __future__ import annotations

from collections.abc import Iterator

from vitam_operators.config import Platform
from vitam_operators.config_types import TAPE_LIBRARY
from vitam_operators.parts import OFFER


def tape_offers(platform: Platform) -> list[str]:
    """Return the hosts of offers that keep their objects on tape."""
    return [host.name for host in platform.hosts if OFFER in host.services and host.offer_provider == TAPE_LIBRARY]


def offers_elsewhere(platform: Platform) -> Iterator[str]:
    """
    Tell where the objects are that no directory holds, a sentence for each offer.

    What Vitam demands of an offer on tape: ProgrammeVitam/vitam@7.0.1
    doc/fr/exploitation/topics/17-backup_restore_gros_volume.rst:170.
    """
    tapes = tape_offers(platform)
    for host in (host for host in platform.hosts if OFFER in host.services and not host.offer_in_files):
        if host.name in tapes:
            yield (
                f"the objects of the offer on {host.name}: they are on tape, and only the offer's database knows on "
                "which; Vitam demands a backup of that database on tape (backup_mongodb_tape_offer.yml) and its log "
                "offer_tape_backup kept elsewhere: docs/restore.md, Offers on tape"
            )
        else:
            yield (
                f"the objects of the offer on {host.name}: they are in its object store ({host.offer_provider}), which "
                "needs a backup of its own"
            )
