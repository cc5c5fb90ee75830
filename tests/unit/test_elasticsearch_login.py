"""Elasticsearch that asks who is there: the account of its Airflow connection, and what is said when that lacks."""

from __future__ import annotations

import pytest

from vitam_operators.config import Host
from vitam_operators.config_services import ElasticsearchCluster
from vitam_operators.errors import SecretMissingError
from vitam_operators.hooks.elasticsearch import endpoint_of

HOST = Host(name="es1", address="10.0.0.1", service_address="10.1.0.1")
PLAIN = ElasticsearchCluster(name="data", hosts=("es1",))
SAFE = ElasticsearchCluster(name="data", hosts=("es1",), scheme="https", conn_id="es", ca_file="/ca.pem", port=9243)


async def test_as_vitam_installs_it():
    there = await endpoint_of(PLAIN, HOST)
    assert (there.url("/"), there.login, there.ca_file, there.verify) == ("http://10.1.0.1:9200/", None, None, True)


async def test_with_an_account_and_an_authority(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_ES", '{"conn_type": "generic", "login": "backup", "password": "pass:word"}')
    there = await endpoint_of(SAFE, HOST)
    assert (there.url("/"), there.ca_file) == ("https://10.1.0.1:9243/", "/ca.pem")
    assert (there.login.name, there.login.password) == ("backup", "pass:word")
    assert "pass:word" not in repr(there)


@pytest.mark.parametrize(
    ("connection", "words"),
    [
        ({}, "the Airflow connection es has no password and no login"),
        ({"login": "backup"}, "the Airflow connection es has no password"),
        ({"password": "p"}, "the Airflow connection es has no login"),
    ],
)
async def test_a_connection_that_lacks_half_of_it(monkeypatch, connection, words):
    import json

    monkeypatch.setenv("AIRFLOW_CONN_ES", json.dumps({"conn_type": "generic"} | connection))
    with pytest.raises(SecretMissingError) as error:
        await endpoint_of(SAFE, HOST)
    assert error.value.message == words


async def test_a_connection_that_is_not_there(airflow_database):
    with pytest.raises(SecretMissingError, match="there is no Airflow connection es"):
        await endpoint_of(SAFE, HOST)
