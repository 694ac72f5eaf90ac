"""Read policies and front matter within bounds: a file that somebody hands in must not fill the memory."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from triage.errors import PolicyRefused

MOST_CHARACTERS: Final = 500_000
MOST_VALUES: Final = 100_000
DEEPEST: Final = 32
MOST_BITS: Final = 64  # of a whole number: one of thousands of digits cannot even be shown
_TOO_LARGE = "a number is too large"
MOST_DOTS: Final = 200  # in a line: of a key with n dots tomllib keeps n² / 2 names, until the end of the table


def text_of(path: Path) -> str:
    """Return the text of a policy file.

    Raises `PolicyRefused`: it cannot be read, is longer than `MOST_CHARACTERS`, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(4 * MOST_CHARACTERS + 1)
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise PolicyRefused(str(path), "it is not UTF-8 text; save the file as UTF-8") from None
    except OSError as problem:
        raise PolicyRefused(str(path), problem.strerror or "it cannot be read") from None
    if len(text) > MOST_CHARACTERS:
        raise PolicyRefused(str(path), f"it is longer than {MOST_CHARACTERS:,} characters, and no policy is")
    return text


def toml_tables(text: str) -> dict[str, Any]:
    """Read TOML. Raises `tomllib.TOMLDecodeError`, also for what is too much."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MOST_DOTS:
            raise tomllib.TOMLDecodeError(f"more than {MOST_DOTS} dots (at line {number}, column 1)")
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        raise tomllib.TOMLDecodeError("it is nested too deeply") from None
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:  # of int(): Python reads no number of more than 4,300 digits
        raise tomllib.TOMLDecodeError(_TOO_LARGE) from None
    if fault := out_of_bounds(tables):
        raise tomllib.TOMLDecodeError(fault)
    return tables


def out_of_bounds(table: object) -> str | None:
    """Say what is too much in the tables of a file; None where nothing is. A value counts each time it is meant.

    A few aliases of YAML stand for gigabytes, once somebody writes them out.
    """
    values = characters = 0
    left = [(table, 0)]
    while left:
        value, depth = left.pop()
        values += 1
        if isinstance(value, str):
            characters += len(value)
        elif isinstance(value, dict):
            characters += sum(len(str(name)) for name in value)
            left += [(each, depth + 1) for each in value.values()]
        elif isinstance(value, list):
            left += [(each, depth + 1) for each in value]
        elif isinstance(value, int) and value.bit_length() > MOST_BITS:
            return _TOO_LARGE
        if depth > DEEPEST:
            return f"it is nested more than {DEEPEST} levels deep"
        if values + len(left) > MOST_VALUES or characters > MOST_CHARACTERS:
            return f"it stands for more than {MOST_VALUES:,} values or {MOST_CHARACTERS:,} characters"
    return None
