"""How the console writes values."""

from datetime import datetime, timedelta

from markupsafe import Markup


def when(at: datetime | None) -> Markup:
    """Write an instant in UTC as a `time` element; the browser shows its own zone."""
    if at is None:
        return Markup("–")
    return Markup('<time datetime="{}">{} UTC</time>').format(at.isoformat(), f"{at:%Y-%m-%d %H:%M}")


def span(length: timedelta) -> str:
    """Write a length of time in its two largest units: `2 d 3 h`, `4 h 5 min`, `20 s`."""
    seconds = int(abs(length.total_seconds()))
    units = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
    first = next((place for place, (size, _) in enumerate(units) if seconds >= size), len(units) - 1)
    parts: list[str] = []
    for size, unit in units[first : first + 2]:
        count, seconds = divmod(seconds, size)
        if count or not parts:
            parts.append(f"{count} {unit}")
    return " ".join(parts)


def in_reading_order(value: object) -> object:
    """Return a value for a page without the characters that show letters in another order than they are written in.

    `gnp.exe` after U+202E looks like `exe.png`. Right-to-left languages need neither of the two.
    """
    return value.translate(_OVERRIDES) if isinstance(value, str) else value


_OVERRIDES = {0x202D: None, 0x202E: None}
