"""The second encoder of a desk without a bundle: it adds languages, and what is wrong with it stops nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from retrieval.encoder.encoder import FILES, Encoder
from retrieval.errors import EncoderNotUsable


@dataclass(slots=True)
class SecondEncoder:
    """Reads the encoder of a folder, where there is one; `fault` says why the last one could not be used."""

    folder: Callable[[], Path | None] = lambda: None
    fault: str | None = None

    def written_at(self) -> tuple[int, ...]:
        """Return when each of its files was written last, 0 where it is missing: damaged ones may be replaced."""
        folder = self.folder()
        return tuple(_written_at(folder / name) for name in FILES) if folder else ()

    def read(self, load: Callable[[Path], Encoder]) -> Encoder | None:
        """Return the encoder; None where there is none that can be used."""
        self.fault, folder = None, self.folder()
        if folder is None:
            return None
        try:
            return load(folder)
        except EncoderNotUsable as error:
            self.fault = f"{error} Until then only questions in English are read well."
            return None


def _written_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
