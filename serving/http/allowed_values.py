"""List the values that a field takes, for the message on one that it does not take."""

from msgspec import inspect


def allowed_values(kind: inspect.Type | None) -> list[str]:
    """Return the values that a type takes, where it takes these and no others."""
    kinds = alternatives(kind) if kind is not None else []
    listed = [value for each in kinds if isinstance(each, inspect.LiteralType) for value in each.values]
    listed += [str(value.value) for each in kinds if isinstance(each, inspect.EnumType) for value in each.cls]
    return [str(value) for value in listed]


def with_allowed(message: str, kind: inspect.Type | None) -> str:
    """Add the values that are allowed to the message on one that is not."""
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
