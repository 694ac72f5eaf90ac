"""Settings of this deployment: the only reader of the environment.

Every setting is a variable `FIRSTLINE_<NAME>`. An unknown name is refused, because a typing error would go unnoticed.
Policy (SLA, calendars, routing, taxonomy) is not set here but in files that the desk owns.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import get_type_hints
from urllib.parse import urlsplit

from serving.configuration import brand_folders
from serving.configuration.brand_folders import Brand
from serving.configuration.values import (
    QUOTA,
    AtMostHalf,
    Natural,
    Network,
    Port,
    Positive,
    Seconds,
    Share,
    Workers,
    networks,
    quota,
    read,
)
from serving.errors import BrandNotUsable, ServingError, SettingNotKnown, SettingNotValid
from triage.signing.signatures import TrustedKeys

PREFIX = "FIRSTLINE_"
_OF_THE_DEPLOYMENT_ALONE = {"database_url": None, "policies": None, "helpdesks": None, "worker_threads": 2}
_OF_THE_PROCESS = {  # one for all brands
    *("home", "brand", "host", "port", "workers", "worker", "worker_hang_seconds", "log_level", "trusted_proxies"),
    *("max_headers", "header_seconds", "body_seconds", "write_seconds", "max_connections", "connections_per_address"),
    *("request_threads", "handoff_threads", "request_queue", "shutdown_seconds", "drain_seconds"),
}
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings; a field's comment is its documentation."""

    home: Path = Path("var")  # the folder for all data
    brand: str = ""  # the brand that a command is about (docs/brands.md); empty: the deployment's own home
    database_url: str | None = field(default=None, repr=False)  # postgresql://…; unset: SQLite in the home
    host: str = "127.0.0.1"
    port: Port = 8000
    worker_hang_seconds: Seconds = 30.0  # how long the event loop of one of several workers may be silent
    workers: Workers = 0  # processes of `serve`, which share the home; 0: the processors it may use, at most four
    demo: bool = False  # the page /demo with its own key, for browsers that reach it under one of `demo_hosts`
    sample: Path = Path(__file__).parents[1] / "var" / "sample"  # models and index used while home has none
    policies: Path | None = None  # a folder of policy files; unset: those that come with Firstline
    helpdesks: Path | None = None  # a TOML file of helpdesk connections; unset: none
    helpdesk_seconds: Natural = 2  # how often to look for work due to helpdesks
    helpdesk_poll_seconds: Natural = 60  # how often to ask helpdesks what changed there
    public_url: str = ""  # the public address of this service: a sender signs it (HubSpot), and the demo answers to it
    log_level: str = "info"
    readers: Natural = 4  # database connections for reading
    max_body: Natural = 256_000  # bytes of a JSON body; imports of articles have their own limit
    change_text_days: Natural = 365  # how long the change log keeps the texts of articles and golden questions
    idempotency_hours: Natural = 72  # how long the response to an Idempotency-Key is kept
    sla_watch_seconds: Natural = 30  # how often deadlines are checked
    shadow_share: Share = 1.0  # of the tickets, for which a shadow model is asked, too
    audited_share: Share = (
        0.02  # of the tags that would be applied: put to a person, to check the certificates; 0: none
    )
    holdout: AtMostHalf = 0.0  # of the visitors, who see no answer, to count the tickets that answers save; 0: none
    answers_across_languages: bool = False  # an article in another language than the question may answer it
    surveys: bool = True  # whether customers are asked, after a resolution, how the help was
    incidents_accepted_from: Share = 1.0  # share of proposals that people accepted, by its lower 95 % bound, from which
    # a new one becomes an incident by itself; 1: never
    writer_url: str | None = None  # an OpenAI-compatible endpoint that may rephrase answers; unset: answers are quotes
    writer_model: str = "default"  # the model name sent to the endpoint
    writer_key: str | None = field(default=None, repr=False)  # sent to the endpoint as a bearer token
    writer_seconds: Natural = 4  # how long a customer waits for the rephrasing
    shutdown_seconds: Natural = 25  # how long requests in flight, and then jobs, may take after SIGTERM
    drain_seconds: Natural = 0  # behind a load balancer: how long requests are still taken after SIGTERM, as not ready
    max_headers: Positive = 65_536  # bytes of a request line and its headers
    header_seconds: Seconds = 10.0  # how long the headers of a request may take
    body_seconds: Seconds = 20.0  # how long a body may take, and a second more for each 64 kB of it
    write_seconds: Seconds = 20.0  # how long a client may read next to nothing of a response
    max_connections: Positive = 1_000
    connections_per_address: Positive = 100  # also of one IPv6 /64; trusted proxies may have any number
    request_threads: Natural = (
        0  # requests that are worked on at once, besides hand-offs; 0: by processors, 24 with a writer
    )
    handoff_threads: Positive = 4  # hand-offs that are worked on at once: new tickets and inbound webhooks
    request_queue: Natural = 64  # requests, and as many hand-offs, that may wait for a thread; the next ones get 503
    worker: bool = True  # whether jobs run in this process
    worker_threads: Natural = 4
    rate_limits: str = ""  # changes of the rate limits: questions.visitor=20/minute 200/day; off: none
    trusted_proxies: str = ""  # networks of proxies whose X-Forwarded-For is believed: 127.0.0.1/32,10.0.0.0/8
    signing_public_key: str = ""  # keys, by commas, one of which must have signed bundles and indexes; empty: no need
    allow_cidrs: str = ""  # private networks that may be called: 10.1.0.0/16,192.168.7.20/32

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, **chosen: object) -> "Settings":
        """Read `FIRSTLINE_*`; what is `chosen` (command-line options) goes before the environment, None is not chosen.

        Raises `SettingNotKnown`: the environment has a name that starts so and is none of these. Raises
        `SettingNotValid`: a value cannot be read as its type.
        """
        environ = os.environ if environ is None else environ  # noqa: TID251 (this is the one place)
        known = {PREFIX + name.upper(): (name, kind) for name, kind in get_type_hints(cls, include_extras=True).items()}
        given = {name: text for name, text in environ.items() if name.startswith(PREFIX)}
        if unknown := sorted(set(given) - set(known)):
            raise SettingNotKnown(unknown, sorted(known))
        said = {name: text for name, text in given.items() if text or known[name][1] != Path | None}  # "" is no folder
        values = {known[name][0]: read(name, text, known[name][1]) for name, text in said.items()}
        found = cls(**{**values, **{name: value for name, value in chosen.items() if value is not None}})  # type: ignore[arg-type]
        return found.of_brand(brand_folders.read(found.home, found.brand)) if found.brand else found

    def of_brand(self, brand: Brand) -> "Settings":
        """Return the settings of a brand: its own, else the deployment's; paths are relative to the brand's home.

        Policies, helpdesks and the database are never the deployment's: by them one brand would see another. Raises
        `SettingNotKnown`, `SettingNotValid`, `BrandNotUsable`: its file cannot be used.
        """
        hints = get_type_hints(type(self), include_extras=True)
        kinds = {name: hints[name] for name in sorted(set(hints) - _OF_THE_PROCESS)}
        if unknown := sorted(set(brand.settings) - set(kinds)):
            raise SettingNotKnown([f"{brand.home / brand_folders.FILE}: {name}" for name in unknown], list(kinds))
        own = {name: read(name, str(said), kinds[name]) for name, said in brand.settings.items()}
        own |= {name: brand.home / path for name, path in own.items() if isinstance(path, Path)}
        address = (
            f"https://{brand.hosts[0]}" if brand.hosts else (self.public_url or self.url).rstrip("/") + brand.prefix
        )
        given = _OF_THE_DEPLOYMENT_ALONE | {"public_url": address} | own | {"home": brand.home, "brand": brand.name}
        found = replace(self, **given)  # type: ignore[arg-type]
        if self.database_url and found.database_place in {"", self.database_place}:
            raise BrandNotUsable(brand.name, "on PostgreSQL it needs a database_url of its own in its brand.toml")
        return found

    def of_brands(self) -> "Iterator[Settings]":
        """Return the settings of every brand that has usable ones."""
        for name in brand_folders.names_in(self.home):
            with suppress(ServingError):
                yield self.of_brand(brand_folders.read(self.home, name))

    def __post_init__(self) -> None:
        """Refuse an address of another kind of database, without repeating it: it holds a password.

        Raises `SettingNotValid`: the address does not start with postgresql://.
        """
        if self.database_url is not None and not self.database_url.startswith("postgresql://"):
            raise SettingNotValid(f"{PREFIX}DATABASE_URL", "…", "postgresql://user:password@host:5432/name")

    @property
    def allowed_networks(self) -> tuple[Network, ...]:
        """The networks that are not public and may yet be called.

        Raises `SettingNotValid`: one of them is no network.
        """
        return _networks("ALLOW_CIDRS", self.allow_cidrs)

    @property
    def processors(self) -> int:
        """How many processors this process may use, as the machine and its container say."""
        allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(allowed, quota(QUOTA))

    @property
    def requests_at_once(self) -> int:
        """How many requests are worked on at once, besides hand-offs.

        By default one more than there are processors, at most six: each more keeps the event loop, and so refusals and
        probes, waiting for the interpreter. Those that wait for the writer compute nothing.
        """
        return self.request_threads or (24 if self.writer_url else min(6, (os.cpu_count() or 1) + 1))

    @property
    def proxies(self) -> tuple[Network, ...]:
        """The networks of proxies that say truly whom a request comes from.

        Raises `SettingNotValid`: one of them is no network.
        """
        return _networks("TRUSTED_PROXIES", self.trusted_proxies)

    @property
    def signing_keys(self) -> TrustedKeys:
        """The public keys one of which must have signed what is loaded; none: nothing need be signed.

        Raises `SettingNotValid`: one of them is no public key.
        """
        try:
            return TrustedKeys.from_text(self.signing_public_key)
        except ValueError:
            expected = "public keys as `firstline keys signing-key` prints them, apart by commas"
            raise SettingNotValid(f"{PREFIX}SIGNING_PUBLIC_KEY", self.signing_public_key, expected) from None

    @property
    def demo_hosts(self) -> frozenset[str]:
        """The names under which a browser may open the demo: no other name that somebody points at this machine."""
        return frozenset({*_LOOPBACK, self.host.strip("[]"), urlsplit(self.public_url).hostname or ""} - {""})

    @property
    def idempotency_kept(self) -> timedelta:
        """How long an answer to an Idempotency-Key is kept."""
        return timedelta(hours=self.idempotency_hours)

    @property
    def database_path(self) -> Path:
        """The SQLite file of tickets and articles: one process owns it."""
        return self.home / "firstline.db"

    @property
    def stored_in(self) -> Path | str:
        """Where a command that only reads finds tickets and articles: the SQLite file, or the address of a server."""
        return self.database_url or self.database_path

    @property
    def database_place(self) -> str:
        """The server and the name of its database, without who connects; empty where it is SQLite."""
        return (self.database_url or "").rpartition("@")[2]

    @property
    def keys_path(self) -> Path:
        """The SQLite file of keys, which the command line may write beside the service."""
        return self.home / "keys.db"

    @property
    def secret_path(self) -> Path:
        """The installation's secret: secrets of sessions and identities are derived from it."""
        return self.home / "secret.key"

    @property
    def models_path(self) -> Path:
        """The bundles and the pointers to the current and the previous one."""
        return self.home / "models"

    @property
    def questions_path(self) -> Path:
        """The golden questions as the service last had them, for `firstline-train promote`."""
        return self.home / "evals" / "questions.toml"

    @property
    def index_path(self) -> Path:
        """The saved index of articles."""
        return self.home / "index"

    @property
    def encoder_path(self) -> Path:
        """The sentence encoder that serves."""
        return self.home / "encoder" / "int8"

    @property
    def second_encoder_path(self) -> Path:
        """The encoder for questions in languages that the other one does not read."""
        return self.home / "multilingual" / "int8"

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the service."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(self.host, self.host)  # noqa: S104
        return f"http://{host}:{self.port}"


def choose_brand(name: str) -> None:
    """Let this process, a command, be about a brand: what `--brand NAME` says is as good as FIRSTLINE_BRAND."""
    os.environ[f"{PREFIX}BRAND"] = name  # noqa: TID251 (this is the one place)


def one_thread_for_each_product() -> None:
    """Let matrix products run on the thread that asks for them; call it before numpy is imported.

    Requests have threads of their own. With as many again for each product they wait for each other: a tag took four
    times as long on a busy machine. Who sets the variable decides otherwise.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # noqa: TID251 (this is the one place)


def environment_of(chosen: Mapping[str, object], code: Path) -> dict[str, str]:
    """Return the environment of a process like this one, with these settings, that imports our code from a folder."""
    # Installed code is found anyway, and what lies beside it must not go before the standard library.
    first = "" if code.name in {"site-packages", "dist-packages"} else str(code)
    path = os.pathsep.join(filter(None, [first, os.environ.get("PYTHONPATH")]))  # noqa: TID251 (the one place)
    told = {PREFIX + name: str(value) for name, value in chosen.items()}
    return {**os.environ, **told, "PYTHONPATH": path}  # noqa: TID251


def allocator_is_set_up() -> bool:
    """Tell whether somebody chose for the allocator: by glibc's variables, or with another allocator."""
    return any(name.startswith(("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD")) for name in os.environ)  # noqa: TID251


def _networks(name: str, text: str) -> tuple[Network, ...]:
    try:
        return networks(text)
    except ValueError:
        raise SettingNotValid(PREFIX + name, text, "networks like 10.1.0.0/16") from None
