"""The brands that a process serves: started with it, and picked up, left or started again while it runs."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import anyio.to_thread
from litestar import Litestar

from serving.app import create_app
from serving.configuration import brand_folders
from serving.context import Context
from serving.errors import BrandNotUsable, ServingError
from serving.settings import Settings
from triage.errors import FirstlineError

_LOOKS_EVERY = 2.0  # seconds
_TRIES_AGAIN = 30.0  # seconds after a brand could not be started
_Mark = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Running:
    """A brand that serves."""

    name: str
    hosts: tuple[str, ...]
    app: Litestar
    _ends: asyncio.Event = field(default_factory=asyncio.Event)
    _task: list["asyncio.Task[None]"] = field(default_factory=list)

    @property
    def context(self) -> Context:
        """Its parts."""
        context: Context = self.app.state.context
        return context

    async def start(self) -> None:
        """Start it, in a task of its own: what it enters there, it has to leave there.

        Raises what keeps it from starting.
        """
        is_up = asyncio.get_running_loop().create_future()
        self._task.append(asyncio.create_task(self._live(is_up)))
        await is_up

    async def stop(self) -> None:
        """Let it finish what it does, and end it."""
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
            is_up.set_exception(error)


class Brands:
    """The brands beside the deployment's own app, by name; one that cannot start keeps no other from serving."""

    def __init__(self, own: Litestar) -> None:
        self._own, self._context = own, own.state.context
        self.serving: dict[str, Running] = {}
        self.refused: dict[str, str] = {}  # why a brand that is there does not serve
        self.hosts: dict[str, tuple[str, ...]] = {}  # of brands that are there, as last read; also of refused ones
        self._marks: dict[str, tuple[_Mark, float]] = {}  # the file that was read, and when
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start those that are there, and watch for others."""
        await self._look()
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """End them all, at the same time."""
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        await asyncio.gather(*(self._leave(name) for name in list(self.serving)))

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOKS_EVERY)
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 (the next look may go well)
                self._context.telemetry.fault("brands.not_looked_at", error)

    async def _look(self) -> None:
        found = await anyio.to_thread.run_sync(self._found)
        for name in {*self._marks, *found}:
            mark, tried_at = self._marks.get(name, (None, 0.0))
            again = name in self.refused and self._context.clock.monotonic() - tried_at > _TRIES_AGAIN
            if found.get(name) == mark and not again:
                continue
            await self._leave(name)
            if name in found:
                self._marks[name] = found[name], self._context.clock.monotonic()
                await self._enter(name)
            else:
                self.hosts.pop(name, None)

    def _found(self) -> dict[str, _Mark]:
        home: Path = self._context.settings.home
        found: dict[str, _Mark] = {}
        for name in brand_folders.names_in(home):
            with suppress(FileNotFoundError):
                seen = (home / brand_folders.FOLDER / name / brand_folders.FILE).stat()
                found[name] = seen.st_mtime_ns, seen.st_size, seen.st_ino
        return found

    async def _enter(self, name: str) -> None:
        self.refused[name] = "It is being started."
        try:
            running = await anyio.to_thread.run_sync(self._built, name)
            await running.start()
        except Exception as error:  # noqa: BLE001 (the others serve)
            is_ours = isinstance(error, ServingError | FirstlineError)
            self.refused[name] = reason = str(error) if is_ours else f"It could not be started: {type(error).__name__}."
            self._context.telemetry.fault("brand.not_started", error, brand=name)
            self._own.state.probes.of_brands[_noted(name)] = lambda: reason
            return
        del self.refused[name]
        self.serving[name] = running
        self._context.brands[name] = running.context
        self._own.state.probes.of_brands[_noted(name)] = running.app.state.probes.missing
        self._context.telemetry.event("brand.started", brand=name)

    def _built(self, name: str) -> Running:
        brand = brand_folders.read(self._context.settings.home, name)
        self.hosts[name] = brand.hosts
        settings, crew = self._context.settings.of_brand(brand), self._context.crew
        self._refuse_what_another_has(brand, settings)
        of_brand = crew.of_brand(name) if crew else None
        app = create_app(settings, clock=self._context.clock, crew=of_brand, entrance=self._own.state.entrance)
        return Running(name, brand.hosts, app)

    def _refuse_what_another_has(self, brand: brand_folders.Brand, settings: Settings) -> None:
        for other in self.serving.values():
            if shared := set(brand.hosts) & set(other.hosts):
                raise BrandNotUsable(brand.name, f"{min(shared)} is a host of {other.name}")
            if settings.database_url and settings.database_place == other.context.settings.database_place:
                raise BrandNotUsable(brand.name, f"{other.name} has this database")

    async def _leave(self, name: str) -> None:
        self._marks.pop(name, None)
        self.refused.pop(name, None)
        self._context.brands.pop(name, None)
        self._own.state.probes.of_brands.pop(_noted(name), None)
        if (running := self.serving.pop(name, None)) is not None:
            await running.stop()
            self._context.telemetry.event("brand.ended", brand=name)


def _noted(name: str) -> str:
    return f"brand {name}"
