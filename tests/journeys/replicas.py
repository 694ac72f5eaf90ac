"""Three replicas behind nginx on one PostgreSQL, and a light load on them that notes every answer."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.journeys.service import BIN, ROOT
from tests.ports import free_port
from tests.waiting import PATIENCE, wait_until

CONF = ROOT / "deploy/nginx.conf"
EACH = 0.25  # seconds between two requests of one kind
Ask = Callable[[httpx.Client, int], httpx.Response]


@dataclass
class Replica:
    """One service on the common home and database, on a port that it keeps."""

    home: Path
    environment: dict[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with self.log.open("ab") as written:
            self.process = subprocess.Popen(
                [str(BIN / "firstline"), "serve", "--workers", "1", "--port", str(self.port)],
                cwd=ROOT,
                env=os.environ | self.environment | {"FIRSTLINE_HOME": str(self.home)},
                stdout=written,
                stderr=written,
            )

    def wait(self) -> None:
        """Wait until it is ready."""
        wait_until(self.is_ready, f"never ready: {self.log.read_text()[-2000:]}", pause=0.2)

    def is_ready(self) -> bool:
        return self.readiness() == 200

    def readiness(self) -> int | None:
        """Return the status of its `/readyz`; None while nobody listens."""
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()[-2000:]
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/readyz", verify=False, timeout=10).status_code
        return None

    def end(self, number: signal.Signals) -> None:
        """Send a signal and wait for the end."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=PATIENCE)
            self.process = None


@dataclass
class Replicas:
    """All of them, and nginx in front."""

    each: list[Replica]
    url: str

    def browser(self, replica: Replica | None = None, **headers: str) -> httpx.Client:
        """Return a client that keeps its connections, through nginx or straight to one of them."""
        return httpx.Client(
            base_url=replica.url if replica else self.url, headers=headers, verify=False, timeout=PATIENCE
        )


@contextmanager
def behind_nginx(folder: Path, home: Path, environment: dict[str, str]) -> Iterator[Replicas]:
    """Start three replicas, the first alone as it may migrate, and nginx with the configuration that we ship."""
    folder.mkdir()
    each = [Replica(home, environment, folder / f"replica-{number}.log") for number in range(3)]
    with ExitStack() as stack:
        for one in each:
            stack.callback(one.end, signal.SIGKILL)
            one.start()
        for one in each:
            one.wait()
        port = free_port()
        conf = _written(folder, port, [one.port for one in each])
        with (folder / "nginx.log").open("ab") as log:
            nginx = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(conf)], stderr=log)
        stack.callback(nginx.wait, PATIENCE)
        stack.callback(nginx.terminate)
        replicas = Replicas(each, f"http://127.0.0.1:{port}")
        with replicas.browser() as client:
            wait_until(lambda: _answers(client), (folder / "nginx.log").read_text(), pause=0.1)
        yield replicas


def _answers(client: httpx.Client) -> bool:
    with suppress(httpx.TransportError):
        return client.get("/readyz").status_code == 200
    return False


def _written(folder: Path, port: int, ports: list[int]) -> Path:
    """Write the shipped file with ports of the test's own, inside of a whole configuration."""
    text, places = CONF.read_text(encoding="utf-8"), iter(ports)
    text = re.sub(r"server 172\.\S+", lambda _: f"server 127.0.0.1:{next(places)}", text)
    assert next(places, None) is None
    text = text.replace("listen 80;", f"listen 127.0.0.1:{port};")
    paths = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    whole = folder / "whole.conf"
    process = f"{user}worker_processes 2;\ndaemon off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
    whole.write_text(f"{process}http {{\naccess_log off;\n{paths}{text}}}\n")
    return whole


def installed() -> bool:
    """Whether nginx is."""
    return shutil.which("nginx") is not None


@dataclass(frozen=True)
class Noted:
    """One answer; status 0: there was none."""

    kind: str
    number: int
    at: float
    status: int
    body: Any
    detail: str = ""


class Load:
    """A request of each kind every quarter of a second, each kind on a connection that it keeps."""

    def __init__(self, replicas: Replicas, kinds: dict[str, Ask]) -> None:
        self._replicas, self._kinds = replicas, kinds
        self._over, self._next = threading.Event(), dict.fromkeys(kinds, 0)
        self.noted: list[Noted] = []

    @contextmanager
    def running(self) -> Iterator[list[Noted]]:
        """Ask until the block ends; what was noted meanwhile is complete then."""
        self._over.clear()
        begun = len(self.noted)
        since: list[Noted] = []
        threads = [threading.Thread(target=self._go_on, args=each) for each in self._kinds.items()]
        for each in threads:
            each.start()
        try:
            yield since
        finally:
            self._over.set()
            for each in threads:
                each.join(PATIENCE)
            since += self.noted[begun:]

    def _go_on(self, kind: str, ask: Ask) -> None:
        with self._replicas.browser() as client:
            while not self._over.is_set():
                number = self._next[kind]
                self._next[kind] += 1
                began = time.monotonic()
                self.noted.append(_asked(client, kind, number, ask))
                self._over.wait(max(0.0, EACH - (time.monotonic() - began)))


def _asked(client: httpx.Client, kind: str, number: int, ask: Ask) -> Noted:
    at = time.monotonic()
    try:
        said = ask(client, number)
    except httpx.TransportError as error:
        return Noted(kind, number, at, 0, None, repr(error))
    is_json = said.headers.get("content-type", "").startswith("application/json")
    return Noted(kind, number, at, said.status_code, said.json() if is_json else None, said.text[:300])


def failed(noted: list[Noted]) -> list[Noted]:
    """Return what was not answered as it should be: a page that asks for a sign-in is a failure, too."""
    return [each for each in noted if each.status not in {200, 201}]
