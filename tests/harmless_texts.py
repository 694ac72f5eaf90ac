"""What looks a little like personal data and is what support works with: orders, versions, dates, hashes, files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from tests.personal_data import digits, luhn


def harmless(n: int, seed: int = 7) -> Iterator[str]:
    """Yield n of them, every form in turn; the same seed gives the same."""
    random = Random(seed)
    for number in range(n):
        yield _HARMLESS[number % len(_HARMLESS)](random)


def _not_luhn(random: Random) -> str:
    number = luhn("4" + digits(random, 14))
    return f"id {number[:-1]}{(int(number[-1]) + 1 + random.randrange(8)) % 10} is not found"


_HARMLESS: tuple[Callable[[Random], str], ...] = (
    lambda r: f"Order {digits(r, 10)} was shipped twice",
    lambda r: f"ticket #{digits(r, 6)} and invoice 2024-{digits(r, 5)}",
    lambda r: f"Thunderbird {r.randint(60, 140)}.{r.randint(0, 12)}.{r.randint(0, 9)} on Windows 10",
    lambda r: f"version {r.randint(8, 120)}.{r.randint(0, 9)}.{r.randint(0, 9)}.{r.randint(0, 99)} crashes",
    lambda r: f"add-on 1.{r.randint(0, 40)}.0.{r.randint(0, 9)} is disabled",
    lambda r: f"on 2024-0{r.randint(1, 9)}-1{r.randint(0, 9)} at 10:2{r.randint(0, 9)}:30 it stopped",
    lambda r: f"since 1{r.randint(0, 9)}.0{r.randint(1, 9)}.2024 10:30 and 0{r.randint(1, 9)}-02-2024",
    lambda r: f"error 0x80{digits(r, 6)} and code {digits(r, 5)}",
    lambda r: f"took {r.randint(1000, 99999)} ms for {digits(r, 7)} rows",
    lambda r: f"HTTP {r.choice([404, 500, 502, 503])} on 127.0.0.1:80{digits(r, 2)}",
    lambda r: f"std::vector a::b and {r.randint(10, 23)}:{r.randint(10, 59)}:{r.randint(10, 59)}",
    _not_luhn,
    lambda r: f"timestamp 17{digits(r, 11)} in the log",
    lambda r: f"tracking number 1Z{digits(r, 3)}",
    lambda r: f"It costs {r.randint(1, 99)},{digits(r, 3)}.00 a month @ {r.randint(1, 12)} months",
    lambda r: r.choice(
        [
            "my password is wrong",
            "the password is not accepted.",
            "Passwort ist falsch.",
            "the token is expired",
            "password: required",
            "the mot de passe est incorrect",
            "reset the password; the token expired",
        ]
    ),
    lambda r: r.choice(
        [
            "Hi team,\nit fails",
            "Hello Support,\nno",
            "Dear Sir or Madam,\nno",
            "Hallo zusammen,\nnein",
            "Hello, I cannot export",
            "Thanks, it works now",
            "Thank you.\nThe export is empty again",
            "Best, please",
        ]
    ),
    lambda r: r.choice(
        [
            "open config.json and prefs.js",
            "export.csv is empty",
            "logo@2x.png is blurred",
            "see README.md",
            "the .pdf export",
            "PDF files fail",
            "https://cdn.example.com/logo.png is 404",
        ]
    ),
    lambda r: f"commit {r.randbytes(20).hex()} broke it",
    lambda r: r.choice(
        [
            "Please look at the dot menu",
            "we meet at noon",
            "mark all as read",
            "the key is missing",
            "press the key Enter",
            "keys and tokens page",
            "primary key: id",
            "token: see the docs",
        ]
    ),
)
