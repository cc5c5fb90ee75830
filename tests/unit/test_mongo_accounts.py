# ruff: noqa: E501 - the tables hold whole values
"""
Airflow connections of type mongo: what their extra says is done, or refused.

Kind: a setting that is taken and does nothing. ``{"ssl": true}`` of Airflow's own provider (apache-airflow-providers-
mongo, hooks/mongo.py; apache/airflow#37214) went in the clear here, with the password.
"""

from __future__ import annotations

import json
import ssl

import pymongo
import pytest
from pymongo import common

from vitam_operators.errors import MongoUnreachableError, SecretMissingError
from vitam_operators.hooks.connections import connection_of, environment_of
from vitam_operators.hooks.mongo import MongoHook
from vitam_operators.mongo_accounts import OF_THE_DRIVER, MongoConnection, options_of
from vitam_operators.secret_files import Secret

TLS, ANYBODY = {"tls": True}, {"tls": True, "tlsAllowInvalidCertificates": True}
VITAM = {"username": "vitamdb-admin", "password": "hush", "authSource": "admin"}


def of(login=None, password=None, schema=None, **extra):
    return MongoConnection(login, password, schema, extra)


@pytest.mark.parametrize(
    ("connection", "options"),
    [
        (of(), {}),
        (of("vitamdb-admin", "hush"), VITAM),
        (of("vitamdb-admin", "hush", "admin", authSource="vitam"), VITAM | {"authSource": "vitam"}),
        (of(ssl=True), TLS),
        (of(ssl="true", tls=True), TLS),
        (of(ssl=False, allow_insecure=False, srv=False), {}),
        (of(ssl=True, allow_insecure=True), ANYBODY),
        (of(tls=True, tlsInsecure=True, tlsCAFile="/ca.pem"), {"tls": True, "tlsInsecure": True, "tlsCAFile": "/ca.pem"}),
        (of("CN=x", authMechanism="MONGODB-X509"), {"username": "CN=x", "authSource": "$external", "authMechanism": "MONGODB-X509"}),
    ],
)  # fmt: skip
def test_what_is_done(connection, options):
    assert options_of(connection) == options


@pytest.mark.parametrize(
    ("connection", "words"),
    [
        (of(tlsCaFile="/ca.pem"), "its extra has 'tlsCaFile', which does nothing here, did you mean 'tlsCAFile'?"),
        (of(replicaSet="shard0"), "its extra has 'replicaSet', which does nothing here"),
        (of(srv=True), "its extra has 'srv', but the addresses are those of the platform file, not those of DNS"),
        (of(ssl=True, tls=False), "its extra has 'ssl' and 'tls', and they differ"),
        (of(allow_insecure=True), "its extra has 'allow_insecure' without 'ssl' or 'tls', which does nothing"),
        (of(ssl="yes"), "its extra has 'ssl', expected true or false"),
        (of("x", "hush", "vitam"), "its 'Default DB' does nothing here, write {\"authSource\": ...} into its extra"),
        (of("x", "hush\n"), "its password begins or ends with a blank or a line's end, take that out"),
        (of(None, "hush"), "it has a password and no login"),
    ],
)
def test_what_would_do_nothing_is_refused(connection, words):
    """The message never has what is in it."""
    with pytest.raises(ValueError, match=r".") as error:
        options_of(connection)
    assert str(error.value) == words


def test_the_driver_knows_all_that_is_passed_on():
    """A name that pymongo has given up would be refused in the night."""
    assert {key.lower() for key in (*OF_THE_DRIVER, "authSource")} <= set(common.VALIDATORS)


async def test_a_connection_that_is_refused_says_what_it_may_have(monkeypatch):
    """Before anybody is asked."""
    monkeypatch.setenv("AIRFLOW_CONN_MONGO", json.dumps({"conn_type": "mongo", "extra": {"srv": True}}))
    with pytest.raises(MongoUnreachableError, match="of the Airflow connection mongo are not accepted") as error:
        async with MongoHook("mongo", ["127.0.0.1:1"], direct=True).connect():
            pass
    assert "allow_insecure" in error.value.hint


@pytest.mark.parametrize(
    ("connection", "words"),
    [
        ({"extra": {"tls": True, "tlsCAFile": "/nowhere/ca.pem"}}, "No such file or directory"),
        ({"extra": {"tls": True, "tlsCertificateKeyFile": "/nowhere/key.pem"}}, "No such file or directory"),
        ({"extra": {"tls": False, "tlsCAFile": __file__}}, "TLS has not been enabled"),
        ({"extra": {"tls": True, "tlsInsecure": True, "tlsAllowInvalidCertificates": True}}, "tlsInsecure"),
        ({"extra": {"tls": "perhaps"}}, "tls"),
        ({"login": "vitamdb-admin"}, "[Pp]assword"),
        ({"login": "vitamdb-admin", "password": "hush", "extra": {"authMechanism": "none"}}, "authMechanism|MECHANISM"),
    ],
)
async def test_what_the_driver_does_not_take(monkeypatch, connection, words):
    """
    Kind: a crash where a sentence is wanted. A CA file that this worker does not have, a login without a password.

    pymongo refuses them before it asks anybody: client_options.py, ssl_support.py, auth_shared.py (apache/airflow#36881).
    """
    monkeypatch.setenv("AIRFLOW_CONN_MONGO", json.dumps({"conn_type": "mongo", **connection}))
    with pytest.raises(
        MongoUnreachableError, match=rf"of the Airflow connection mongo are not accepted: .*({words})"
    ) as error:
        async with MongoHook("mongo", ["127.0.0.1:1"], direct=True).connect():
            pass
    assert error.value.why == "the Airflow connection's settings are not accepted"
    assert "hush" not in str(error.value)


@pytest.mark.parametrize(
    ("extra", "secured", "checked"),
    [
        ({"ssl": True}, True, True),
        ({"ssl": "true", "allow_insecure": "true"}, True, False),
        ({"tls": True, "tlsAllowInvalidCertificates": True}, True, False),
        ({"tls": "true", "tlsInsecure": "true"}, True, False),
        ({}, False, False),
    ],
)
async def test_what_the_driver_makes_of_it(monkeypatch, extra, secured, checked):
    """The client itself says whether it speaks TLS and looks at the certificate (apache/airflow#37214)."""
    monkeypatch.setenv("AIRFLOW_CONN_MONGO", json.dumps({"conn_type": "mongo", "extra": extra}))
    made = []
    own = pymongo.AsyncMongoClient
    monkeypatch.setattr(
        pymongo, "AsyncMongoClient", lambda *words, **more: made.append(own(*words, **more)) or made[-1]
    )
    async with MongoHook("mongo", ["127.0.0.1:1"], direct=True).connect():
        context = made[0].options.pool_options._ssl_context
    assert (context is not None, context is not None and context.verify_mode == ssl.CERT_REQUIRED) == (secured, checked)


async def test_other_secrets_with_what_nobody_sees(monkeypatch):
    """The platform secret is hashed, Elasticsearch's password is sent: each with its line's end. None is none."""
    monkeypatch.setenv("AIRFLOW_CONN_SECRET", json.dumps({"conn_type": "generic", "password": "hush\n"}))
    with pytest.raises(SecretMissingError, match="has a password that begins or ends with a blank or a line's end"):
        await connection_of("secret", "password is Vitam's platform secret")
    with pytest.raises(SecretMissingError, match="there is no Airflow connection nobody"):
        await environment_of(Secret("nobody", "RESTIC_PASSWORD"))
