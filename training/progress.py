"""Progress of long work, on stderr; stdout stays for results."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Bars:
    """Bars and lines on stderr; `quiet` keeps both back."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.console = Console(stderr=True, quiet=quiet, highlight=False)

    def say(self, line: str) -> None:
        """Print one line."""
        self.console.print(line, markup=False, soft_wrap=True)

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[Callable[[int, int], None]]:
        """Show a bar in a terminal while the block runs; calling what is given with (done, total) moves it.

        It leaves nothing behind, and nothing in a log.
        """
        columns = (
            TextColumn("{task.description:<28}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        hidden = not self.console.is_terminal
        with Progress(*columns, console=self.console, refresh_per_second=4, transient=True, disable=hidden) as progress:
            task = progress.add_task(title, total=total)
            yield lambda done, total: progress.update(task, completed=done, total=total)
