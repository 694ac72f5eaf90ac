"""The brands that a process serves: started after its own desk, and picked up, left or started again while it runs."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import anyio.to_thread
from litestar import Litestar
from litestar.types import Receive, Scope, Send

from serving.app import create_app
from serving.configuration import brand_folders
from serving.context import Context
from serving.errors import BrandNotUsable, ServingError
from serving.settings import Settings
from triage.errors import FirstlineError

_LOOKS_EVERY = 2.0  # seconds
_TRIES_AGAIN = 30.0  # seconds after a brand could not be started
_FINISHES_IN = 5.0  # seconds that requests of a brand may go on when it ends; open streams are cut then
_STARTS = "It starts."
_Mark = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Running:
    """A brand that serves."""

    name: str
    hosts: tuple[str, ...]
    app: Litestar
    _requests: set[object] = field(default_factory=set)  # under way
    _leaves: asyncio.Event = field(default_factory=asyncio.Event)
    _ends: asyncio.Event = field(default_factory=asyncio.Event)
    _task: list["asyncio.Task[None]"] = field(default_factory=list)

    @property
    def context(self) -> Context:
        """Its parts."""
        context: Context = self.app.state.context
        return context

    @property
    def is_leaving(self) -> bool:
        """Whether it takes no more requests."""
        return self._leaves.is_set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let its app answer a request."""
        request = object()
        self._requests.add(request)
        try:
            await self.app(scope, receive, send)
        finally:
            self._requests.discard(request)

    async def start(self) -> None:
        """Start it, in a task of its own: what it enters there, it has to leave there.

        Raises what keeps it from starting.
        """
        is_up = asyncio.get_running_loop().create_future()
        self._task.append(asyncio.create_task(self._live(is_up)))
        await is_up

    async def stop(self) -> None:
        """Take no more requests, let those under way finish, and end it."""
        self._leaves.set()
        with anyio.move_on_after(_FINISHES_IN):
            while self._requests:  # noqa: ASYNC110 (a set that changes on this loop tells nobody)
                await asyncio.sleep(_FINISHES_IN / 100)
        self._ends.set()
        await asyncio.gather(*self._task)

    async def _live(self, is_up: "asyncio.Future[None]") -> None:
        try:
            async with self.app.lifespan():
                is_up.set_result(None)
                await self._ends.wait()
        except Exception as error:
            if is_up.done():
                raise
            is_up.set_exception(_alone(error))


@dataclass(frozen=True, slots=True)
class Refused:
    """A brand that is there and does not serve."""

    why: str
    hosts: tuple[str, ...]


class Brands:
    """The brands beside the deployment's own app, by name; one that cannot start keeps no other from serving."""

    def __init__(self, own: Litestar) -> None:
        self._own, self._context = own, own.state.context
        self.serving: dict[str, Running] = {}
        self.refused: dict[str, Refused] = {}
        self._marks: dict[str, tuple[_Mark, float]] = {}  # the file that was read, and when
        self._watching: asyncio.Task[None] | None = None
        self._began, self._ends = asyncio.Event(), asyncio.Event()

    async def start(self) -> None:
        """Take the addresses of those that are there, start them one after another, and watch for others.

        The deployment's own desk serves meanwhile, but for a process to which nobody may come before all are there.
        """
        self.refused |= await anyio.to_thread.run_sync(self._announced)
        probes, crew = self._own.state.probes, self._context.crew
        probes.require("brands", self._missing)
        self._watching = asyncio.create_task(self._watch())
        if self._context.settings.drain_seconds or (crew is not None and crew.joins):
            await self._began.wait()

    async def stop(self) -> None:
        """End them all, at the same time; one that is just starting has to be there first."""
        self._ends.set()
        if self._watching is not None:
            await self._watching
        await asyncio.gather(*(self._leave(name) for name in list(self.serving)))

    def _announced(self) -> dict[str, "Refused"]:
        """Return those that are to be started, with their hosts: what is asked of them is for nobody else."""
        found: dict[str, Refused] = {}
        for name in self._found():
            hosts: tuple[str, ...] = ()
            with suppress(ServingError, FirstlineError):  # why it cannot be read is said when it is to start
                hosts = brand_folders.read(self._context.settings.home, name).hosts
            found[name] = Refused(_STARTS, hosts)
        return found

    def _missing(self) -> str | None:
        """Say for the readiness of the whole how many have not been started yet."""
        left = sum(each.why == _STARTS for each in self.refused.values())
        return f"{left} of {len(self.refused) + len(self.serving)} brands have not started yet." if left else None

    async def _watch(self) -> None:
        while not self._ends.is_set():
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 (the next look may go well)
                self._context.telemetry.fault("brands.not_looked_at", error)
            self._began.set()
            with anyio.move_on_after(_LOOKS_EVERY):
                await self._ends.wait()

    async def _look(self) -> None:
        found = await anyio.to_thread.run_sync(self._found)
        # Those that are gone end first: a renamed folder needs its locks and hosts. Of two that want one host, each
        # worker serves the same.
        for name in sorted({*self._marks, *found}, key=lambda name: (name in found, name)):
            if self._ends.is_set():
                return
            mark, tried_at = self._marks.get(name, (None, 0.0))
            again = name in self.refused and self._context.clock.monotonic() - tried_at > _TRIES_AGAIN
            if found.get(name) == mark and not again:
                continue
            await self._leave(name)
            if name in found:
                self._marks[name] = found[name], self._context.clock.monotonic()
                await self._enter(name)
            else:
                self.serving.pop(name, None)
                self.refused.pop(name, None)

    def _found(self) -> dict[str, _Mark]:
        home: Path = self._context.settings.home
        found: dict[str, _Mark] = {}
        for name in brand_folders.names_in(home):
            with suppress(FileNotFoundError):
                seen = (home / brand_folders.FOLDER / name / brand_folders.FILE).stat()
                found[name] = seen.st_mtime_ns, seen.st_size, seen.st_ino
        return found

    async def _enter(self, name: str) -> None:
        """Start a brand; until it has started, its addresses are its own still."""
        before = self.serving.get(name) or self.refused.get(name)
        hosts = before.hosts if before else ()
        try:
            brand = await anyio.to_thread.run_sync(brand_folders.read, self._context.settings.home, name)
            hosts = brand.hosts
            running = await anyio.to_thread.run_sync(self._built, brand)
            await running.start()
        except Exception as error:  # noqa: BLE001 (the others serve)
            is_ours = isinstance(error, ServingError | FirstlineError)
            reason = str(error) if is_ours else f"It could not be started: {type(error).__name__}."
            self.refused[name] = Refused(reason, hosts)
            self.serving.pop(name, None)
            self._context.telemetry.fault("brand.not_started", error, brand=name)
            self._own.state.probes.of_brands[_noted(name)] = lambda: reason
            return
        self.serving[name] = running
        self.refused.pop(name, None)
        self._context.brands[name] = running.context
        self._own.state.probes.of_brands[_noted(name)] = running.app.state.probes.missing
        self._context.telemetry.event("brand.started", brand=name)

    def _built(self, brand: brand_folders.Brand) -> Running:
        settings, crew = self._context.settings.of_brand(brand), self._context.crew
        self._refuse_what_another_has(brand, settings)
        of_brand = crew.of_brand(brand.name) if crew else None
        app = create_app(settings, clock=self._context.clock, crew=of_brand, entrance=self._own.state.entrance)
        return Running(brand.name, brand.hosts, app)

    def _refuse_what_another_has(self, brand: brand_folders.Brand, settings: Settings) -> None:
        if brand.home.samefile(self._context.settings.home):
            raise BrandNotUsable(brand.name, "its folder is the home of the deployment")
        for other in (each for each in self.serving.values() if each.name != brand.name):
            if shared := set(brand.hosts) & set(other.hosts):
                raise BrandNotUsable(brand.name, f"{min(shared)} is a host of {other.name}")
            if _is_one_folder(brand.home, other.context.settings.home):  # a link
                raise BrandNotUsable(brand.name, f"its folder is that of {other.name}")
            if settings.database_url and settings.database_place == other.context.settings.database_place:
                raise BrandNotUsable(brand.name, f"{other.name} has this database")

    async def _leave(self, name: str) -> None:
        """End a brand that serves; it stays in `serving`, so that its requests are answered as those of no other."""
        self._marks.pop(name, None)
        self._context.brands.pop(name, None)
        self._own.state.probes.of_brands.pop(_noted(name), None)
        if (running := self.serving.get(name)) is None:
            return
        try:
            await running.stop()
        except Exception as error:  # noqa: BLE001 (it has ended, if badly)
            self._context.telemetry.fault("brand.not_ended", error, brand=name)
        self._context.telemetry.event("brand.ended", brand=name)


def _alone(error: Exception) -> Exception:
    """Return an error without the groups of one that the lifespan's task groups put it into."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _is_one_folder(one: Path, other: Path) -> bool:
    with suppress(FileNotFoundError):  # that of a brand which serves was moved away
        return one.samefile(other)
    return False


def _noted(name: str) -> str:
    return f"brand {name}"
