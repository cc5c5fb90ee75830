"""Each way in which a MongoDB server does not do what it is asked has its own words: seen on sockets and on mongod."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from pymongo.errors import ConfigurationError
from pymongo.hello import Hello
from pymongo.server_description import ServerDescription
from pymongo.topology_description import TOPOLOGY_TYPE, TopologyDescription

from tests.fakes.member import MONGOD, free_port, member, running
from vitam_operators import mongo_reasons
from vitam_operators.errors import MongoUnreachableError
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


async def test_a_file_of_the_connection_that_is_not_there(connection: Connections) -> None:
    connection(tls=True, tlsCAFile="/no/such/ca.pem")
    error = await asked("127.0.0.1:27017")
    assert "the driver does not accept the settings of the Airflow connection mongo" in error.message
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
    with running(words, port, folder / "log"):
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
