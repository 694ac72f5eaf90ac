"""Texts that make a backtracking pattern or a careless parser slow, and every pattern that the packages compile."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from re import _parser  # type: ignore[attr-defined]  # what `re.compile` parses with
from types import ModuleType
from typing import Any

import retrieval
import serving
import triage

# Repeated until a text is full: openings that are never closed, runs of one kind, alternations, and near misses.
PIECES = (
    *"a0A \n\t.,:;-_=@<>\"'(){}[]#*`~/\\|&%+!?é字\u00a0",
    # words, numbers and lines
    *(
        "a ",
        "a.",
        "a-",
        "a@",
        "a@a.",
        "Aa ",
        "A. ",
        "0.",
        "0,",
        "0-",
        "0 ",
        "00:",
        " \n",
        "\n\n",
        "\r\n",
        ". ",
        "a\n",
        "> ",
    ),
    # HTML
    *(
        "<a ",
        "<a",
        "</a",
        "<a>",
        "<br",
        "<div>",
        "<td>",
        "<title>",
        "<script>",
        "<style ",
        "<!",
        "<!--",
        "<![",
        "<?xml ",
    ),
    *("<?xml ", '<a href="', "<a href='", '<p style="', '">\n', "'>", "&amp;", "&#", "/*x", "data:a;base64,a"),
    # Markdown and heads of articles
    *(
        "![",
        "![x](",
        "![x](data:x",
        "[x](",
        "[[",
        "](",
        "- [",
        "``",
        "```a  ",
        "{#a",
        "| a ",
        "|-",
        "* ",
        "1. ",
        "# ",
        "\\<",
    ),
    *("> > ", "- - ", "* * *\n", "---\n", "+++\n", "key: a\n"),
    # mail
    *(
        "On a wrote:\n",
        "> a\n",
        "From: a\n",
        "-----Original",
        "--\n",
        "Sent from a\n",
        "Hi Ann,\n",
        "Ann Smith\n",
        "Regards,\n",
    ),
    # what redaction looks for
    *(
        "my name is Ann ",
        "password: ",
        "token=",
        "Bearer ",
        "Authorization: ",
        "https://a",
        "https://a:b",
        "?key=",
        "sk_a",
    ),
    *(
        "-----BEGIN PRIVATE KEY-----",
        "curl -u a",
        "+49 1",
        "(0",
        "call me at ",
        "1234-5678-",
        "DE12 ",
        "1.2.3.",
        "a:b:",
    ),
    *("a_at_", "a at b dot ", "a.pdf", "C:\\a\\"),
    # phrases
    *(
        "not ",
        "do not want to ",
        "turn it ",
        "is down ",
        "can't ",
        "thanks ",
        "talk to ",
        "no, ",
        "step 1) ",
        "all users ",
    ),
    "ERROR at a(",
)


def hostile(size: int, pieces: Iterable[str] = PIECES) -> Iterator[tuple[str, str]]:
    """Make a text of each piece, ended by what nothing closes."""
    for piece in pieces:
        yield piece, piece * (size // len(piece)) + "\x01!"


def patterns() -> dict[re.Pattern[Any], str]:
    """Find every compiled pattern of the three packages, also in tables, records and classes, with its place."""
    found: dict[re.Pattern[Any], str] = {}
    for module in modules():
        seen: set[int] = set()
        for name, value in vars(module).items():
            for pattern in _inside(value, module, seen):
                found.setdefault(pattern, f"{module.__name__}.{name}")
    return found


def modules() -> list[ModuleType]:
    """Import every module of the three packages but migrations."""
    return [
        importlib.import_module(each.name)
        for package in (triage, retrieval, serving)
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if "migrations" not in each.name
    ]


def _inside(value: object, module: ModuleType, seen: set[int]) -> Iterator[re.Pattern[Any]]:
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, re.Pattern):
        yield value
        return
    parts: Iterable[object] = ()
    if isinstance(value, Mapping):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, tuple | list | set | frozenset):
        parts = value
    elif inspect.isclass(value):
        parts = vars(value).values() if value.__module__ == module.__name__ else ()
    elif dataclasses.is_dataclass(value):
        parts = [getattr(value, field.name, None) for field in dataclasses.fields(value)]
    elif hasattr(value, "func") and hasattr(value, "args"):
        parts = value.args
    for part in parts:
        yield from _inside(part, module, seen)


def is_only_matched(name: str, sources: Iterable[str]) -> bool:
    """Tell whether a pattern is only matched at one place of a text, and never looked for in it."""
    call = re.compile(rf"\b{re.escape(name.rpartition('.')[2])}(?:\[\w+\])?\.(\w+)\(")
    used = {method for source in sources for method in call.findall(source)} & {
        "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer",
    }  # fmt: skip
    return bool(used) and used <= {"match", "fullmatch"}


def pieces_of(pattern: re.Pattern[Any]) -> list[str]:
    """Return what to repeat for a pattern: its characters, pairs of its marks, and beginnings of what it matches."""
    written = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
    letters = set('a0 \n-.@<"')
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = _parser.parse(
            written, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags
        )
    examples = [_example(tree, letters, times) for times in (1, 2)]
    beginnings = {example[:end] for example in examples for end in range(1, min(len(example), 24) + 1)}
    marks = [*sorted(each for each in letters if not each.isalpha())[:8], "a"]
    return sorted({*letters, *beginnings, *(one + other for one in marks for other in marks)})


def _example(tree: Any, letters: set[str], times: int) -> str:
    """Return a text that the pattern nearly matches, and gather the characters that it names."""
    made = ""
    for operation, given in tree:
        kind = str(operation)
        if kind == "LITERAL":
            letters.add(chr(given))
            made += chr(given)
        elif kind in {"NOT_LITERAL", "ANY"}:
            made += "x"
        elif kind == "IN":
            chosen = _members(given)
            letters |= set(chosen)
            made += chosen[0]
        elif kind == "BRANCH":
            each, *_ = [_example(branch, letters, times) for branch in given[1]]
            made += each
        elif kind in {"SUBPATTERN", "ATOMIC_GROUP"}:
            made += _example(given[-1] if kind == "SUBPATTERN" else given, letters, times)
        elif kind.endswith("_REPEAT"):
            least, most, repeated = given
            made += _example(repeated, letters, times) * max(least, min(int(most), times))
        elif kind in {"ASSERT", "ASSERT_NOT"}:
            _example(given[1], letters, times)
    return made


def _members(given: Any) -> list[str]:
    """Return characters of a set; of a negated one, characters that it lets in."""
    named: list[str] = []
    for operation, value in given:
        kind = str(operation)
        if kind == "LITERAL":
            named.append(chr(value))
        elif kind == "RANGE":
            named += [chr(value[0]), chr(value[1])]
        elif kind == "CATEGORY":
            named.append({"DIGIT": "7", "SPACE": " ", "WORD": "w"}.get(str(value).removeprefix("CATEGORY_"), "-"))
    if str(given[0][0]) != "NEGATE":
        return named
    return [each for each in 'x-<" \n' if each not in named and not (each == "x" and "w" in named)] or ["ü"]
