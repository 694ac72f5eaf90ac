"""Read what the experiment counts: sessions with their arm, and the tickets that may have followed them."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from serving.storage.database import Database
from serving.storage.job_tables import session_arms
from serving.storage.tables import deflections, tickets
from triage.experiments.arms import Arm

_WHO = (
    deflections.c.origin,
    deflections.c.visitor,
    deflections.c.identity_id,
    deflections.c.account,
)


class Who(NamedTuple):
    """By what a customer is followed, as far as it is known."""

    origin: str | None = None
    visitor: str | None = None
    identity: str | None = None
    account: str | None = None

    @property
    def keys(self) -> list[object]:
        """What contacts of one customer have in common: any of these. The first one drew the arm."""
        visitor = ("visitor", self.origin, self.visitor) if self.visitor else None
        identity = ("identity", self.origin, self.identity) if self.identity else None
        account = ("account", self.account) if self.account else None
        return [each for each in (visitor, identity, account) if each is not None]


class ArmSession(NamedTuple):
    """A session of the experiment."""

    id: str
    created_at: datetime
    arm: Arm
    who: Who

    @property
    def unit(self) -> object:
        """What was drawn: the visitor, else identity or account, else this session alone."""
        return next(iter(self.who.keys), self.id)


class Contact(NamedTuple):
    """A ticket, with the session that it is from."""

    created_at: datetime
    deflection_id: str | None
    account: str | None
    who: Who


class ArmFacts:
    """Reads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def share(self, until: datetime) -> float | None:
        """Return the holdout's share that was set last before an instant; None without an experiment."""
        columns = session_arms.c
        newest = sa.select(columns.share).where(columns.created_at < until).order_by(columns.created_at.desc()).limit(1)
        return self._database.read(lambda c: c.scalar(newest))

    def began_at(self, share: float) -> datetime | None:
        """Return when the first session was drawn with a share."""
        columns = session_arms.c
        chosen = sa.select(columns.created_at).where(columns.share == share)
        first: datetime | None = self._database.read(lambda c: c.scalar(chosen.order_by(columns.created_at).limit(1)))
        return first

    def sessions(self, share: float, since: datetime, until: datetime) -> list[ArmSession]:
        """Return the sessions that were drawn with a share, oldest first."""
        columns = session_arms.c
        chosen = (
            sa.select(columns.deflection_id, columns.created_at, columns.arm, *_WHO)
            .join(deflections, deflections.c.id == columns.deflection_id)
            .where(columns.share == share, columns.created_at >= since, columns.created_at < until)
            .order_by(columns.created_at, columns.deflection_id)
        )
        return self._database.read(
            lambda c: [ArmSession(id_, at, arm, Who(*who)) for id_, at, arm, *who in c.execute(chosen)]
        )

    def other_shares(self, share: float, since: datetime, until: datetime) -> int:
        """Count the sessions of a time that were drawn with another share."""
        columns = session_arms.c
        others = sa.select(sa.func.count()).where(
            columns.share != share, columns.created_at >= since, columns.created_at < until
        )
        return self._database.read(lambda c: int(c.scalar(others) or 0))

    def contacts(self, since: datetime, until: datetime) -> list[Contact]:
        """Return the tickets of a time that have a session or an account."""
        columns = tickets.c
        chosen = (
            sa.select(columns.created_at, columns.deflection_id, columns.account, *_WHO)
            .outerjoin(deflections, deflections.c.id == columns.deflection_id)
            .where(columns.created_at >= since, columns.created_at < until, columns.needs_nobody.is_(None))
            .where(sa.or_(columns.deflection_id.is_not(None), columns.account.is_not(None)))
        )
        return self._database.read(
            lambda c: [Contact(at, session, account, Who(*who)) for at, session, account, *who in c.execute(chosen)]
        )
