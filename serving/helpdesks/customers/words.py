"""Read a word of a helpdesk or of a file: which plan, how much, which language. What is not understood is no guess."""

import re
from collections.abc import Collection, Mapping

from serving.helpdesks.port.customer_mapping import folded

NOTHING = frozenset({"", "-", "--", "–", "—", "?", "n/a", "none", "null", "nil", "undefined"})
_LONGEST = {"account": 200, "region": 200, "brand": 200, "health": 64}  # as the API takes them
_LOCALE = re.compile(r"([a-z]{2})(?:[-_.@][a-z0-9@._-]{1,20})?")
_LANGUAGES: Mapping[str, str] = {
    "english": "en",
    "german": "de",
    "deutsch": "de",
    "french": "fr",
    "français": "fr",
    "spanish": "es",
    "español": "es",
    "italian": "it",
    "italiano": "it",
    "portuguese": "pt",
    "português": "pt",
    "dutch": "nl",
    "nederlands": "nl",
}
_SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "mio": 1e6}
_CURRENCY = r"(?:[$€£¥₹]|usd|eur|gbp|chf|cad|aud|jpy|brl|inr)?"
_AMOUNT = re.compile(rf"{_CURRENCY}(\d[\d.,'’]{{0,30}})(k|m|mio)?\.?{_CURRENCY}")
_GROUPED = re.compile(r"\d{1,3}(?:([.,'’])\d{3})(?:\1\d{3})*(?:(?!\1)[.,]\d{1,2})?")
_PLAIN = re.compile(r"\d+(?:[.,]\d+)?")


class Words:
    """Reads the words of one connection by its values, and plans by the policy's names."""

    def __init__(self, values: Mapping[str, Mapping[str, str]], plans: Collection[str]) -> None:
        self._values, self._plans = values, {folded(plan): plan for plan in plans}

    def said(self, attribute: str, written: str) -> str:
        """Return the word of ours for what is written; empty if it says nothing."""
        word = " ".join("".join(each if each.isprintable() else " " for each in written[:1_000]).split())
        mapped = self._values.get(attribute, {}).get(folded(word))
        return mapped if mapped is not None else "" if folded(word) in NOTHING else word

    def value(self, attribute: str, said: str) -> str | float | None:
        """Return what a word means; None if it is not understood."""
        if attribute == "plan":
            return self._plans.get(folded(said))
        if attribute == "arr":
            return amount(said)
        if attribute == "language":
            return language(said)
        return said if len(said) <= _LONGEST[attribute] else None

    def wanted(self, attribute: str) -> str:
        """Return what to write where a word was not understood."""
        return {
            "plan": f"a plan of the policy ({', '.join(self._plans.values())})",
            "arr": "an amount such as 12000 or 12,000.50",
            "language": "a language's code such as en or de",
        }.get(attribute, f"at most {_LONGEST.get(attribute)} characters")


def amount(text: str) -> float | None:
    """Return what an account pays a year: `12000`, `€ 12.000,50`, `$1.2M`; None if it is no amount."""
    found = _AMOUNT.fullmatch("".join(text.casefold().split()))
    if found is None:
        return None
    digits, scale = found[1], _SCALES[found[2] or ""]
    grouped = None if found[2] else _GROUPED.fullmatch(digits)  # 1.200 M is one and a fifth
    if grouped:
        digits = digits.replace(grouped[1], "")
    elif not _PLAIN.fullmatch(digits):
        return None
    return float(digits.replace(",", ".")) * scale


def language(text: str) -> str | None:
    """Return the two-letter code of `de`, `de-AT`, `de_DE.UTF-8` or `Deutsch`; None for anything else."""
    word = folded(text)
    found = _LOCALE.fullmatch(word)
    return found[1] if found else _LANGUAGES.get(word)
