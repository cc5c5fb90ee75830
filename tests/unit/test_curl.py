"""What a host's question gets: a real curl, real servers on the loopback, each one wrong in its own way."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from lab.services.web import Answer, Request, error_page, serve
from vitam_operators import curl
from vitam_operators.commands import Command
from vitam_operators.curl import Endpoint, Login, UnansweredError

HOST = "127.0.0.1"


def run(command: Command[Any], **environment: str) -> Any:
    """Run a command as a host would."""
    done = subprocess.run(
        ["sh", "-c", command.line],
        input=(command.stdin or "").encode(),
        capture_output=True,
        env=os.environ | environment,
        timeout=60,
        check=False,
    )
    if done.returncode not in command.ok:
        assert command.read_failure is not None
        return command.read_failure(done.returncode, done.stderr.decode(errors="replace").strip())
    return command.read(done.stdout.decode(errors="replace"))


def asked(endpoint: Endpoint, path: str = "/", **more: Any) -> Command[str]:
    """A question whose answer is its text."""
    return curl.ask(endpoint, path, lambda reply: reply.read(str), **{"max_time_s": 10} | more)


@contextmanager
def listening(handler: Any) -> Iterator[int]:
    """Serve HTTP; yield the port."""
    server = serve(HOST, 0, handler)
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def raw(answer: bytes | None) -> Iterator[int]:
    """Answer one connection with these bytes and close it; with none, hold it open."""
    with socket.create_server((HOST, 0)) as server:
        over = threading.Event()

        def serve_one() -> None:
            connection, _ = server.accept()
            with connection:
                if answer is None:
                    over.wait(30)
                else:
                    connection.recv(65536)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve_one)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            with socket.socket() as last:  # whoever still accepts is let go
                last.connect_ex(server.getsockname())
            thread.join(30)


def free_port() -> int:
    """A port on which nobody listens."""
    with closing(socket.create_server((HOST, 0))) as server:
        return int(server.getsockname()[1])


# --- answers ---------------------------------------------------------------------------------------------------------


def test_an_answer_with_its_status():
    with listening(lambda request: Answer(200, f"{request.method} {request.path}\n\nlast line")) as port:
        assert run(asked(Endpoint(HOST, port), "/a")) == "GET /a\n\nlast line"
        assert run(asked(Endpoint(HOST, port), "/a", method="PUT")).startswith("PUT /a")
        assert run(curl.ask(Endpoint(HOST, port), "/a", lambda reply: reply.status)) == 200


def test_what_is_sent_is_json():
    with listening(lambda request: Answer(200, request.body.decode() + request.headers["Content-Type"])) as port:
        text = run(asked(Endpoint(HOST, port), method="PUT", body={"a": None, "b": "it's $(x)"}))
        assert text == '{"a": null, "b": "it\'s $(x)"}application/json'


NASTY = 'a"b\\c $d\ttab\u00e9'


def test_headers_and_accounts_go_through_the_standard_input_and_arrive_as_they_are():
    """``ps`` shows a command line to everybody; curl's configuration has its own quoting."""
    import base64

    def told(request: Request) -> Answer:
        scheme, _, value = request.headers["Authorization"].partition(" ")
        return Answer(200, f"{scheme} {base64.b64decode(value).decode()} {request.headers['X-Platform-Id']}")

    with listening(told) as port:
        command = asked(Endpoint(HOST, port, login=Login("bob", NASTY)), headers={"X-Platform-Id": 'si"gn\\ed'})
        assert run(command) == f'Basic bob:{NASTY} si"gn\\ed'
    for secret in ("gn\\ed", 'a"b', "bob"):
        assert secret not in command.line + repr(command)
    assert NASTY not in repr(Endpoint(HOST, 1, login=Login("bob", NASTY)))


def test_no_proxy_and_no_curlrc(tmp_path):
    """What the environment of the account says is for its people, not for the backup."""
    (tmp_path / ".curlrc").write_text("proxy = http://127.0.0.1:1\nfail\noutput = /dev/null\n", encoding="utf-8")
    names = ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY")
    proxies = dict.fromkeys(names, "http://user:secret@127.0.0.1:1")
    with listening(lambda request: Answer(200, "direct")) as port:
        command = asked(Endpoint(HOST, port))
        assert run(command, HOME=str(tmp_path), CURL_HOME=str(tmp_path), no_proxy="", **proxies) == "direct"


def test_an_address_of_ipv6():
    assert Endpoint("fd00::1", 9200).url("/x") == "http://[fd00::1]:9200/x"
    with pytest.raises(UnansweredError, match=r"GET http://\[::1\]:1/: (refused|nobody listens|it cannot)"):
        run(asked(Endpoint("::1", 1)))


def test_bytes_that_are_no_text_are_an_answer_too():
    with raw(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\xff\xfe\x00a") as port:
        assert run(asked(Endpoint(HOST, port))) == "\ufffd\ufffd\x00a"


# --- no answers ------------------------------------------------------------------------------------------------------


def refused(endpoint: Endpoint, **more: Any) -> UnansweredError:
    with pytest.raises(UnansweredError) as error:
        run(asked(endpoint, **more))
    assert str(error.value).startswith(f"GET {endpoint.url('/')}: ")
    return error.value


def test_nobody_listens():
    error = refused(Endpoint(HOST, free_port()))
    assert "nobody listens there" in str(error)
    assert "compare port and address in the platform file" in error.hint


def test_a_name_that_does_not_resolve():
    error = refused(Endpoint("no-such-host.invalid", 80))
    assert "the name does not resolve there: " in str(error)
    assert "address" in error.hint


def test_a_service_that_is_too_slow():
    """The one that may be better at night."""
    with raw(None) as port:
        error = refused(Endpoint(HOST, port), max_time_s=1)
    assert "it is too slow: " in str(error)
    assert error.too_slow


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.2\r\n", b"", b"\x15\x03\x03\x00\x02\x02F"])
def test_what_is_no_web_server(answer):
    """sshd, somebody who hangs up, and what speaks TLS."""
    with raw(answer) as port:
        error = refused(Endpoint(HOST, port))
    assert "no HTTP comes from there" in str(error)
    assert "if it wants https" in error.hint
    assert not error.too_slow


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (error_page(401, "who are you"), "401, Error 401 who are you"),
        (Answer(404, {"error": "no handler"}), '404, {"error": "no handler"}'),
        (Answer(503), "503"),
        (Answer(502, "<html><head><title>Squid: no route</title></head></html>", "text/html"), "502, Squid: no route"),
        (Answer(301), "301"),
    ],
)
def test_a_status_that_is_no_answer(answer, found):
    with listening(lambda request: answer) as port:
        error = refused(Endpoint(HOST, port))
    assert str(error).endswith(f": {found}")


def test_each_status_has_its_hint():
    hints = {code: curl.explanation(curl.Reply("GET", "http://x/", code))[1] for code in (401, 404, 407, 502, 500)}
    assert "Airflow connection" in hints[401]
    assert "something else listen" in hints[404]
    assert "proxy" in hints[407]
    assert hints[407] == hints[502]
    assert "log of the service" in hints[500]


@pytest.mark.parametrize(
    ("exit_status", "words", "found"),
    [
        (28, "curl: (28) Connection timed out after 10001 milliseconds", "it cannot be reached"),
        (28, "curl: (28) Connection timeout after 10001 ms", "it cannot be reached"),
        (7, "curl: (7) Failed to connect to 10.0.0.1 port 9200 after 3 ms: No route to host", "it cannot be reached"),
        (7, "curl: (7) Failed connect to 10.0.0.1:9200; Connection refused", "refused, nobody listens there"),
        (7, "curl: (7) Failed to connect to 10.0.0.1 port 1: Couldn't connect to server", "nobody listens there, or"),
        (127, "env: 'curl': No such file or directory", "the program curl is missing"),
        (2, "curl: option --write-out: is unknown\ncurl: try 'curl --help'", "option --write-out: is unknown"),
        (3, "", "curl ended with 3"),
    ],
)  # fmt: skip
def test_the_words_of_other_curls(exit_status, words, found):
    """
    Old ones speak otherwise; a firewall that swallows everything is not a slow service.

    ``Couldn't connect to server`` is what curl 7.88.1 was heard to say of a closed port and of 255.255.255.255 alike.
    """
    error = curl.explanation(curl.Reply("GET", "http://x/", 0, exit_status=exit_status, words=words))
    assert error[0].startswith(found)
    assert not curl.Reply("GET", "http://x/", 0, exit_status=exit_status, words=words).too_slow


def test_http_0_9_of_an_old_curl_is_no_answer():
    """Before 7.66 curl takes whatever comes for an answer, with status 000."""
    command = asked(Endpoint("10.0.0.1", 22))
    with pytest.raises(UnansweredError, match="no HTTP comes from there"):
        command.read("SSH-2.0-OpenSSH_7.4\r\n\n000")


# --- https -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for the name ``localhost``, and its key, in one file."""
    home = tmp_path_factory.mktemp("tls")
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", str(home / "key.pem"), "-out", str(home / "ca.pem")]
    subprocess.run(["openssl", "req", *kind, *subject, *files], check=True, capture_output=True)
    return home


@pytest.fixture
def secure_port(certificate: Path) -> Iterator[int]:
    """A server that speaks https."""
    server = serve(HOST, 0, lambda request: Answer(200, "safe"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "ca.pem", certificate / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_https_with_its_authority(certificate, secure_port):
    there = Endpoint("localhost", secure_port, "https", ca_file=str(certificate / "ca.pem"))
    assert run(asked(there)) == "safe"
    assert run(asked(Endpoint(HOST, secure_port, "https", verify=False))) == "safe"


def test_https_that_is_not_trusted(certificate, secure_port):
    """An authority that the host does not know, a certificate of another name."""
    ca_file = str(certificate / "ca.pem")
    for there in (Endpoint("localhost", secure_port, "https"), Endpoint(HOST, secure_port, "https", ca_file=ca_file)):
        error = refused(there)
        assert "TLS fails: " in str(error)
        assert "ca_file" in error.hint


def test_http_where_https_is_spoken_and_the_other_way_round(secure_port):
    assert "if it wants https" in refused(Endpoint("localhost", secure_port)).hint
    with listening(lambda request: Answer(200, "plain")) as port:
        error = refused(Endpoint("localhost", port, "https"))
    assert "TLS fails: " in str(error)
    assert "scheme" in error.hint
