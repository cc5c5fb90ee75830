"""Each way in which a MongoDB server does not do what it is asked has its own words: seen on sockets and on mongod."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowNotFoundException
from pymongo.errors import ConfigurationError, NotPrimaryError, OperationFailure
from pymongo.hello import Hello
from pymongo.server_description import ServerDescription
from pymongo.topology_description import TOPOLOGY_TYPE, TopologyDescription

from tests.fakes.member import MONGOD, free_port, member, running
from vitam_operators import mongo_reasons
from vitam_operators.errors import MongoUnreachableError, RetryableError
from vitam_operators.hooks import mongo as hooks
from vitam_operators.hooks.mongo import MongoHook

Connections = Callable[..., None]


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Connections:
    """Set the Airflow connection ``mongo``, and ask in a hurry."""
    monkeypatch.setattr(hooks, "ANSWER_WITHIN_S", 1)

    def set_to(login: str = "", password: str = "", **extra: object) -> None:
        known = {"conn_type": "mongo", "login": login, "password": password, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_MONGO", json.dumps(known))

    set_to()
    return set_to


async def asked(address: str, command: str = "isMaster") -> MongoUnreachableError:
    """Ask a server; return why it did not answer."""
    with pytest.raises(MongoUnreachableError) as raised:
        async with MongoHook("mongo", [address], direct=True).connect() as client:
            await client.command(command)
    return raised.value


@contextlib.asynccontextmanager
async def server(answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]) -> AsyncIterator[str]:
    """Give the address of a server that does what ``answer`` does with each connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        result = answer(reader, writer)
        if asyncio.iscoroutine(result):
            with contextlib.suppress(asyncio.CancelledError):
                await result
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()


# --- without a mongod -------------------------------------------------------------------------------------------------


async def test_nobody_listens(connection: Connections) -> None:
    error = await asked(f"127.0.0.1:{free_port()}")
    assert error.why == "nobody listens there", error.message
    assert "is the unit running" in error.hint


@pytest.mark.parametrize("name", ["no-such-host.invalid", f"{'a' * 70}.invalid"])
async def test_a_name_that_does_not_resolve(connection: Connections, name: str) -> None:
    """The second one cannot even be asked for: a label of a name has at most 63 letters."""
    error = await asked(f"{name}:27017")
    assert error.why == "its name does not resolve on Airflow's host", error.message
    assert error.message.startswith(f"MongoDB at {name}:27017 did not do what it was asked, isMaster: ")


@pytest.mark.parametrize("tls", [False, True])
async def test_a_server_that_says_nothing(connection: Connections, tls: bool) -> None:
    connection(tls=tls)
    async with server(lambda reader, writer: asyncio.sleep(30)) as address:
        assert (await asked(address)).why == "it did not answer in time"


async def test_a_server_that_hangs_up_is_not_said_to_want_tls(connection: Connections) -> None:
    """It may as well be one that is stopping: both are named."""
    async with server(lambda reader, writer: None) as address:
        error = await asked(address)
    assert error.why == "it closed the connection", error.message
    assert "stopping" in error.hint
    assert "TLS" in error.hint


async def test_another_server_than_mongodb(connection: Connections) -> None:
    """A web server answers in its own protocol: its first letters are read as a length."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await asyncio.sleep(30)

    async with server(answer) as address:
        error = await asked(address)
    assert error.why == "what listens there does not speak MongoDB's protocol", error.message


async def test_an_airflow_connection_that_is_not_there(
    connection: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def not_found(conn_id: str) -> None:
        raise AirflowNotFoundException(f"The conn_id `{conn_id}` isn't defined")

    monkeypatch.setattr(hooks.BaseHook, "aget_connection", not_found)
    error = await asked("127.0.0.1:27017")
    assert error.why == "there is no Airflow connection mongo"
    assert "make it" in error.hint


async def test_one_server_that_is_not_found_hides_no_other(connection: Connections) -> None:
    """All are asked at once; each has its own reason."""
    servers = {"one": "no-such-host.invalid:27017", "two": f"127.0.0.1:{free_port()}"}
    hellos = await hooks._hellos({name: MongoHook("mongo", [at], direct=True) for name, at in servers.items()})
    assert {name: getattr(hello, "why", hello) for name, hello in hellos.items()} == {
        "one": "its name does not resolve on Airflow's host",
        "two": "nobody listens there",
    }


@pytest.mark.parametrize(
    ("text", "first", "later"),
    [
        (
            "SSL handshake failed: db-1:27018: [Errno 104] Connection reset by peer",
            *("it does not answer the TLS handshake", "it closed the connection"),
        ),
        ("SSL handshake failed: db-1:27018: ", "it does not answer the TLS handshake", "it closed the connection"),
        ("SSL handshake failed: db-1:27018: timed out", "it did not answer in time", "it did not answer in time"),
        ("db-1:27018: connection closed", "it closed the connection", "it closed the connection"),
        ("db-1:27018: [SSL: SSLV3_ALERT_BAD_CERTIFICATE] ", "the TLS handshake failed", "it closed the connection"),
    ],
)
def test_tls_is_not_to_blame_once_the_server_has_answered(text: str, first: str, later: str) -> None:
    """A mongod that stops or is killed breaks connections that fit before; a second try finds out."""
    assert mongo_reasons.reason(text).words == first
    assert mongo_reasons.reason(text, answered=True).words == later


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OperationFailure("no such command: 'listShards'", 59), "it does not know the command"),
        (OperationFailure("Could not find host matching", 133), "it finds no primary"),
        (OperationFailure("operation exceeded time limit", 50), "it answered with an error"),
        (NotPrimaryError("not primary", {"code": 10107}), "it is not the primary any more"),
        (NotPrimaryError("interrupted", {"code": 11600}), "it is shutting down"),
    ],
)
def test_what_a_server_itself_says(error: Exception, why: str) -> None:
    found = hooks.unreachable("db-1:27018", error, asked="find", answered=False)
    assert found.why == why
    assert isinstance(found, RetryableError)


async def test_a_file_of_the_connection_that_is_not_there(connection: Connections) -> None:
    connection(tls=True, tlsCAFile="/no/such/ca.pem")
    error = await asked("127.0.0.1:27017")
    assert "the settings of the Airflow connection mongo are not accepted: " in error.message
    assert "tlsCAFile" in error.hint


def test_a_version_that_the_driver_does_not_speak_to() -> None:
    """MongoDB 3.6 has wire version 6; the text is the driver's own."""
    description = ServerDescription(("db-1", 27018), Hello({"ok": 1, "ismaster": True, "maxWireVersion": 6}))
    topology = TopologyDescription(TOPOLOGY_TYPE.Single, {description.address: description}, None, None, None, None)
    with pytest.raises(ConfigurationError) as raised:
        topology.check_compatible()
    found = mongo_reasons.reason(str(raised.value))
    assert found.words == "the driver does not speak to this version of MongoDB"
    assert "4.2 to 6.0" in found.hint


# --- with one ---------------------------------------------------------------------------------------------------------


def test_what_an_account_may_not(connection: Connections, each_mongod: Path, tmp_path: Path) -> None:
    """Each version refuses a wrong password and a missing right with the same code."""
    with member(tmp_path / "db", each_mongod) as owner:
        owner.admin.command("createUser", "someone", pwd="right", roles=[])
        host, port = owner.address or ("", 0)
        connection("someone", "wrong")
        wrong = asyncio.run(asked(f"{host}:{port}"))
        connection("someone", "right")
        without = asyncio.run(asked(f"{host}:{port}", "replSetGetStatus"))
        connection(tls=True)
        plain = asyncio.run(asked(f"{host}:{port}"))
    assert (wrong.why, without.why) == ("it refuses login or password", "the account lacks a right")
    assert "wrong" not in str(wrong)
    assert plain.why == "it does not answer the TLS handshake", plain.message


@pytest.fixture(scope="module")
def with_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Give the port of a mongod that demands TLS, with a certificate that nobody has signed."""
    folder, port = tmp_path_factory.mktemp("tls"), free_port()
    made = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=elsewhere")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    (folder / "both.pem").write_text(key.read_text() + certificate.read_text())
    (folder / "db").mkdir()
    words = [
        *(str(MONGOD), "--dbpath", str(folder / "db"), "--bind_ip", "127.0.0.1", "--port", str(port)),
        *(
            "--tlsMode",
            "requireTLS",
            "--tlsCAFile",
            str(certificate),
            "--tlsCertificateKeyFile",
            str(folder / "both.pem"),
            "--nounixsocket",
        ),
    ]
    with running(words, port, folder / "log", folder / "db"):
        yield port


async def test_a_server_that_demands_tls(connection: Connections, with_tls: int) -> None:
    error = await asked(f"127.0.0.1:{with_tls}")
    assert error.why == "it closed the connection", error.message
    assert "demands TLS" in error.hint


async def test_a_certificate_that_is_not_accepted(connection: Connections, with_tls: int) -> None:
    connection(tls=True)
    error = await asked(f"127.0.0.1:{with_tls}")
    assert error.why == "its TLS certificate is not accepted", error.message
    assert "tlsCAFile" in error.hint
