"""Errors of a request before a use case sees it: body, key, headers."""

from collections.abc import Mapping, Sequence

from serving.errors import FieldError, InvalidRequest, RequestRefused


class MalformedBody(InvalidRequest):
    """A body that is not valid JSON text."""

    def __init__(self, message: str) -> None:
        super().__init__([FieldError("", message)])


class IdempotencyKeyNotValid(InvalidRequest):
    """An Idempotency-Key that is empty, too long or not printable ASCII."""

    def __init__(self, length: int) -> None:
        self.length = length
        super().__init__([FieldError("Idempotency-Key", "Give 1 to 255 printable ASCII characters.")])


class WrongMediaType(RequestRefused):
    """A body whose Content-Type is not one that the route reads."""

    def __init__(self, sent: str, accepted: Sequence[str]) -> None:
        self.sent, self.accepted = sent, tuple(accepted)
        super().__init__(f"Send the body as {' or '.join(accepted)}, uncompressed.")

    @property
    def facts(self) -> Mapping[str, object]:
        """What the route reads."""
        return {"accepted": list(self.accepted)}


class BodyTooLarge(RequestRefused):
    """A body over the route's limit; the rest of it is not read."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"The body is larger than {limit:,} bytes.")

    @property
    def facts(self) -> Mapping[str, object]:
        """The limit in bytes."""
        return {"limit": self.limit}


class BodyIncomplete(RequestRefused):
    """A body that came too slowly, or whose sender left."""

    def __init__(self) -> None:
        super().__init__("The body did not arrive whole in time. Nothing was stored.")


class Overloaded(RequestRefused):
    """As many requests wait as may wait."""

    retry_after = 1

    def __init__(self) -> None:
        super().__init__("Too many requests are under way. Nothing was stored; send this one again soon.")


class KeyMissing(RequestRefused):
    """A request without a bearer key."""

    def __init__(self) -> None:
        super().__init__("Send `Authorization: Bearer <key>`; `firstline keys create` makes one.")


class KeyNotKnown(RequestRefused):
    """A bearer key that does not exist, or was revoked."""

    def __init__(self) -> None:
        super().__init__("This key is not known here: it was mistyped, revoked, or made for another service.")


class SignInNeeded(RequestRefused):
    """A page of the console for a browser that is not signed in, or not any more."""

    def __init__(self) -> None:
        super().__init__("Sign in with a key of scope agent or admin.")


class FormNotProven(RequestRefused):
    """A form that did not come from a page of this session: another site may have sent it."""

    def __init__(self) -> None:
        super().__init__("This form is not from a page of your session. Nothing was changed: load the page again.")


class QuotaExceeded(RequestRefused):
    """More than a rate limit allows."""

    def __init__(self, policies: Sequence[str], retry_after: int) -> None:
        self.policies, self.retry_after = tuple(policies), retry_after
        super().__init__(f"Too much in too short a time. Nothing was stored; ask again in {retry_after} seconds.")

    @property
    def facts(self) -> Mapping[str, object]:
        """The limits that were reached, as the header RateLimit names them."""
        return {"violated-policies": list(self.policies)}


class ScopeTooNarrow(RequestRefused):
    """A valid key without the scope for this route."""

    def __init__(self, scope: str, needed: Sequence[str]) -> None:
        self.scope, self.needed = scope, tuple(needed)
        super().__init__(f"A key of scope `{scope}` may not do this; it needs {' or '.join(needed)}.")

    @property
    def facts(self) -> Mapping[str, object]:
        """The scopes that would do."""
        return {"needed": list(self.needed)}


class OriginNotAllowed(RequestRefused):
    """A publishable key used from an origin that it is not bound to."""

    def __init__(self, origin: str | None) -> None:
        self.origin = origin
        super().__init__("This publishable key is bound to other origins: make one with `--origin` for this page.")


class HostNotServed(RequestRefused):
    """A page that was opened under a name which is not one of its own: that may be another site's (DNS rebinding)."""

    def __init__(self, host: str, served: Sequence[str]) -> None:
        self.host, self.served = host, tuple(served)
        super().__init__(f"This page answers to {', '.join(served)}; FIRSTLINE_PUBLIC_URL adds the service's address.")


class HookNotProven(RequestRefused):
    """An inbound webhook without a valid signature or token."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"This delivery is not taken: {reason}.")


class VersionRequired(RequestRefused):
    """A change without If-Match: the caller has not said which version it read."""

    def __init__(self) -> None:
        super().__init__(
            'Send `If-Match: "<version>"` with the ETag of the ticket you read, so that no change is lost.'
        )


class VersionDiffers(RequestRefused):
    """The ticket changed since the caller read it."""

    def __init__(self, current: int) -> None:
        self.current = current
        super().__init__("The ticket was changed since you read it: read it again and decide anew.")

    @property
    def facts(self) -> Mapping[str, object]:
        """The version that it has now."""
        return {"version": self.current}


class QuestionsDiffer(VersionDiffers):
    """The golden questions changed since the caller read them."""

    def __init__(self, current: int) -> None:
        RequestRefused.__init__(self, "The questions were changed since you read them: read them again.")
        self.current = current
