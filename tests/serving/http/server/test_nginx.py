"""docs/nginx.conf: its limits are the service's, nginx reads it, and requests come through it."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from serving.settings import Settings
from tests.ports import free_port
from tests.serving.http.server.raw_client import ROOT, served
from tests.waiting import PATIENCE, wait_until

CONF = ROOT / "docs/nginx.conf"
TEXT = re.sub(r"#.*", "", CONF.read_text(encoding="utf-8"))
UVICORN_KEEPS = 5  # seconds; the default of timeout_keep_alive
_UNITS = {"k": 1024, "m": 1024**2, "s": 1, "": 1}
installed = pytest.mark.skipif(
    not (shutil.which("nginx") and shutil.which("openssl")), reason="nginx or openssl is not installed"
)


def number(text: str) -> int:
    said = re.fullmatch(r"(\d+)([kms]?)", text)
    assert said is not None, text
    return int(said[1]) * _UNITS[said[2]]


def value(name: str, text: str = TEXT) -> str:
    """Return what a directive says at its first place."""
    said = re.search(rf"^\s*{name} ([^;]+);", text, flags=re.MULTILINE)
    assert said is not None, name
    return said[1]


def largest_body(path: str) -> int:
    """Return nginx's limit for a path, of the location that it takes for it."""
    locations = re.findall(r"location (= )?(\S+) \{([^}]*)\}", TEXT)
    fitting = [each for each in locations if path == each[1] or (not each[0] and path.startswith(each[1]))]
    _, _, block = max(fitting, key=lambda each: (bool(each[0]), len(each[1])))
    return number(value("client_max_body_size", block if "client_max_body_size" in block else TEXT))


def test_every_body_that_the_service_takes_passes(app: Litestar) -> None:
    handlers = {
        (route.path_format.replace("{", "").replace("}", ""), handler.opt.get("max_body", Settings().max_body))
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.http_methods & {"POST", "PUT", "PATCH"}
    }
    assert len(handlers) > 20
    assert {(path, most) for path, most in handlers if largest_body(path) < most} == set()
    assert largest_body("/v1/articles/import") < 22_000_000
    assert max(most for _, most in handlers) <= largest_body("/articles/import") < 42_000_000


def test_limits_are_those_of_the_service() -> None:
    settings = Settings()
    buffers, size = value("large_client_header_buffers").split()
    assert int(buffers) * number(size) == settings.max_headers
    assert number(value("client_header_timeout")) == settings.header_seconds
    assert number(value("client_body_timeout")) == settings.body_seconds
    assert number(value("send_timeout")) == settings.write_seconds
    assert int(value("limit_conn firstline_connections")) == settings.connections_per_address
    assert number(value("keepalive_timeout")) < UVICORN_KEEPS  # the first place is the upstream's
    assert value("server").endswith(f":{settings.port}")


def test_what_the_service_needs_to_know_is_passed_on() -> None:
    passed = dict(re.findall(r"proxy_set_header (\S+) ([^;]+);", TEXT))
    assert passed == {
        "Connection": '""',
        "Host": "$http_host",
        "X-Forwarded-For": "$proxy_add_x_forwarded_for",
        "X-Forwarded-Proto": "$scheme",
    }
    assert (value("proxy_request_buffering"), value("proxy_buffering")) == ("on", "on")


def test_old_tls_is_not_spoken() -> None:
    assert value("ssl_protocols") == "TLSv1.2 TLSv1.3"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a certificate for nginx."""
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    made += ["-keyout", str(tmp_path / "privkey.pem"), "-out", str(tmp_path / "fullchain.pem")]
    subprocess.run(made, check=True, capture_output=True)
    return tmp_path


def written(folder: Path, plain: int, tls: int, service: int) -> Path:
    """Write the file with ports of the test's own, inside of a whole configuration."""
    text = CONF.read_text(encoding="utf-8").replace("/etc/ssl/firstline", str(folder))
    text = re.sub(r"listen \[::\].*\n", "\n", text).replace("127.0.0.1:8000", f"127.0.0.1:{service}")
    text = text.replace("listen 443", f"listen 127.0.0.1:{tls}").replace("listen 80;", f"listen 127.0.0.1:{plain};")
    paths = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""  # as in a container, where the folder is root's
    whole = folder / "whole.conf"
    process = f"{user}daemon off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
    whole.write_text(f"{process}http {{\naccess_log off;\n{paths}{text}}}\n")
    return whole


@installed
def test_nginx_reads_it(folder: Path) -> None:
    conf = written(folder, free_port(), free_port(), free_port())
    done = subprocess.run(
        ["nginx", "-t", "-p", str(folder), "-c", str(conf)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, "warn" in done.stderr) == (0, False), done.stderr


@pytest.fixture
def through_nginx(folder: Path) -> Iterator[httpx.Client]:
    plain, tls = free_port(), free_port()
    trusted = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
    trusted.check_hostname = False
    with served(folder / "home", trusted_proxies="127.0.0.1/32") as target:
        conf = written(folder, plain, tls, target.port)
        nginx = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(conf)], stderr=subprocess.DEVNULL)
        try:
            with httpx.Client(base_url=f"https://127.0.0.1:{tls}", verify=trusted, timeout=PATIENCE) as client:
                wait_until(lambda: _answers(client))
                yield client
        finally:
            nginx.terminate()
            nginx.wait(timeout=PATIENCE)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


@installed
def test_requests_come_through_it(through_nginx: httpx.Client) -> None:
    answer = through_nginx.get("/healthz")
    assert (answer.json(), "strict-transport-security" in answer.headers) == ({"status": "ok"}, True)
    assert through_nginx.get("/metrics").status_code == 404
    assert through_nginx.post("/v1/tags", json={}).status_code == 401
    assert through_nginx.post("/v1/inbound/nowhere", content=b"a" * 900_000).status_code == 404
    assert through_nginx.post("/v1/tags", content=b"a" * 2_000_000).status_code == 413
    assert through_nginx.get("/healthz", headers={"X-Long": "a" * 70_000}).status_code == 400
