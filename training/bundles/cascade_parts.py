"""What a refit has learnt of a cascade, as a bundle takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from triage.model.cascade.entry import CascadeEntry

if TYPE_CHECKING:
    from training.classifiers.cascade import FittedFirstStage
    from training.critical.screen import FittedScreen


@dataclass(frozen=True, slots=True, eq=False)
class CascadeParts:
    """The first stage and the screen before the critical head; None where a part is off or could not be learnt."""

    first_stage: FittedFirstStage | None = None
    screen: FittedScreen | None = None

    @property
    def entry(self) -> CascadeEntry | None:
        """What the manifest says of it; None without any part."""
        if self.first_stage is None and self.screen is None:
            return None
        return CascadeEntry(
            first_stage=self.first_stage.entry if self.first_stage else None,
            screen=self.screen.entry if self.screen else None,
        )

    @property
    def files(self) -> dict[str, bytes]:
        """Its files by path."""
        found = dict(self.first_stage.files) if self.first_stage else {}
        return found | ({self.screen.entry.file: self.screen.file} if self.screen else {})

    @property
    def digest(self) -> str | None:
        """What a certificate of the joint decision is bound to; None without a first stage."""
        return self.first_stage.entry.digest if self.first_stage else None
