"""Personal data and look-alikes by country, written by hand: `python -m tests.personal_data_corpus` prints the figures.

One line a text: country, `+` (holds personal data, between ⟦ and ⟧) or `-` (holds none), and the text with `\\n` for a
line break. All of it is made up: numbers from ranges for fiction or examples, names of nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from triage.text.redaction import redact

FOLDER = Path(__file__).parent / "triage/text/personal_data_by_language"
_SECRET = re.compile(r"⟦(.*?)⟧")
_PLACEHOLDER = re.compile(r"\[(?:email|phone|card|iban|ip|secret|name|attachment)\]")
_LETTERS_OR_DIGITS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Line:
    """One text of the corpus, with the personal data that it holds."""

    country: str
    text: str
    secrets: tuple[str, ...]

    @property
    def left(self) -> list[str]:
        """What redaction leaves of it: a secret is left if any run of half of its letters and digits is."""
        found = _bare(redact(self.text).text)
        return [each for each in self.secrets if any(part in found for part in _halves(_bare(each)))]

    @property
    def redacted_needlessly(self) -> int:
        """How many placeholders there are more than personal data."""
        return max(0, len(_PLACEHOLDER.findall(redact(self.text).text)) - len(self.secrets))


def _bare(text: str) -> str:
    return _LETTERS_OR_DIGITS.sub("", text).lower()


def _halves(secret: str) -> list[str]:
    size = max(4, len(secret) // 2)
    return [secret[place : place + size] for place in range(max(1, len(secret) - size + 1))]


def corpus() -> list[Line]:
    """Return all lines of all languages."""
    return [
        Line(line[:2], _SECRET.sub(r"\1", text), tuple(_SECRET.findall(text)))
        for path in sorted(FOLDER.glob("*.txt"))
        for line in path.read_text("utf-8").splitlines()
        if (text := line[5:].replace("\\n", "\n"))
    ]


@dataclass(frozen=True)
class Figures:
    """Counts of one country."""

    secrets: int
    found: int
    lookalikes: int
    needless: int

    @property
    def recall(self) -> float:
        return self.found / self.secrets

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.needless)


def figures(lines: list[Line]) -> Figures:
    """Count what is found, and what is taken that should stay."""
    secrets = sum(len(each.secrets) for each in lines)
    return Figures(
        secrets,
        secrets - sum(len(each.left) for each in lines),
        sum(not each.secrets for each in lines),
        sum(each.redacted_needlessly for each in lines),
    )


def main() -> None:
    lines = corpus()
    print("country  pieces  look-alikes  precision  recall")
    for country in [*sorted({each.country for each in lines}), None]:
        of = figures([each for each in lines if country in {each.country, None}])
        print(f"{country or 'all':7}  {of.secrets:6}  {of.lookalikes:11}  {of.precision:9.3f}  {of.recall:6.3f}")
    for each in lines:
        if each.left or each.redacted_needlessly:
            print(each.country, "left" if each.left else "taken", repr(each.text), "->", repr(redact(each.text).text))


if __name__ == "__main__":
    main()
