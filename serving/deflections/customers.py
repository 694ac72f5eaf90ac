"""Who asks, as far as it is proven: plan and account count from a secret key, or in an identity that a site signed."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from serving.deflections.schemas import IdentityIn, QuestionIn
from serving.errors import FieldError, InvalidRequest
from serving.keys.api_keys import Caller
from serving.keys.identities import identity_secret, signature
from serving.keys.installation_secret import InstallationSecret
from triage.tickets.attributes import Attributes, Segment

_IGNORED = (
    "{} ignored: with a publishable key they count only in an `identity` that your backend has signed; "
    "see docs/security.md."
)
_WRONG = "This signature fits neither the identity nor this key's secret: docs/security.md says what is signed."
_NOT_NEEDED = "Only a publishable key needs an identity: send `plan` and `account` as they are."
_CONTROL = {*map(chr, range(32)), "\x7f"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """What is known of who asks, and what the caller should know about that."""

    plan: str | None = None
    account: str | None = None
    identity_id: str | None = None
    email: str | None = None
    notes: Sequence[str] = ()


def proven(asked: QuestionIn, caller: Caller, installation: InstallationSecret, at: datetime) -> Customer:
    """Return what counts of what a question says about its customer.

    Raises `InvalidRequest`: the identity is not signed with the secret of this key, or has expired.
    """
    identity = asked.identity
    if not caller.is_publishable:
        if identity is not None:
            raise _refused("identity", _NOT_NEEDED)
        return Customer(plan=asked.plan, account=asked.account)
    said = [f"`{name}`" for name in ("plan", "account") if getattr(asked, name)]
    notes = [_IGNORED.format(f"{' and '.join(said)} {'were' if said[1:] else 'was'}")] if said else []
    if identity is None:
        return Customer(notes=notes)
    _check(identity, identity_secret(installation, caller.key_id), at)
    return Customer(
        plan=identity.plan or None,
        account=identity.account or None,
        identity_id=identity.id,
        email=identity.email or None,
        notes=notes,
    )


def _check(identity: IdentityIn, secret: str, at: datetime) -> None:
    values = [identity.id, identity.email, identity.account, identity.plan]
    values += [] if identity.expires_at is None else [identity.expires_at]
    if any(_CONTROL & set(value or "") for value in values):  # a line more would make another identity of it
        raise _refused("identity", "Leave control characters out.")
    if not hmac.compare_digest(signature(secret, values), identity.hmac.lower()):
        raise _refused("identity.hmac", _WRONG)
    if identity.expires_at is None:
        return
    try:
        expired = msgspec.convert(identity.expires_at, datetime) <= at
    except (msgspec.ValidationError, TypeError):  # without a zone it cannot be compared
        raise _refused("identity.expires_at", "Write the instant like 2024-03-01T09:30:00Z.") from None
    if expired:
        raise _refused("identity.expires_at", "This identity has expired: sign a new one.")


def _refused(field: str, message: str) -> InvalidRequest:
    return InvalidRequest([FieldError(field, message)])


def attributes_of(asked: QuestionIn) -> Attributes:
    """Return what routing and opening hours depend on."""
    segment = vars(Segment.of(asked))
    return Attributes(**segment, plan=asked.plan, account=asked.account, language=asked.locale, channel=asked.channel)
