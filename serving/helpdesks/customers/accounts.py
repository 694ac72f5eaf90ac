"""The CSV file of accounts: who has which plan, ARR, region and health, found by name, address or domain.

Whatever a spreadsheet saves is read: commas, semicolons or tabs, a BOM, UTF-16, quoted texts, several rows of one
account. A row or cell that is not understood is left out and listed; a file that is no such table is refused.
"""

import codecs
import csv
import io
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from serving.helpdesks.customers.words import NOTHING, Words
from serving.helpdesks.port.customer_mapping import ATTRIBUTES, folded
from serving.helpdesks.port.errors import HelpdesksNotValid

_COLUMNS = (*ATTRIBUTES, "domains", "emails")
_SAME = {"domain": "domains", "email": "emails", "e mail": "emails", "e mails": "emails", "account name": "account"}
_SEVERAL = re.compile(r"[\s,;|]+")
_DOMAIN = re.compile(r"(?=.{3,253}$)[^\s@./:]{1,63}(?:\.[^\s@./:]{1,63})+")
_MOST_TOLD = 200


@dataclass(slots=True)
class Account:
    """One account of the file."""

    name: str
    line: int
    values: dict[str, str | float]


@dataclass(slots=True)
class Accounts:
    """The accounts of a file, and what of it was not understood."""

    by_name: dict[str, Account] = field(default_factory=dict)
    by_email: dict[str, Account | None] = field(default_factory=dict)  # None: two accounts claim it
    by_domain: dict[str, Account | None] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    ignored: Sequence[str] = ()  # columns

    def find(self, name: str | None, email: str | None) -> Account | None:
        """Return the account of this name, else that of the address, else that of its domain."""
        if name and (named := self.by_name.get(folded(name))):
            return named
        address = (email or "").strip().casefold()
        return self.by_email.get(address) or self.by_domain.get(domain(address.rpartition("@")[2]))


def read_accounts(path: Path, words: Words) -> Accounts:
    """Read the file.

    Raises `HelpdesksNotValid`: it cannot be read, or is no table with a column `account`.
    """
    reading = _Reading(path, words)
    rows = reading.rows(_text(path))
    header_line, header = next(rows, (1, []))
    columns = reading.columns(header_line, header)
    for line, cells in rows:
        reading.row(line, cells, columns)
    return reading.accounts


def domain(text: str) -> str:
    """Return a domain as it is compared: in lower case and ASCII."""
    plain = text.strip().casefold().rstrip(".")
    try:
        return plain if plain.isascii() else plain.encode("idna").decode("ascii")
    except UnicodeError:
        return plain


class _Reading:
    """Reads one file, row by row."""

    def __init__(self, path: Path, words: Words) -> None:
        self._path, self._words, self.accounts = path, words, Accounts()
        listed = resources.files("serving.helpdesks.customers").joinpath("free_mail.toml")
        self._free = frozenset(tomllib.loads(listed.read_text(encoding="utf-8"))["domains"])

    def rows(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows that are not empty, each with the line on which it begins."""
        first, _, rest = text.partition("\n")
        delimiter, skipped = _delimiter(first), 0
        if folded(first).startswith("sep=") and len(first.strip()) == 5:
            delimiter, text, skipped = first.strip()[4], rest, 1
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
        begins = 1 + skipped
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield begins, [cell.strip() for cell in cells]
                begins = reader.line_num + 1 + skipped
        except csv.Error as error:
            hint = "close the quotation marks of the text that begins there, and write marks inside it twice"
            raise self._refused(f"line {begins}: {error}; {hint}") from None

    def columns(self, line: int, header: Sequence[str]) -> list[str]:
        """Return our names of the columns; empty for those that are not read."""
        plain = [folded(re.sub(r"[\s_-]+", " ", name)) for name in header]
        found = [_SAME.get(name, name) for name in plain]
        known = [name if name in _COLUMNS else "" for name in found]
        if "account" not in known:
            listed = ", ".join(header) or "none"
            raise self._refused(f"line {line} names no column account but {listed}: name the account's column so")
        if twice := sorted({name for name in known if name and known.count(name) > 1}):
            raise self._refused(f"line {line} names the column {twice[0]} twice: leave one of them out")
        self.accounts.ignored = [name for name, ours in zip(header, known, strict=True) if name and not ours]
        return known

    def row(self, line: int, cells: Sequence[str], columns: Sequence[str]) -> None:
        """Take a row; several rows of one account complete each other."""
        if any(cells[len(columns) :]):
            self._tell(line, "", f"{len(cells)} cells under {len(columns)} columns; quote texts that hold a separator")
            return
        given = {name: cell for name, cell in zip(columns, cells, strict=False) if name and folded(cell) not in NOTHING}
        name = self._words.said("account", given.pop("account", ""))
        if not name or self._words.value("account", name) is None:
            self._tell(line, "account", "it is empty or too long; write the account's name")
            return
        account = self.accounts.by_name.setdefault(folded(name), Account(name, line, {}))
        for column, cell in given.items():
            if column == "domains":
                self._domains(line, account, cell)
            elif column == "emails":
                self._emails(line, account, cell)
            else:
                self._value(line, account, column, cell)

    def _value(self, line: int, account: Account, column: str, cell: str) -> None:
        said = self._words.said(column, cell)
        if not said:
            return
        value = self._words.value(column, said)
        if value is None:
            self._tell(line, column, f"{said[:40]!r} is not understood; write {self._words.wanted(column)}")
        elif account.values.setdefault(column, value) != value:
            self._tell(line, column, f"another row, from line {account.line}, says otherwise; write the same in both")

    def _domains(self, line: int, account: Account, cell: str) -> None:
        for each in filter(None, _SEVERAL.split(cell)):
            plain = domain(re.sub(r"^(?:https?://)?(?:www\.)?@?", "", each.casefold()).split("/")[0])
            if plain in self._free:
                self._tell(line, "domains", f"{plain} is a mail provider's and fits nobody; write addresses in emails")
            elif not _DOMAIN.fullmatch(plain):
                self._tell(line, "domains", f"{each[:40]!r} is no domain; write acme.example")
            else:
                self._claim(self.accounts.by_domain, plain, account, line, "domains")

    def _emails(self, line: int, account: Account, cell: str) -> None:
        for each in filter(None, _SEVERAL.split(cell.casefold())):
            name, at, host = each.strip("<>").rpartition("@")
            if not (name and at and host):
                self._tell(line, "emails", f"{each[:40]!r} is no address; write ada@acme.example")
            else:
                self._claim(self.accounts.by_email, f"{name}@{host}", account, line, "emails")

    def _claim(self, claimed: dict[str, Account | None], what: str, account: Account, line: int, column: str) -> None:
        if claimed.setdefault(what, account) is not account:
            claimed[what] = None
            self._tell(line, column, f"{what[:80]} belongs to another account, too, and fits neither; write it once")

    def _tell(self, line: int, column: str, problem: str) -> None:
        if len(self.accounts.problems) < _MOST_TOLD:
            where = f"line {line}, column {column}" if column else f"line {line}"
            self.accounts.problems.append(f"{self._path.name}, {where}: {problem}")

    def _refused(self, problem: str) -> HelpdesksNotValid:
        return HelpdesksNotValid(self._path, problem)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise HelpdesksNotValid(path, error.strerror or "it cannot be read") from None
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig").replace("\0", "")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise HelpdesksNotValid(path, f"line {line} is not UTF-8; save it as CSV UTF-8") from None


def _delimiter(header: str) -> str:
    counts: Mapping[str, int] = {each: header.count(each) for each in ",;\t|"}
    return max(counts, key=lambda each: counts[each])
