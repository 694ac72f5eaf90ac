"""Where calls may go: public addresses, and what the deployment allows; nothing internal is ever connected."""

from __future__ import annotations

import ipaddress
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from serving.clock import SystemClock
from serving.configuration.values import networks
from serving.outbound.errors import AddressRefused, CallFailed
from serving.outbound.http_client import Outgoing, resolve
from tests.serving.webhooks.receiver import Behaviour, Receiver, answers

LONG, SOON = timedelta(seconds=60), timedelta(seconds=0.4)
NUMBERS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "0177.1",
    "127.0.0.1.", "127.255.255.254", "0.0.0.0", "0", "0x0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "0xa000001",
    "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.1", "100.64.0.1", "100.127.255.255", "169.254.169.254",
    "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "169.254.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1",
    "198.51.100.7", "203.0.113.9", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "256.1.1.1", "1.2.3.4.5", "999999999999",
]  # fmt: skip
SIXES = [
    "::1", "::", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2001::1", "2001:db8::1", "fe80::1",
    "fe80::1%25eth0", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "100::1", "3fff::1",
]  # fmt: skip
ODD = [
    "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "//example.com/", "https:///x", "https://",
    "https://user@example.com/", "https://user:pass@example.com/", "https://example.com@127.0.0.1/",
    "https://example.com:0/", "https://example.com:99999/", "https://example.com:x/", "https://exa mple.com/",
    "https://example.com\\@127.0.0.1/", "https://example.com/\r\nX: y", "https://ex\u2024ample.com/",
    "https://\u2460\u2461\u2466.0.0.1/", "https://[::1", "https://-x.com/", "https://a..b/", "javascript:alert(1)",
]  # fmt: skip
REFUSED = [f"https://{host}/" for host in NUMBERS] + [f"https://[{host}]/" for host in SIXES] + ODD


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def call(outgoing: Outgoing, url: str, timeout: timedelta = LONG) -> int:
    return outgoing.request("POST", url, headers={}, content=b"{}", timeout=timeout).status


def test_the_corpus_has_more_than_sixty() -> None:
    assert len(set(REFUSED)) > 60


@pytest.mark.parametrize("url", REFUSED)
def test_what_is_not_public_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(AddressRefused):
        call(Outgoing(SystemClock()), url)


@pytest.mark.parametrize("form", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "[::1]"])
def test_no_spelling_of_this_machine_reaches_a_socket_that_listens(form: str, receiver: Receiver) -> None:
    for scheme in ("http", "https"):
        with pytest.raises(AddressRefused):
            call(Outgoing(SystemClock()), f"{scheme}://{form}:{receiver.port}/")
    assert receiver.calls == 0


def test_one_address_that_is_not_public_is_enough(receiver: Receiver) -> None:
    outgoing = Outgoing(SystemClock(), resolve=lambda *_: ["93.184.215.14", "127.0.0.1"])
    with pytest.raises(AddressRefused):
        call(outgoing, f"https://example.com:{receiver.port}/")
    assert receiver.calls == 0


def test_a_name_that_changes_is_asked_for_once_a_call_and_checked_each_time(receiver: Receiver) -> None:
    turns: list[Sequence[str]] = [["127.0.0.1"], ["10.0.0.1"]]
    asked: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return turns[len(asked) - 1]

    outgoing = Outgoing(SystemClock(), allowed=networks("127.0.0.0/8"), resolve=rebinding)
    url = f"http://changing.example.com:{receiver.port}/"
    assert call(outgoing, url) == 204
    assert asked == ["changing.example.com"]
    assert receiver.received[0].headers["host"] == f"changing.example.com:{receiver.port}"
    with pytest.raises(AddressRefused):
        call(outgoing, url)
    assert receiver.calls == 1


def test_plain_http_needs_an_allowed_network() -> None:
    outgoing = Outgoing(SystemClock(), resolve=lambda *_: ["93.184.215.14"])
    with pytest.raises(AddressRefused, match="not https"):
        call(outgoing, "http://example.com/")


def test_no_redirect_is_followed_and_no_proxy_is_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = Receiver()
    monkeypatch.setenv("HTTP_PROXY", inner.url)
    receiver.behaviour = answers(302, f"Location: {inner.url}")
    assert call(Outgoing(SystemClock(), allowed=networks("127.0.0.0/8")), receiver.url) == 302
    assert inner.calls == 0
    inner.close()


def test_a_large_body_is_read_in_part(receiver: Receiver) -> None:
    receiver.behaviour = answers(200, body=b"x" * 1_000_000)
    outgoing = Outgoing(SystemClock(), allowed=networks("127.0.0.0/8"))
    answer = outgoing.request("GET", receiver.url, headers={}, content=b"", timeout=LONG)
    assert len(answer.body) == 64_000


@pytest.mark.parametrize(
    ("behaviour", "fault"), [("drips", "timeout"), ("hangs", "timeout"), ("garbage", "not_http"), ("tls", "tls")]
)
def test_what_cannot_be_read_is_named(behaviour: str, fault: str, receiver: Receiver) -> None:
    def garbage(connection: socket.socket) -> None:
        connection.sendall(b"\x00\x01\x02 nothing\r\n\r\n")

    ways: dict[str, Behaviour] = {"drips": receiver.drips, "hangs": receiver.hangs, "garbage": garbage, "tls": garbage}
    receiver.behaviour = ways[behaviour]
    url = receiver.url.replace("http:", "https:") if behaviour == "tls" else receiver.url
    with pytest.raises(CallFailed) as failed:
        call(Outgoing(SystemClock(), allowed=networks("127.0.0.0/8")), url, SOON if fault == "timeout" else LONG)
    assert failed.value.fault == fault


def test_the_system_knows_this_machine() -> None:
    assert all(ipaddress.ip_address(address).is_loopback for address in resolve("localhost", 80))


class TestTls:
    """The connection goes to the address that was vetted; the certificate is checked against the name in the URL."""

    @pytest.fixture
    def papers(self, tmp_path: Path) -> Path:
        """A folder with a certificate for hooks.example.com that is its own authority, and its key."""
        if (openssl := shutil.which("openssl")) is None:
            pytest.skip("no openssl: apt-get install openssl")
        kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        whose = ["-subj", "/CN=hooks.example.com", "-addext", "subjectAltName=DNS:hooks.example.com"]
        command = [openssl, "req", *kind, *whose, "-keyout", "key.pem", "-out", "cert.pem"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        return tmp_path

    @pytest.fixture
    def names(self, receiver: Receiver, papers: Path) -> list[str | None]:
        """Let the receiver speak TLS and return the list of the names it is asked for."""
        asked: list[str | None] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(papers / "cert.pem", papers / "key.pem")
        context.sni_callback = lambda _socket, name, _context: asked.append(name)
        receiver.tls = context
        return asked

    def outgoing(self, papers: Path | None) -> Outgoing:
        trusted = ssl.create_default_context(cafile=papers / "cert.pem") if papers else None
        own = networks("127.0.0.0/8")
        return Outgoing(SystemClock(), allowed=own, resolve=lambda *_: ["127.0.0.1"], tls=trusted)

    def test_the_name_is_asked_for_and_checked_at_the_address(
        self, receiver: Receiver, papers: Path, names: list[str | None]
    ) -> None:
        assert call(self.outgoing(papers), f"https://hooks.example.com:{receiver.port}/in") == 204
        assert names == ["hooks.example.com"]
        assert receiver.received[0].headers["host"] == f"hooks.example.com:{receiver.port}"

    @pytest.mark.parametrize("host", ["other.example.com", "127.0.0.1"])
    def test_a_certificate_for_another_name_is_refused_before_anything_is_said(
        self, host: str, receiver: Receiver, papers: Path, names: list[str | None]
    ) -> None:
        with pytest.raises(CallFailed) as failed:
            call(self.outgoing(papers), f"https://{host}:{receiver.port}/")
        assert failed.value.fault == "tls"
        assert receiver.received == []
        assert len(names) == 1

    def test_an_authority_that_nobody_knows_is_refused(self, receiver: Receiver, names: list[str | None]) -> None:
        with pytest.raises(CallFailed) as failed:
            call(self.outgoing(None), f"https://hooks.example.com:{receiver.port}/")
        assert (failed.value.fault, receiver.received, len(names)) == ("tls", [], 1)
