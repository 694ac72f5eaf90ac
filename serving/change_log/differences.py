"""Show what a change did to a text, line by line."""

import difflib
import json
from collections.abc import Iterator, Mapping

MOST_LINES = 2_000  # of each text; a comparison takes time with the product of both


def diff(kind: str, before: str | None, after: str | None) -> str | None:
    """Return a unified diff, "" where both are the same; None where a text is not kept or too long to compare."""
    if before is None and after is None:
        return None
    old, new = (list(lines(kind, text)) if text is not None else [] for text in (before, after))
    if max(len(old), len(new)) > MOST_LINES:
        return None
    return "\n".join(difflib.unified_diff(old, new, "before", "after", lineterm=""))


def lines(kind: str, text: str) -> Iterator[str]:
    """Yield the lines to compare: of an article its fields, one a line, then its text."""
    if kind != "article":
        yield from text.splitlines()
        return
    record: Mapping[str, object] = json.loads(text)
    for name, value in record.items():
        if name != "body" and value not in (None, "", [], False):
            yield f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
    yield ""
    yield from str(record.get("body", "")).splitlines()
