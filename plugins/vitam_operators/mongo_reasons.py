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

COMMAND_NOT_FOUND, NO_PRIMARY_FOUND = 59, 133
"""Codes of a server that does not know a command, and of one that finds no member that it may ask."""

NOT_PRIMARY, NOT_PRIMARY_NOR_SECONDARY, STEPPED_DOWN, ROLE_CHANGES = 10107, 13436, 189, 11602
SHUTS_DOWN, INTERRUPTED_BY_SHUTDOWN = 91, 11600

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


CLOSED = Reason(
    "it closed the connection",
    "a server that is stopping does so, and one that demands TLS when the Airflow connection has no tls; " + LOG,
)

OF_TLS: tuple[tuple[str, Reason], ...] = (
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
            "connection; a server that is stopping does so, too",
        ),
    ),
    (
        r"\[SSL: |SSL handshake failed(?!.*(timed out|Errno))",
        Reason(
            "the TLS handshake failed",
            "compare net.tls in its configuration with the extra of the Airflow connection (tls, tlsCAFile, "
            "tlsCertificateKeyFile)",
        ),
    ),
)
"""What TLS may be the cause of, on a connection over which nothing has been answered yet."""

TEXTS: tuple[tuple[str, Reason], ...] = (
    (
        r"wire version \d+, but this version of PyMongo (requires|only supports)|requires wire version",
        Reason(
            "the driver does not speak to this version of MongoDB",
            "MongoDB 4.2 to 6.0 are supported: update MongoDB, or correct the address",
        ),
    ),
    (
        r"Message length|Got opcode|Unknown opcode",
        Reason(
            "what listens there does not speak MongoDB's protocol",
            "find out what has that port; compare it with the platform file",
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
        r"[Cc]onnection refused|Errno 111",
        Reason("nobody listens there", f"is the unit running, and is the port the platform file's? {LOG}"),
    ),
    (
        r"No route to host|Network is unreachable|Errno 113|Errno 101",
        Reason(
            "there is no way to its host from Airflow's", "look at the flows in docs/hosts.md, and at the firewalls"
        ),
    ),
    (
        r"timed out|Timeout|No servers? (found|match)",
        Reason(
            "it did not answer in time",
            f"a firewall that drops what it forbids looks the same: docs/hosts.md has the flows; {LOG}",
        ),
    ),
    (r"[Cc]onnection (is )?(already )?closed|Connection reset|Errno 104|Broken pipe|SSL", CLOSED),
)
"""Texts of the driver and of the network, the most certain first."""

CODES = {
    USER_NOT_FOUND: Reason(
        "it does not know the account", "look at login and authSource of the Airflow connection that is named"
    ),
    AUTHENTICATION_FAILED: Reason(
        "it refuses login or password",
        "try the account of the Airflow connection by hand; a mongos whose config set has no primary and a member that "
        "still fetches its data refuse every account, too",
    ),
    UNAUTHORIZED: Reason(
        "the account lacks a right",
        "compare its roles with docs/hosts.md; has the Airflow connection a login at all?",
    ),
    COMMAND_NOT_FOUND: Reason(
        "it does not know the command",
        "a mongod may answer where a mongos should: compare hosts and ports of the cluster in the platform file",
    ),
    **dict.fromkeys(
        (NOT_PRIMARY, NOT_PRIMARY_NOR_SECONDARY, STEPPED_DOWN, ROLE_CHANGES),
        Reason(
            "it is not the primary any more", "wait for the election; look at rs.status() on the members of its set"
        ),
    ),
    **dict.fromkeys(
        (SHUTS_DOWN, INTERRUPTED_BY_SHUTDOWN), Reason("it is shutting down", f"find out who stops it; {LOG}")
    ),
    NO_PRIMARY_FOUND: Reason(
        "it finds no primary", "look at rs.status() on the members of the set that is named; wait for the election"
    ),
}


def reason(text: str, code: int | None = None, *, answered: bool = False) -> Reason:
    """
    Return why a server did not do what it was asked.

    :param text: of the driver's error
    :param code: MongoDB's error code, when the server answered with one
    :param answered: the server has answered over this connection before: then it is not TLS
    """
    if code is not None:
        return CODES.get(code, Reason("it answered with an error", LOG))
    text = without_topology(text)
    texts = TEXTS if answered else (*OF_TLS, *TEXTS)
    return next((known for pattern, known in texts if re.search(pattern, text)), Reason("it did not answer", LOG))


def without_topology(text: str) -> str:
    """
    Return the text of an error without what pymongo adds.

    That is its time-outs, the topology, which says all twice, and the whole of a server's answer.
    """
    said = text.partition(", Timeout: ")[0].partition(", full error: ")[0]
    return re.sub(r" \(configured timeouts: [^)]*\)", "", said)
