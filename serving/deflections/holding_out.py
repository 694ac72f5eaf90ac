"""The holdout: a random share of the visitors sees no answers, so that it can be counted how many tickets these save.

Who is in it says a keyed hash: a visitor stays in one arm, and nobody can choose theirs.
"""

from dataclasses import dataclass
from typing import Final

from serving.deflections.customers import Customer
from serving.deflections.schemas import QuestionIn
from serving.keys.api_keys import Caller
from serving.keys.installation_secret import InstallationSecret
from triage.experiments.arms import Arm, arm_of

EXPERIMENT: Final = "holdout-1"
"""What the hash is made with: under another name everybody is drawn anew."""


@dataclass(frozen=True, slots=True)
class Holdout:
    """Draws visitors for the holdout; a share of 0 draws nobody, and there is no experiment."""

    installation: InstallationSecret
    share: float

    def arm(self, asked: QuestionIn, customer: Customer, caller: Caller, session_id: str) -> Arm | None:
        """Return the arm of whoever asks: by visitor, else proven identity, else account, else for this session."""
        if self.share == 0:
            return None
        site = f"{caller.key_id}\n{caller.origin}" if caller.is_publishable else ""
        who = (("visitor", asked.visitor), ("identity", customer.identity_id), ("account", customer.account))
        kind, name = next((each for each in who if each[1]), ("session", session_id))
        return arm_of(self.installation.derive(EXPERIMENT, f"{kind}\n{site}\n{name}"), self.share)
