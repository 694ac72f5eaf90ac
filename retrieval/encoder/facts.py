"""The settings of an encoder, as encoder.json holds them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

FORMAT: Final = 1
LONGEST_PREFIX: Final = 200


@dataclass(frozen=True)
class Facts:
    """The content of encoder.json."""

    name: str
    dim: int
    precision: str
    max_tokens: int
    max_chars: int
    #: Written before a question or ticket, and before a passage of an article.
    query_prefix: str = ""
    passage_prefix: str = ""
    #: It was trained so that texts of two languages with the same meaning lie near each other.
    multilingual: bool = False

    @classmethod
    def read(cls, config: bytes) -> Facts:
        """Read the file's content; ValueError, TypeError or KeyError when it is something else."""
        record = json.loads(config)
        if record["format"] != FORMAT:
            raise ValueError(f"encoder.json has format {record['format']!r}, this version reads {FORMAT}")
        return cls(
            name=str(record["name"]),
            dim=int(record["dim"]),
            precision=str(record["precision"]),
            max_tokens=int(record["max_tokens"]),
            max_chars=int(record["max_chars"]),
            query_prefix=_prefix(record, "query_prefix"),
            passage_prefix=_prefix(record, "passage_prefix"),
            multilingual=_flag(record, "multilingual"),
        )


def _prefix(record: dict[str, object], key: str) -> str:
    value = record.get(key, "")
    if not isinstance(value, str) or len(value) > LONGEST_PREFIX:
        raise ValueError(f"{key} in encoder.json must be a text of at most {LONGEST_PREFIX} characters")
    return value


def _flag(record: dict[str, object], key: str) -> bool:
    value = record.get(key, False)
    if not isinstance(value, bool):
        raise TypeError(f"{key} in encoder.json must be true or false")
    return value
