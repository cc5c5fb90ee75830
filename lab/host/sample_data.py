"""Documents that look like Vitam's, with parts that do not compress: 50 MB of them are 50 MB on disk."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Document = dict[str, Any]


def guid() -> str:
    """Return a new identifier with the shape of a Vitam GUID: 36 characters, base 32, lower case."""
    return "aeaqaaaaaa" + base64.b32encode(os.urandom(17)).decode().lower()[:26]


def opaque(size_bytes: int) -> str:
    """Return text of about this size that block compression cannot shrink."""
    return base64.b64encode(os.urandom(size_bytes * 3 // 4)).decode()


def now() -> str:
    """Return the time as Vitam writes it."""
    return datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def unit(size_bytes: int) -> Document:
    """Return an archive unit (metadata.Unit)."""
    identifier = guid()
    return {
        "_id": identifier,
        "_opi": guid(),
        "_unitType": "INGEST",
        "_tenant": 0,
        "_max": 2,
        "_min": 1,
        "_up": [guid()],
        "_us": [guid(), guid()],
        "_v": 0,
        "_av": 0,
        "_sp": "RATP",
        "_approximate_creation_date": now(),
        "DescriptionLevel": "Item",
        "Title": f"Archive unit {identifier[-6:]}",
        "Description": opaque(size_bytes),
        "StartDate": "1998-03-01T00:00:00.000",
        "EndDate": "2004-12-31T00:00:00.000",
        "_storage": {"offerIds": ["offer-fs-1"], "strategyId": "default"},
        "_ops": [guid()],
    }


def object_group(size_bytes: int) -> Document:
    """Return an object group (metadata.ObjectGroup)."""
    digest = os.urandom(64).hex()
    return {
        "_id": guid(),
        "_tenant": 0,
        "_profil": "Document",
        "_opi": guid(),
        "_up": [guid()],
        "FileInfo": {"Filename": f"{digest[:8]}.pdf", "LastModified": now()},
        "_qualifiers": [
            {"qualifier": "BinaryMaster", "versions": [{"MessageDigest": digest, "OtherMetadata": opaque(size_bytes)}]}
        ],
        "_v": 0,
        "_nbc": 1,
    }


def logbook_operation(size_bytes: int, kind: str = "PROCESS_SIP_UNITARY", outcome: str = "OK") -> Document:
    """Return a logbook operation (logbook.LogbookOperation)."""
    identifier = guid()
    event = {"evId": guid(), "evType": kind, "evDateTime": now(), "outcome": outcome, "outDetail": f"{kind}.{outcome}"}
    process = "TRACEABILITY" if "TRACEABILITY" in kind else "INGEST"
    header = {"_id": identifier, "evIdProc": identifier, "evTypeProc": process, "_tenant": 0, "_v": 1}
    return {**header, **event, "evDetData": opaque(size_bytes), "events": [{**event, "evId": guid()}]}


def life_cycle(size_bytes: int) -> Document:
    """Return the life cycle of an archive unit (logbook.LogbookLifeCycleUnit)."""
    identifier = guid()
    event = {"evId": guid(), "evType": "LFC.CHECK_DIGEST", "evDateTime": now(), "outcome": "OK"}
    return {
        "_id": identifier,
        "obId": identifier,
        "evIdProc": guid(),
        "_tenant": 0,
        **event,
        "evDetData": opaque(size_bytes),
    }


def offer_log(size_bytes: int) -> Document:
    """Return a line of an offer's log (offer.OfferLog)."""
    return {
        "_id": guid(),
        "Sequence": int.from_bytes(os.urandom(4), "big"),
        "Time": now(),
        "Container": "0_object",
        "FileName": guid(),
        "Action": "write",
        "_FormatVersion": "V2",
        "Digest": opaque(size_bytes),
    }


# namespace -> (maker, size of one document, share of LAB_DATA_MB)
SHARDED: dict[str, tuple[Callable[[int], Document], int, float]] = {
    "metadata.Unit": (unit, 4096, 0.4),
    "metadata.ObjectGroup": (object_group, 4096, 0.2),
    "logbook.LogbookOperation": (logbook_operation, 4096, 0.1),
    "logbook.LogbookLifeCycleUnit": (life_cycle, 4096, 0.15),
    "offer.OfferLog": (offer_log, 4096, 0.15),
}
# namespace -> identifiers of some small documents; they live on the database's primary shard
UNSHARDED: dict[str, list[str]] = {
    "masterdata.AccessContract": ["ContratTNR", "ContratAccesLab"],
    "masterdata.IngestContract": ["IngestContractTNR"],
    "masterdata.FileFormat": ["fmt/18", "fmt/95", "x-fmt/111"],
    "masterdata.Agencies": ["FRAN_NP_000001", "RATP"],
    "identity.Certificate": ["CN=ihm-demo", "CN=vitam-admin-int"],
    "identity.PersonalCertificate": ["CN=userOK"],
}
