"""
Why a MongoDB server did not do what it was asked, and what to do about it.

The driver tells some of it by the class of its error and the rest by text. The numbers are MongoDB's error codes
(mongodb/mongo@r5.0.32 src/mongo/base/error_codes.yml); the texts are those of pymongo 4.16, OpenSSL and the C library.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

USER_NOT_FOUND, UNAUTHORIZED, AUTHENTICATION_FAILED = 11, 13, 18
"""Codes by which a server refuses an account, or what the account asks for."""

LOG = "look at its log under /vitam/log"


@dataclass(frozen=True)
class Reason:
    """
    Why a server did not do what it was asked.

    :param words: what happened, after the server's address
    :param hint: what to do
    """

    words: str
    hint: str


TEXTS: tuple[tuple[str, Reason], ...] = (
    (
        r"wire version \d+, but this version of PyMongo requires",
        Reason(
            "the driver does not speak to this version of MongoDB",
            "MongoDB 4.2 to 6.0 are supported (docs/versions.md): update MongoDB, or correct the address",
        ),
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|[Hh]ostname mismatch|doesn't match",
        Reason(
            "its TLS certificate is not accepted",
            "set tlsCAFile to the CA that signed it in the extra of the Airflow connection; the certificate has to be "
            "for the address in the platform file",
        ),
    ),
    (
        r"WRONG_VERSION_NUMBER|SSL handshake failed: \S+: *$|SSL handshake failed.*(closed|EOF|reset)|UNEXPECTED_EOF",
        Reason(
            "it does not answer the TLS handshake",
            "it may not have TLS: compare net.tls.mode in its configuration with tls in the extra of the Airflow "
            "connection",
        ),
    ),
    (
        r"SSL|TLS",
        Reason(
            "the TLS handshake failed",
            "compare net.tls in its configuration with the extra of the Airflow connection (tls, tlsCAFile, "
            "tlsCertificateKeyFile)",
        ),
    ),
    (
        r"Name or service not known|Temporary failure in name resolution|No address associated|'idna' codec",
        Reason(
            "its name does not resolve on Airflow's host",
            "write the address that the platform file has into DNS or /etc/hosts there, or set ip_service",
        ),
    ),
    (
        r"Connection refused|Errno 111",
        Reason(
            "nobody listens there",
            f"is the unit running, and is the port the platform file's? {LOG}",
        ),
    ),
    (
        r"No route to host|Network is unreachable|Errno 113|Errno 101",
        Reason(
            "there is no way to its host from Airflow's", "look at the flows in docs/hosts.md, and at the firewalls"
        ),
    ),
    (
        r"[Cc]onnection (is )?(already )?closed|Connection reset|Errno 104|Broken pipe",
        Reason(
            "it closed the connection",
            "a server that is stopping does so, and one that demands TLS when the Airflow connection has no tls; "
            + LOG,
        ),
    ),
    (
        r"timed out|Timeout|No servers? (found|match)",
        Reason(
            "it did not answer in time",
            f"a firewall that drops what it forbids looks the same: docs/hosts.md has the flows; {LOG}",
        ),
    ),
)
"""Texts of errors of the network, the most certain first."""

CODES = {
    USER_NOT_FOUND: Reason(
        "it does not know the account", "look at login and authSource of the Airflow connection that is named"
    ),
    AUTHENTICATION_FAILED: Reason(
        "it refuses login or password",
        "try the account of the Airflow connection by hand; a mongos also refuses it while its config servers have no "
        "primary",
    ),
    UNAUTHORIZED: Reason("the account lacks a right", "compare its roles with docs/hosts.md"),
}


def reason(text: str, code: int | None = None) -> Reason:
    """
    Return why a server did not do what it was asked.

    :param text: of the driver's error
    :param code: MongoDB's error code, when the server answered with one
    """
    if code is not None:
        return CODES.get(code, Reason("it answered with an error", LOG))
    text = without_topology(text)
    return next((known for pattern, known in TEXTS if re.search(pattern, text)), Reason("it did not answer", LOG))


def without_topology(text: str) -> str:
    """Return the text of an error without what pymongo adds: its time-outs, and the topology, which says all twice."""
    return re.sub(r" \(configured timeouts: [^)]*\)", "", text.partition(", Timeout: ")[0])
