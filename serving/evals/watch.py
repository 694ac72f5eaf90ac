"""Ask the golden questions again whenever articles, model or questions have changed."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from retrieval.articles import golden_questions
from retrieval.errors import RetrievalError
from retrieval.index import files as index_files
from serving.errors import NotReady
from serving.evals import store
from serving.evals.running import Evals
from serving.evals.store import Origin
from serving.settings import Settings
from triage.durable_files import write_file

#: At most one run in that time, of whatever changed meanwhile.
EVERY: Final = timedelta(seconds=5)


@dataclass(slots=True)
class EvalWatch:
    """Once among the workers: takes over questions that came with an index, and asks."""

    evals: Evals
    settings: Settings
    _seen: dict[Path, int] = field(default_factory=dict)

    def look(self, at: datetime) -> None:
        """Look once."""
        self._take_over(self.settings.index_path, "index", at)
        if self.evals.content.shows_sample():
            self._take_over(self.settings.sample / "index", "sample", at)
        with suppress(NotReady):  # then the next look asks
            self.evals.run(at)
        self._hand_to_training()

    def _take_over(self, folder: Path, origin: Origin, at: datetime) -> None:
        """Store the questions of an index, once for each index."""
        try:
            written = (folder / index_files.MANIFEST).stat().st_mtime_ns
        except OSError:
            return  # there is none, or it is being replaced
        if self._seen.get(folder) == written:
            return
        trusted = self.settings.signing_keys
        try:
            found = index_files.read_questions(folder, trusted)
            toml = None if found is None else golden_questions.decoded(found, folder / index_files.QUESTIONS)
            golden_questions.parse(toml or "", folder / index_files.QUESTIONS)
        except RetrievalError as error:
            self.evals.telemetry.event("evals.questions_not_used", reason=str(error))
        else:
            self.evals.database.write(lambda connection: store.take_over(connection, toml, origin, at))
        self._seen[folder] = written

    def _hand_to_training(self) -> None:
        """Keep the desk's questions in a file of the home, where `firstline-train promote` reads them.

        An empty file: there are none any more, whatever came with an index.
        """
        file, stored = self.settings.questions_path, self.evals.database.read(store.read)
        if stored is None or stored.origin == "sample":
            file.unlink(missing_ok=True)
        elif not file.is_file() or file.read_bytes() != stored.toml.encode():
            file.parent.mkdir(parents=True, exist_ok=True)
            write_file(file, stored.toml.encode())
