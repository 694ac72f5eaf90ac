"""List the values that a field takes, for the message on one that it does not take."""

from msgspec import inspect


def allowed_values(kind: inspect.Type | None) -> list[str]:
    """Return the values that a type takes, where it takes these and no others."""
    kinds = alternatives(kind) if kind is not None else []
    listed = [value for each in kinds if isinstance(each, inspect.LiteralType) for value in each.values]
    listed += [str(value.value) for each in kinds if isinstance(each, inspect.EnumType) for value in each.cls]
    return [str(value) for value in listed]


_WRITTEN = {"datetime": "2026-03-02T09:00:00Z", "date": "2026-03-02"}


def with_allowed(message: str, kind: inspect.Type | None) -> str:
    """Add the values that are allowed, or how one is written, to the message on one that is not."""
    if message.startswith("Invalid RFC3339 encoded "):
        example = _WRITTEN.get(message.removeprefix("Invalid RFC3339 encoded ").rstrip("."))
        return f"{message.rstrip('.')}: write it like {example}." if example else message
    allowed = allowed_values(kind) if message.startswith("Invalid enum value") else []
    return f"{message.rstrip('.')}; it is one of {', '.join(allowed)}." if allowed else message


def alternatives(kind: inspect.Type) -> list[inspect.Type]:
    """Return the plain types that a type stands for."""
    if isinstance(kind, inspect.Metadata):
        return alternatives(kind.type)
    return (
        [plain for each in kind.types for plain in alternatives(each)]
        if isinstance(kind, inspect.UnionType)
        else [kind]
    )
