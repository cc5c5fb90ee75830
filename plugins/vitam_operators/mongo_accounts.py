"""
What an Airflow connection of type ``mongo`` says of an account and of TLS, as the driver takes it.

The keys of Airflow's own provider mean here what they mean there (its ``MongoHook``, airflow/providers/mongo/hooks/
mongo.py: ``ssl`` is ``tls``, ``allow_insecure`` accepts any certificate). What is not honoured is refused: a key that
did nothing would be taken for a protection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vitam_operators.platform_mistakes import did_you_mean
from vitam_operators.secret_files import has_odd_ends

OF_THE_DRIVER = (
    "tls",
    "tlsCAFile",
    "tlsCRLFile",
    "tlsCertificateKeyFile",
    "tlsCertificateKeyFilePassword",
    "tlsAllowInvalidCertificates",
    "tlsAllowInvalidHostnames",
    "tlsInsecure",
    "tlsDisableOCSPEndpointCheck",
    "authMechanism",
    "authMechanismProperties",
)
OF_THE_PROVIDER = ("ssl", "allow_insecure", "srv")
AUTH_SOURCE = "authSource"
KNOWN = (AUTH_SOURCE, *OF_THE_DRIVER, *OF_THE_PROVIDER)
X509 = "MONGODB-X509"


@dataclass(frozen=True)
class MongoConnection:
    """
    What the Airflow connection holds; its host and port are nobody's, the platform file has them.

    :param login: ``None`` where nobody logs in
    :param password: of the login
    :param schema: the field *Default DB*
    :param extra: its ``extra``
    """

    login: str | None
    password: str | None = field(repr=False)
    schema: str | None
    extra: Mapping[str, Any] = field(repr=False)


def options_of(connection: MongoConnection) -> dict[str, Any]:
    """
    Return the driver's options.

    :raises ValueError: something in the connection would do nothing, or says two things at once
    """
    extra = connection.extra
    for key in extra:
        if key not in KNOWN:
            raise ValueError(f"its extra has {key!r}, which does nothing here{did_you_mean(key, KNOWN)}")
    options = {key: extra[key] for key in OF_THE_DRIVER if key in extra}
    return {**_account(connection, str(extra.get("authMechanism", ""))), **options, **_of_provider(extra)}


def _of_provider(extra: Mapping[str, Any]) -> dict[str, bool]:
    ssl, insecure = _flag(extra, "ssl"), _flag(extra, "allow_insecure")
    if _flag(extra, "srv"):
        raise ValueError("its extra has 'srv', but the addresses are those of the platform file, not those of DNS")
    if "ssl" in extra and "tls" in extra and ssl != _flag(extra, "tls"):
        raise ValueError("its extra has 'ssl' and 'tls', and they differ")
    if insecure and not (ssl or _flag(extra, "tls")):
        raise ValueError("its extra has 'allow_insecure' without 'ssl' or 'tls', which does nothing")
    return ({"tls": True} if ssl else {}) | ({"tlsAllowInvalidCertificates": True} if insecure else {})


def _flag(extra: Mapping[str, Any], key: str) -> bool:
    value = str(extra.get(key, False)).lower()
    if value not in ("true", "false"):
        raise ValueError(f"its extra has {key!r}, expected true or false")
    return value == "true"


def _account(connection: MongoConnection, mechanism: str) -> dict[str, Any]:
    source = connection.extra.get(AUTH_SOURCE)
    if connection.schema and not source and connection.schema != "admin":
        raise ValueError(f"its 'Default DB' does nothing here, write {{\"{AUTH_SOURCE}\": ...}} into its extra")
    if has_odd_ends(connection.password or ""):
        raise ValueError("its password begins or ends with a blank or a line's end, take that out")
    if not connection.login:
        if connection.password:
            raise ValueError("it has a password and no login")
        return {AUTH_SOURCE: source} if source and mechanism == X509 else {}
    account = {"username": connection.login, AUTH_SOURCE: source or "admin"}
    if mechanism == X509:
        return account | {AUTH_SOURCE: source or "$external"}
    return account | {"password": connection.password}
